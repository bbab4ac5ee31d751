using System.ComponentModel.DataAnnotations;

namespace Remora.Feeds.Exchanges;

/// <summary>How the bridge process is run and how long it may take. All of these spans are real time, whatever clock the feeds go by.</summary>
public sealed record CcxtBridgeOptions
{
    /// <summary>The Node.js program: a name that is looked up on the PATH, or a path.</summary>
    [Required]
    public string NodePath { get; init; } = "node";

    /// <summary>The bundled bridge; it is built to lie beside the program.</summary>
    [Required]
    public string ScriptPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "ccxt-bridge.mjs");

    /// <summary>A stand-in for all exchanges, with the original host as the first path segment; null for the real ones.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The longest one HTTP exchange may take, its body included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest one operation may take: a few HTTP exchanges and their wait for the rate limiter.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest body that is read, after decompression.</summary>
    [Range(1024, 1 << 30)]
    public int MaxResponseBytes { get; init; } = 32 << 20;

    /// <summary>The most memory the JavaScript heap may take before the process is replaced.</summary>
    [Range(64, 16384)]
    public int MemoryLimitMegabytes { get; init; } = 512;

    /// <summary>Whether each exchange's own rate limit is kept. Only a stand-in can do without.</summary>
    public bool RateLimit { get; init; } = true;

    /// <summary>How many requests to one exchange may be under way at once.</summary>
    [Range(1, 100)]
    public int RequestsInFlight { get; init; } = 8;

    /// <summary>How often the process is asked for a sign of life.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a sign of life may take before the process counts as blocked and is killed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan PingDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a stream is asked for a sign of life; after two without an answer it counts as dead.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan StreamKeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the process may take to start, and how long a call waits for it to be there.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The wait before a process that ended is replaced; it doubles up to <see cref="MaxRespawnDelay"/> while the replacements end too.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan RespawnDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait before a process that ended is replaced.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MaxRespawnDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the process collects what is not needed any more.</summary>
    internal TimeSpan CollectInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether the process can be told to crash, block and exhaust its memory: for tests of its supervision.</summary>
    internal bool AllowDebugOperations { get; init; }
}
