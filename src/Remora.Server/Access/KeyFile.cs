using System.Text.Json;
using Remora.Store.Files;

namespace Remora.Server.Access;

/// <summary>
/// The API keys of a data folder, in <c>keys.json</c>. Only the owner can read the file. It is
/// replaced as a whole, so that no reader gets a partial file.
/// </summary>
public sealed class KeyFile(string folder)
{
    /// <summary>The path of the file.</summary>
    public string Path { get; } = System.IO.Path.Combine(folder, "keys.json");

    /// <summary>Returns all keys; an empty list if the file does not exist.</summary>
    /// <exception cref="KeyFileException">The file cannot be read or is not a key file.</exception>
    public IReadOnlyList<ApiKey> Read()
    {
        try
        {
            if (!File.Exists(Path))
                return [];
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path), ServerJson.Indented.IReadOnlyListApiKey) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new KeyFileException($"the keys in {Path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Changes the keys. Concurrent changes wait for each other.</summary>
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
                JsonSerializer.Serialize(file, keys, ServerJson.Indented.IReadOnlyListApiKey);
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

/// <summary>The key file cannot be read or written.</summary>
public sealed class KeyFileException(string message, Exception? cause = null) : Exception(message, cause);
