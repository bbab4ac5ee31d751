namespace Remora.Feeds.News;

/// <summary>
/// The lists that are embedded in the program. They are text files beside this one, so that anyone
/// can read and correct them.
/// </summary>
internal static class DataFile
{
    /// <summary>Returns the lines that are neither empty nor comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(
            typeof(DataFile).Assembly.GetManifestResourceStream("Remora.Feeds.News." + name)!
        );
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && !line.StartsWith('#'))
                yield return line;
    }
}
