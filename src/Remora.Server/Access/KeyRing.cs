using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Remora.Server.Access;

/// <summary>
/// The keys in use. A change of the file takes effect within half a second, without a restart.
/// </summary>
internal sealed class KeyRing
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly KeyFile _file;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _reloading = new();
    private volatile Entry[] _keys = [];
    private DateTime _written;
    private long _looked;

    public KeyRing(KeyFile file, ILoggerFactory logs, TimeProvider? time = null)
    {
        _file = file;
        _time = time ?? TimeProvider.System;
        _log = logs.CreateLogger<KeyRing>();
        Reload();
    }

    /// <summary>
    /// Whether a key that was found earlier is still valid: not revoked, rotated or expired.
    /// </summary>
    public bool Holds(ApiKey key)
    {
        ReloadIfDue();
        foreach (var entry in _keys)
            if (entry.Key.Hash == key.Hash)
                return !IsExpired(entry.Key);
        return false;
    }

    /// <summary>Whether a key has expired.</summary>
    public bool IsExpired(ApiKey key) => key.IsExpired(_time.GetUtcNow());

    /// <summary>
    /// Returns the key with this secret, also if it has expired; null if the secret matches no key.
    /// The comparison takes constant time, so its duration does not reveal how close a wrong secret
    /// is.
    /// </summary>
    public ApiKey? Find(ReadOnlySpan<char> secret)
    {
        if (!ApiKey.LooksLikeOne(secret))
            return null;
        ReloadIfDue();
        Span<byte> bytes = stackalloc byte[secret.Length],
            hash = stackalloc byte[SHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(secret, bytes);
        SHA256.HashData(bytes, hash);
        ApiKey? found = null;
        foreach (var entry in _keys)
            if (CryptographicOperations.FixedTimeEquals(entry.Hash, hash))
                found = entry.Key;
        return found;
    }

    private void ReloadIfDue()
    {
        if (Stopwatch.GetElapsedTime(Interlocked.Read(ref _looked)) > Interval)
            Reload();
    }

    private void Reload()
    {
        lock (_reloading)
        {
            Interlocked.Exchange(ref _looked, Stopwatch.GetTimestamp());
            try
            {
                var written = File.GetLastWriteTimeUtc(_file.Path);
                if (written == _written)
                    return;
                _keys = [.. _file.Read().Select(key => new Entry(Convert.FromHexString(key.Hash), key))];
                _written = written;
            }
            catch (Exception e) when (e is KeyFileException or FormatException)
            {
                _log.LogError("The keys were not reloaded: {Reason}", e.Message);
            }
        }
    }

    private sealed record Entry(byte[] Hash, ApiKey Key);
}
