namespace Remora.ClickHouse.Embedded;

/// <summary>
/// The embedded engine in a supervised child process, which is restarted when it ends or stops
/// responding. Acknowledged data is on disk. While the process is down, calls throw
/// <see cref="ClickHouseUnavailableException"/> after the client's retries.
/// </summary>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    private const int PingsUntilKilled = 3;
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    private readonly EmbeddedEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly string _requiredFolder;
    private readonly CancellationTokenSource _stopping = new();
    private volatile HostProcess _process;
    private volatile EngineHealth _health;
    private readonly Task _supervision;

    private EmbeddedEngine(EmbeddedEngineOptions options, TimeProvider time, HostProcess process)
    {
        _options = options;
        _time = time;
        _requiredFolder = options.RequiredFolder ?? Path.GetDirectoryName(Path.GetFullPath(options.Folder)) ?? options.Folder;
        _process = process;
        _health = new(EngineState.Running, time.GetUtcNow(), Restarts: 0, LastError: null, process.Endpoint.Unconfined);
        Client = new(new() { Socket = () => _process.Endpoint.Socket, Settings = options.Settings }, time);
        _supervision = (options.Supervisor ?? new(time: time)).RunAsync("store: engine", SuperviseAsync, _stopping.Token);
    }

    public ClickHouseClient Client { get; }

    public EngineHealth Health => _health;

    /// <summary>The endpoint of the current process.</summary>
    public EngineEndpoint Endpoint => _process.Endpoint;

    /// <summary>Starts the engine on a folder.</summary>
    /// <exception cref="EngineStartException">
    /// The folder is open in another process or not writable, or the engine is missing.
    /// </exception>
    public static async Task<EmbeddedEngine> StartAsync(EmbeddedEngineOptions options, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        var clock = time ?? TimeProvider.System;
        return new(options, clock, await HostProcess.StartAsync(options, clock, cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        await _supervision;
        await _process.StopAsync(_options.StopTimeout, _time);
        _process.Dispose();
        Client.Dispose();
        _stopping.Dispose();
        SetState(EngineState.Stopped, _health.LastError);
    }

    private async Task SuperviseAsync(CancellationToken stopping)
    {
        var delay = _options.RestartDelay;
        while (true)
        {
            var error = await WatchAsync();
            if (_time.GetUtcNow() - _health.Since > Stable) delay = _options.RestartDelay;
            SetState(EngineState.Restarting, error);
            delay = await RestartAsync(delay);
            _health = _health with { Restarts = _health.Restarts + 1 };
            SetState(EngineState.Running, error);
        }
    }

    private async Task<TimeSpan> RestartAsync(TimeSpan delay)
    {
        while (true)
        {
            await Task.Delay(delay, _time, _stopping.Token);
            delay = delay * 2 < _options.LongestRestartDelay ? delay * 2 : _options.LongestRestartDelay;
            if (!Directory.Exists(_requiredFolder))
            {
                SetState(EngineState.Restarting, $"the folder '{_requiredFolder}' is missing: mount or restore it, or create it for an empty store", folderMissing: true);
                continue;
            }
            try
            {
                var fresh = await HostProcess.StartAsync(_options, _time, _stopping.Token);
                var old = _process;
                _process = fresh;
                old.Dispose();
                return delay;
            }
            catch (EngineStartException e)
            {
                SetState(EngineState.Restarting, e.Message);
            }
        }
    }

    // Waits until the process ends or no longer works. Returns the reason.
    private async Task<string> WatchAsync()
    {
        using var pinging = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var end = _process.EndAsync(_stopping.Token);
        var unresponsive = PingUntilUnresponsiveAsync(pinging.Token);
        if (await Task.WhenAny((Task)end, unresponsive) == unresponsive && !_stopping.IsCancellationRequested) _process.Kill();
        var exitReason = await end;
        await pinging.CancelAsync();
        return await unresponsive ?? exitReason;
    }

    // Returns why the process no longer works; null if no reason was found.
    private async Task<string?> PingUntilUnresponsiveAsync(CancellationToken cancellation)
    {
        try
        {
            for (var failures = 0; failures < PingsUntilKilled;)
            {
                await Task.Delay(_options.PingInterval, _time, cancellation);
                if (!EngineFolder.HasEndpoint(_options.Folder)) return $"the engine's folder '{_options.Folder}' was removed"; // it responds, but nobody can find it, and its data is lost
                failures = await RespondsAsync(cancellation) ? 0 : failures + 1;
            }
            return "the engine no longer responds";
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<bool> RespondsAsync(CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.PingTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await Client.PingAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private void SetState(EngineState state, string? error, bool folderMissing = false)
    {
        _health = _health with
        {
            State = state, Since = _time.GetUtcNow(), LastError = error, Unconfined = _process.Endpoint.Unconfined,
            FolderMissing = folderMissing,
        };
        _options.HealthChanged?.Invoke(_health);
    }
}
