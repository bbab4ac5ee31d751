using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Remora.Supervision;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// Runs CCXT, and with it all exchanges, in a supervised child process. Replaces the process with a
/// growing delay when it ends and kills it when it stops responding. The process never outlives
/// this one, because it ends when its standard input closes.
/// </summary>
public sealed class CcxtBridge : IAsyncDisposable
{
    private const string Stopped = "it was stopped";
    private const int NoSuchFile = 2;

    private readonly CcxtBridgeOptions _options;
    private readonly ConcurrentDictionary<string, CcxtExchange> _exchanges = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _supervision;
    private volatile TaskCompletionSource<BridgeProcess> _current = NewSource();
    private volatile BridgeHealth _health = new(false, 0, null, null);
    private int _disposed;

    private CcxtBridge(CcxtBridgeOptions options, TimeProvider clock, Supervisor supervisor)
    {
        _options = options;
        Clock = clock;
        _supervision = supervisor.RunAsync("exchange bridge", SuperviseAsync, _stop.Token);
    }

    /// <summary>The health of the process.</summary>
    public BridgeHealth Health => _health;

    /// <summary>Starts the process. Calls can be made before it is ready.</summary>
    /// <param name="options">How the process is run.</param>
    /// <param name="clock">The clock that candles close by and that rate limit delays of an
    /// exchange follow. Deadlines are real time.</param>
    /// <param name="supervisor">Supervises the task that watches the process; a new one if
    /// null.</param>
    public static CcxtBridge Start(CcxtBridgeOptions? options = null, TimeProvider? clock = null, Supervisor? supervisor = null) =>
        new(options ?? new CcxtBridgeOptions(), clock ?? TimeProvider.System, supervisor ?? new());

    /// <summary>
    /// Returns the exchange with this id. An id that is unknown to CCXT fails at the first request.
    /// </summary>
    public CcxtExchange Exchange(string id) => _exchanges.GetOrAdd(id, key => new(this, key, new ExchangeGate(_options.RequestsInFlight, Clock)));

