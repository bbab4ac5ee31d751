using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Remora.Supervision;
using Remora.Supervision.Processes;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// Runs CCXT, and with it all exchanges, in a supervised child process. The process is restarted
/// with a growing delay when it ends, and killed when it stops responding. It never outlives this
/// one, because it ends when its standard input closes.
/// </summary>
public sealed class CcxtBridge : IAsyncDisposable
{
    private readonly CcxtBridgeOptions _options;
    private readonly ConcurrentDictionary<string, CcxtExchange> _exchanges = new();
    private readonly ChildSupervisor<BridgeProcess> _process;

    private CcxtBridge(CcxtBridgeOptions options, TimeProvider clock)
    {
        (_options, Clock) = (options, clock);
        _process = new(
            new()
            {
                Name = "the process",
                Start = stop => BridgeProcess.StartAsync(options, stop),
                Ping = PingAsync,
                PingInterval = options.PingInterval,
                PingTimeout = options.PingDeadline,
                Backoff = options.Backoff,
            }
        );
    }

    /// <summary>The health of the process.</summary>
    public BridgeHealth Health
    {
        get
        {
            var health = _process.Health;
            return new(health.State == ChildState.Running, health.Restarts, health.LastError, health.ProcessId);
        }
    }

    /// <summary>Starts the process. Calls can be made before it is ready.</summary>
    /// <param name="options">How the process is run.</param>
    /// <param name="clock">The clock that candles close by and that rate limit delays of an
    /// exchange follow. Deadlines are real time.</param>
    /// <param name="supervisor">Supervises the task that watches the process; a new one if
    /// null.</param>
    public static CcxtBridge Start(
        CcxtBridgeOptions? options = null,
        TimeProvider? clock = null,
        Supervisor? supervisor = null
    )
    {
        var bridge = new CcxtBridge(options ?? new CcxtBridgeOptions(), clock ?? TimeProvider.System);
        bridge._process.Start("exchange bridge", supervisor ?? new());
        return bridge;
    }

    /// <summary>
    /// Returns the exchange with this id. An id that is unknown to CCXT fails at the first request.
    /// </summary>
    public CcxtExchange Exchange(string id) =>
        _exchanges.GetOrAdd(id, key => new(this, key, new ExchangeGate(_options.RequestsInFlight, Clock)));

    /// <summary>Returns the ids of all exchanges that CCXT supports.</summary>
    /// <exception cref="ExchangeException">The bridge is unavailable.</exception>
    public async Task<IReadOnlyList<string>> ExchangesAsync(CancellationToken cancellation = default)
    {
        var answer = await CallAsync(new("exchanges"), cancellation);
        return [.. answer.GetProperty("ids").EnumerateArray().Select(id => id.GetString()!)];
    }

    /// <summary>Ends the process.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

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
            throw new ExchangeException(
                ExchangeErrorKind.Timeout,
                $"the exchange bridge did not answer '{request.Operation}' in time"
            );
        }
    }

    internal async IAsyncEnumerable<JsonElement> StreamAsync(
        BridgeRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var process = await CurrentAsync(cancellation);
        await foreach (var message in process.StreamAsync(request, cancellation))
            yield return message;
    }

    private async Task<BridgeProcess> CurrentAsync(CancellationToken cancellation)
    {
        try
        {
            return await _process.RunningAsync(_options.StartDeadline, cancellation);
        }
        catch (ChildException e)
        {
            throw new ExchangeException(
                ExchangeErrorKind.Unavailable,
                $"the exchange bridge is not running: {e.Message}"
            );
        }
    }

    private static async Task<bool> PingAsync(BridgeProcess process, CancellationToken cancellation)
    {
        try
        {
            await process.CallAsync(new("ping"), cancellation);
        }
        catch (ExchangeException)
        {
            // The process has ended or is about to end, which its supervisor notices.
        }
        return true;
    }
}

/// <summary>The health of the bridge process.</summary>
/// <param name="Running">Whether it accepts requests.</param>
/// <param name="Restarts">How many times the process was restarted.</param>
/// <param name="LastFailure">Why it ended last, or could not be started; null if it never
/// failed.</param>
/// <param name="ProcessId">The process id while it runs; null otherwise.</param>
public sealed record BridgeHealth(bool Running, int Restarts, string? LastFailure, int? ProcessId);
