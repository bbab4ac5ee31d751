using Remora.Forecasts;

namespace Remora.Feeds.Candles;

/// <summary>Files of saved state. Readers see the old file or the new one, never a part.</summary>
public static class StateOnDisk
{
    /// <summary>Returns the parts of a file.</summary>
    /// <exception cref="FormatException">The content is damaged, too large or of another
    /// format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > StateFile.Largest)
            throw new FormatException($"its file has {stream.Length} bytes, expected at most {StateFile.Largest}");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return StateFile.Read(content);
    }

    /// <summary>
    /// Replaces a file. Creates its folder, but not the folder above: a data folder that was
    /// unmounted is not created again.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, byte[]> parts)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(Path.GetDirectoryName(folder)))
            throw new DirectoryNotFoundException($"the folder of '{folder}' does not exist");
        Directory.CreateDirectory(folder);
        var next = path + ".new";
        using (var stream = File.Create(next))
        {
            stream.Write(StateFile.Write(parts));
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }
}
