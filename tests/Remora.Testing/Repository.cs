namespace Remora.Testing;

/// <summary>Paths of the repository, for tests that read its sources.</summary>
public static class Repository
{
    /// <summary>The folder with Remora.slnx, above the folder from which the tests run.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Returns a path inside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Remora.slnx")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
        : throw new DirectoryNotFoundException("no Remora.slnx above " + AppContext.BaseDirectory);
}
