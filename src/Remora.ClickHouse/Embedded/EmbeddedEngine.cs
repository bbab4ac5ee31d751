using Remora.Supervision;
using Remora.Supervision.Processes;

namespace Remora.ClickHouse.Embedded;

/// <summary>
/// The embedded engine in a supervised child process, which is restarted when it ends or stops
/// responding. Acknowledged data is on disk. While the process is down, calls throw
/// <see cref="ClickHouseUnavailableException"/> after the client's retries.
/// </summary>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    private const int MaxMissedPings = 3;

    private readonly EmbeddedEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly string _requiredFolder;
    private readonly ChildSupervisor<HostProcess> _process;
    private volatile bool _isFolderMissing;

    private EmbeddedEngine(EmbeddedEngineOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var parent = Path.GetDirectoryName(Path.GetFullPath(options.Folder));
        _requiredFolder = options.RequiredFolder ?? parent ?? options.Folder;
        Client = new(new() { Engine = () => Endpoint, Settings = options.Settings }, time);
        _process = new(
            new()
            {
                Name = "the engine",
                Start = StartProcessAsync,
                Ping = PingAsync,
                PingInterval = options.PingInterval,
                PingTimeout = options.PingTimeout,
                MaxMissedPings = MaxMissedPings,
                Backoff = new(options.RestartDelay, options.LongestRestartDelay),
                Changed = options.HealthChanged is { } changed ? health => changed(HealthOf(health)) : null,
            },
            time
        );
    }

    public ClickHouseClient Client { get; }

    public EngineHealth Health => HealthOf(_process.Health);

    /// <summary>The endpoint of the current process.</summary>
    public EngineEndpoint Endpoint => _process.Last!.Endpoint;

    /// <summary>Starts the engine on a folder.</summary>
    /// <exception cref="EngineStartException">
    /// The folder is open in another process or not writable, or the engine is missing.
    /// </exception>
    public static async Task<EmbeddedEngine> StartAsync(
        EmbeddedEngineOptions options,
        TimeProvider? time = null,
        CancellationToken cancellation = default
    )
    {
        var engine = new EmbeddedEngine(options, time ?? TimeProvider.System);
        var supervisor = options.Supervisor ?? new(time: engine._time);
        await engine._process.StartReadyAsync("store: engine", supervisor, cancellation);
        return engine;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Client.Dispose();
    }

    private async Task<HostProcess> StartProcessAsync(CancellationToken cancellation)
    {
        // The first start creates the folder. A later one must not hide that it is gone.
        _isFolderMissing = _process.Last is not null && !Directory.Exists(_requiredFolder);
        if (!_isFolderMissing)
            return await HostProcess.StartAsync(_options, _time, cancellation);
        throw new EngineStartException(
            $"the folder '{_requiredFolder}' is missing: mount or restore it, or create it for an empty store"
        );
    }

    private Task<bool> PingAsync(HostProcess process, CancellationToken cancellation)
    {
        if (EngineFolder.HasEndpoint(_options.Folder))
            return Client.PingAsync(cancellation);
        // It still answers, but its data is lost.
        throw new ChildException($"the engine's folder '{_options.Folder}' was removed");
    }

    private EngineHealth HealthOf(ChildHealth health)
    {
        var unconfined = _process.Last?.Endpoint.Unconfined;
        return new(
            StateOf(health.State),
            health.Since,
            health.Restarts,
            health.LastError,
            unconfined,
            _isFolderMissing
        );
    }

    private static EngineState StateOf(ChildState state) =>
        state switch
        {
            ChildState.Starting => EngineState.Starting,
            ChildState.Running => EngineState.Running,
            ChildState.Restarting => EngineState.Restarting,
            _ => EngineState.Stopped,
        };
}
