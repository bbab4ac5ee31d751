namespace Remora.Feeds.News;

/// <summary>The lists that come with the program, embedded in it: text files beside this one, to be read and argued with.</summary>
internal static class DataFile
{
    /// <summary>The lines that are neither empty nor comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(typeof(DataFile).Assembly.GetManifestResourceStream("Remora.Feeds.News." + name)!);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && !line.StartsWith('#')) yield return line;
    }
}
