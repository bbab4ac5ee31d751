using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Remora.Server.Access;

/// <summary>The keys in use. The file is looked at again at most once a second, so that a key that was added or revoked counts without a restart.</summary>
internal sealed class KeyRing
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly KeyFile _file;
    private readonly ILogger _log;
    private readonly Lock _reloading = new();
    private volatile Entry[] _keys = [];
    private DateTime _written;
    private long _looked;

    public KeyRing(KeyFile file, ILoggerFactory logs)
    {
        _file = file;
        _log = logs.CreateLogger<KeyRing>();
        Reload();
    }

    /// <summary>The key that is this secret; null when none is. The time it takes tells nothing of how near a wrong one is.</summary>
    public ApiKey? Find(ReadOnlySpan<char> secret)
    {
        if (!ApiKey.LooksLikeOne(secret)) return null;
        if (Stopwatch.GetElapsedTime(Interlocked.Read(ref _looked)) > Interval) Reload();
        Span<byte> bytes = stackalloc byte[secret.Length], hash = stackalloc byte[SHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(secret, bytes);
        SHA256.HashData(bytes, hash);
        ApiKey? found = null;
        foreach (var entry in _keys)
            if (CryptographicOperations.FixedTimeEquals(entry.Hash, hash)) found = entry.Key;
        return found;
    }

    private void Reload()
    {
        lock (_reloading)
        {
            Interlocked.Exchange(ref _looked, Stopwatch.GetTimestamp());
            try
            {
                var written = File.GetLastWriteTimeUtc(_file.Path);
                if (written == _written) return;
                _keys = [.. _file.Read().Select(key => new Entry(Convert.FromHexString(key.Hash), key))];
                _written = written;
            }
            catch (Exception e) when (e is KeyFileException or FormatException)
            {
                _log.LogError("The keys are left as they were: {Reason}", e.Message);
            }
        }
    }

    private sealed record Entry(byte[] Hash, ApiKey Key);
}