    /// <summary>Returns the ids of all exchanges that CCXT supports.</summary>
    /// <exception cref="ExchangeException">The bridge is unavailable.</exception>
    public async Task<IReadOnlyList<string>> ExchangesAsync(CancellationToken cancellation = default)
    {
        var answer = await CallAsync(new("exchanges"), cancellation);
        return [.. answer.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!)];
    }

    /// <summary>Ends the process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _stop.CancelAsync();
        await _supervision;
        _health = new(false, _health.Restarts, Stopped, null);
        _current.TrySetException(new ObjectDisposedException(nameof(CcxtBridge)));
        _ = _current.Task.Exception; // observes the exception: no call may be waiting
        _stop.Dispose();
    }

    internal TimeProvider Clock { get; }

    internal async Task<JsonElement> CallAsync(BridgeRequest request, CancellationToken cancellation)
    {
        var process = await CurrentAsync(cancellation);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // The process enforces the deadline itself. This one covers a process that does not.
        deadline.CancelAfter(_options.CallDeadline + _options.PingInterval + _options.PingDeadline);
        try
        {
            return await process.CallAsync(request, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ExchangeException(ExchangeErrorKind.Timeout, $"the exchange bridge did not answer '{request.Operation}' in time");
        }
    }

    internal async IAsyncEnumerable<JsonElement> StreamAsync(BridgeRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var process = await CurrentAsync(cancellation);
        await foreach (var message in process.StreamAsync(request, cancellation)) yield return message;
    }

    private async Task<BridgeProcess> CurrentAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) == 1, this);
        try
        {
            return await _current.Task.WaitAsync(_options.StartDeadline, cancellation);
        }
        catch (TimeoutException)
        {
            throw new ExchangeException(ExchangeErrorKind.Unavailable, $"the exchange bridge is not running: {_health.LastFailure ?? "it is starting"}");
        }
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        var delay = _options.RespawnDelay;
        while (!stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            if (_current.Task.IsFaulted) _current = NewSource();
            var (wasReady, failure) = await RunOnceAsync();
            if (stop.IsCancellationRequested) break;
            // A process that worked for a while ended by accident: the delay starts over. A process
            // that ends at once each time is started less and less often.
            if (Stopwatch.GetElapsedTime(started) > _options.MaxRespawnDelay + _options.StartDeadline) delay = _options.RespawnDelay;
            _health = new(false, _health.Restarts + 1, failure, null);
            if (!wasReady) RefuseCalls(failure);
            await Task.Delay(delay, stop).ContinueWith(_ => { }, TaskScheduler.Default);
            delay = TimeSpan.FromTicks(Math.Min(Math.Max(delay.Ticks * 2, TimeSpan.TicksPerMillisecond), _options.MaxRespawnDelay.Ticks));
        }
    }

    /// <summary>
    /// Makes calls fail at once with the reason until the process is started again, because waiting
    /// would not help them.
    /// </summary>
    private void RefuseCalls(string failure)
    {
        _current.TrySetException(new ExchangeException(ExchangeErrorKind.Unavailable, $"the exchange bridge is not running: {failure}"));
        _ = _current.Task.Exception; // observes the exception: no call may be waiting
    }

    /// <summary>
    /// Runs the process once. Returns whether it ever accepted requests, and why it ended.
    /// </summary>
    private async Task<(bool WasReady, string Failure)> RunOnceAsync()
    {
        if (!File.Exists(_options.ScriptPath)) return (false, $"the bridge script {_options.ScriptPath} is missing: install Remora again, or build it with ./build.sh");
        BridgeProcess process;
        try
        {
            process = BridgeProcess.Start(_options);
        }
        catch (Win32Exception e)
        {
            return (false, e.NativeErrorCode == NoSuchFile
                ? $"Node.js was not found as '{_options.NodePath}': install Node.js 20 or later, and put it on the PATH of the service"
                : $"Node.js cannot be started as '{_options.NodePath}': {e.Message}");
        }
        await using (process)
        {
            await Task.WhenAny(process.Ready, process.Ended, Task.Delay(_options.StartDeadline, _stop.Token));
            if (_stop.IsCancellationRequested) return (false, Stopped);
            if (!process.Ready.IsCompleted && !process.Ended.IsCompleted) process.Kill("it did not start in time");
            if (process.Ended.IsCompleted || !process.Ready.IsCompleted) return (false, await process.Ended);
            _health = _health with { Running = true, ProcessId = process.Id };
            _current.TrySetResult(process);
            try
            {
                await WatchAsync(process);
                return (true, _stop.IsCancellationRequested ? Stopped : await process.Ended);
            }
            finally
            {
                if (!_stop.IsCancellationRequested) _current = NewSource();
            }
        }
    }

    /// <summary>
    /// Pings until the process ends. Kills a process that does not respond, because its event loop
    /// is blocked.
    /// </summary>
    private async Task WatchAsync(BridgeProcess process)
    {
        while (!process.Ended.IsCompleted && !_stop.IsCancellationRequested)
        {
            await Task.WhenAny(process.Ended, Task.Delay(_options.PingInterval, _stop.Token));
            if (process.Ended.IsCompleted || _stop.IsCancellationRequested) return;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(_options.PingDeadline);
            try
            {
                await process.CallAsync(new("ping"), deadline.Token);
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                process.Kill($"it did not answer a ping within {_options.PingDeadline.TotalSeconds:0.##} s");
                await process.Ended;
            }
            catch (Exception e) when (e is ExchangeException or OperationCanceledException)
            {
                // The process has ended or is being stopped. The loop's condition covers both.
            }
        }
    }

    private static TaskCompletionSource<BridgeProcess> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The health of the bridge process.</summary>
/// <param name="Running">Whether it accepts requests.</param>
/// <param name="Restarts">How often it has ended unexpectedly.</param>
/// <param name="LastFailure">Why it ended last, or could not be started; null if it never
/// failed.</param>
/// <param name="ProcessId">The process id while it runs; null otherwise.</param>
public sealed record BridgeHealth(bool Running, int Restarts, string? LastFailure, int? ProcessId);
