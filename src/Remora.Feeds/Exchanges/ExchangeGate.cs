using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>How much a request matters while others wait for the same exchange.</summary>
public enum Urgency
{
    /// <summary>A candle has just closed.</summary>
    Fresh,

    /// <summary>A market has no answer at all yet.</summary>
    FirstAnswer,

    /// <summary>The rest of a market's history.</summary>
    Backfill,
}

/// <summary>
/// Lets a few requests at a time through to an exchange, the urgent ones first, and none while the exchange has asked to be left alone.
/// Few, because behind it stands the exchange's rate limiter, whose queue knows no urgency.
/// </summary>
internal sealed class ExchangeGate(int width, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource, (Urgency, long)> _waiting = new();
    private int _free = width;
    private long _arrivals;
    private Instant _closedUntil = Instant.MinValue;

    /// <summary>Runs the call when it is its turn.</summary>
    public async Task<T> PassAsync<T>(Urgency urgency, Func<Task<T>> call, CancellationToken cancellation)
    {
        await EnterAsync(urgency, cancellation);
        try
        {
            ThrowWhileClosed();
            return await call();
        }
        catch (ExchangeException e) when (e is { Kind: ExchangeErrorKind.RateLimited, RetryAfter: { } wait })
        {
            CloseFor(wait);
            throw;
        }
        finally
        {
            Leave();
        }
    }

    private Task EnterAsync(Urgency urgency, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn, (urgency, _arrivals++));
            return WaitAsync(turn, cancellation);
        }
    }

    private static async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellation)
    {
        await using var registration = cancellation.UnsafeRegister(_ => turn.TrySetCanceled(cancellation), null);
        await turn.Task;
    }

    private void Leave()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var next, out _))
                if (next.TrySetResult()) return; // the place is handed on; one that was cancelled is passed over
            _free++;
        }
    }

    private void CloseFor(TimeSpan wait)
    {
        lock (_lock)
        {
            var until = Instant.From(clock.GetUtcNow()) + wait;
            if (until > _closedUntil) _closedUntil = until;
        }
    }

    private void ThrowWhileClosed()
    {
        TimeSpan left;
        lock (_lock) left = _closedUntil - Instant.From(clock.GetUtcNow());
        if (left > TimeSpan.Zero)
            throw new ExchangeException(ExchangeErrorKind.RateLimited, $"the exchange asked to be left alone for another {left.TotalSeconds:0.#} s", retryAfter: left);
    }
}
