namespace Remora.Testing;

/// <summary>Where the sources are, for tests that read them or the parts beside them.</summary>
public static class Repository
{
    /// <summary>The folder with Remora.slnx, above the one the tests run from.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>A path inside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Remora.slnx")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
        : throw new DirectoryNotFoundException("no Remora.slnx above " + AppContext.BaseDirectory);
}
