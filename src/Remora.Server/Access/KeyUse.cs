using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Remora.Markets;
using Remora.Store.Files;
using Remora.Supervision;

namespace Remora.Server.Access;

/// <summary>
/// When each key was last used, by its hash, in <c>keys-used.json</c> beside the keys. The service
/// writes it once a minute; commands only read it.
/// </summary>
public sealed class KeyUse
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Incidents _incidents;
    private volatile bool _isChanged;

    /// <param name="folder">The data folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives problems; null for none.</param>
    internal KeyUse(string folder, TimeProvider time, ILogger? log = null)
    {
        _path = PathIn(folder);
        _time = time;
        _incidents = new(line => log?.LogWarning("{Problem}", line));
    }

    /// <summary>Returns the last use of each key by its hash; empty if none is known.</summary>
    public static IReadOnlyDictionary<string, Instant> Read(string folder)
    {
        try
        {
            return File.Exists(PathIn(folder))
                ? JsonSerializer.Deserialize(
                    File.ReadAllBytes(PathIn(folder)),
                    ServerJson.Indented.DictionaryStringInstant
                ) ?? []
                : new Dictionary<string, Instant>();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return new Dictionary<string, Instant>(); // unknown: the file is written anew
        }
    }

    internal void Note(ApiKey key)
    {
        // To the second, so that a busy key changes nothing for most of its requests
        var second = _time.GetUtcNow().ToUnixTimeSeconds();
        if (_seen.TryGetValue(key.Hash, out var known) && known == second)
            return;
        _seen[key.Hash] = second;
        _isChanged = true;
    }

    /// <summary>Writes the file once a minute while keys are used, and at the end.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _time, cancellation);
                Write();
            }
        }
        finally
        {
            Write();
        }
    }

    private void Write()
    {
        if (!_isChanged)
            return;
        _isChanged = false;
        try
        {
            var folder = Path.GetDirectoryName(_path)!;
            var known = new KeyFile(folder).Read().Select(key => key.Hash).ToHashSet(StringComparer.Ordinal);
            var used = Read(folder).Where(use => known.Contains(use.Key)).ToDictionary(StringComparer.Ordinal);
            foreach (var (hash, second) in _seen)
                if (known.Contains(hash))
                    used[hash] = Instant.From(DateTimeOffset.FromUnixTimeSeconds(second));
            var next = _path + ".new";
            File.Delete(next);
            using (var file = PrivateFile.Open(next, FileMode.CreateNew))
                JsonSerializer.Serialize(file, used, ServerJson.Indented.DictionaryStringInstant);
            File.Move(next, _path, overwrite: true);
            _incidents.End(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFileException)
        {
            _incidents.Begin(_path, $"the last use of keys is not recorded in {_path}: {e.Message}");
        }
    }

    private static string PathIn(string folder) => Path.Combine(folder, "keys-used.json");
}
