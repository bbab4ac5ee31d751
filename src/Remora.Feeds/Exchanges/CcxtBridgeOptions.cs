using Remora.Supervision;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// How the bridge process is run, and its deadlines. All durations are real time, independent of
/// the feeds' clock.
/// </summary>
public sealed record CcxtBridgeOptions
{
    /// <summary>
    /// The Node.js program: a path, or a name that is looked up on the PATH. The default is the one
    /// beside the program, which packages contain; otherwise the one on the PATH.
    /// </summary>
    public string NodePath { get; init; } = PackagedNode ?? "node";

    /// <summary>The path of the bundled bridge. The build places it beside the program.</summary>
    public string ScriptPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "ccxt-bridge.mjs");

    /// <summary>
    /// A local server that replaces all exchanges, with the original host as the first path
    /// segment; null for the real exchanges.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>
    /// The maximum duration of one HTTP request, body included. 100 milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The maximum duration of one operation: a few HTTP requests and their wait for the rate
    /// limiter. 100 milliseconds to 10 minutes.
    /// </summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum size of a body, after decompression. 1 KiB to 1 GiB.</summary>
    public int MaxResponseBytes { get; init; } = 32 << 20;

    /// <summary>
    /// The maximum size of the JavaScript heap before the process is replaced. 64 to 16384.
    /// </summary>
    public int MemoryLimitMegabytes { get; init; } = 512;

    /// <summary>
    /// Whether each exchange's own rate limit is enforced. Disable it only for a local server.
    /// </summary>
    public bool RateLimit { get; init; } = true;

    /// <summary>The maximum number of concurrent requests to one exchange. 1 to 100.</summary>
    public int RequestsInFlight { get; init; } = 8;

    /// <summary>The interval between pings of the process. 50 milliseconds to 5 minutes.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a ping may take before the process is considered blocked and is killed. 50
    /// milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan PingDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The interval between pings of a stream. After two without a response the stream is dead. 50
    /// milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan StreamKeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long the process may take to start, and how long a call waits for it to be ready. 100
    /// milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The delays before a process that ended or could not start is restarted.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));

    /// <summary>The interval between garbage collections of the process.</summary>
    internal TimeSpan CollectInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Whether the process accepts requests to crash, block and exhaust its memory, for tests of
    /// its supervision.
    /// </summary>
    internal bool AllowDebugOperations { get; init; }

    private static string? PackagedNode
    {
        get
        {
            var path = Path.Combine(AppContext.BaseDirectory, "node");
            return File.Exists(path) ? path : null;
        }
    }
}
