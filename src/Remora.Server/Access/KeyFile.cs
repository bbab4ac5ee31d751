using System.Text.Json;
using Remora.Store.Files;

namespace Remora.Server.Access;

/// <summary>The keys of a data folder: <c>keys.json</c>, readable by its owner alone, and replaced as a whole so that nobody ever reads half of it.</summary>
public sealed class KeyFile(string folder)
{
    private static readonly JsonSerializerOptions Json = new(RemoraJson.Options) { WriteIndented = true };

    /// <summary>Where they are.</summary>
    public string Path { get; } = System.IO.Path.Combine(folder, "keys.json");

    /// <summary>All keys; none where there is no file.</summary>
    /// <exception cref="KeyFileException">The file cannot be read or is none of ours.</exception>
    public IReadOnlyList<ApiKey> Read()
    {
        try
        {
            if (!File.Exists(Path)) return [];
            return JsonSerializer.Deserialize<List<ApiKey>>(File.ReadAllBytes(Path), Json) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new KeyFileException($"the keys in {Path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Changes the keys. Two who do so at once wait for each other.</summary>
    /// <exception cref="KeyFileException">The file cannot be read or written.</exception>
    public void Change(Func<IReadOnlyList<ApiKey>, IReadOnlyList<ApiKey>> change)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var turn = PrivateFile.Open(Path + ".lock", FileMode.OpenOrCreate);
            var keys = change(Read());
            var next = Path + ".new";
            File.Delete(next);
            using (var file = PrivateFile.Open(next, FileMode.CreateNew))
            {
                JsonSerializer.Serialize(file, keys, Json);
                file.Flush(flushToDisk: true);
            }
            File.Move(next, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"the keys in {Path} cannot be changed: {e.Message}", e);
        }
    }
}

/// <summary>The file of keys cannot be used.</summary>
public sealed class KeyFileException(string message, Exception? cause = null) : Exception(message, cause);
