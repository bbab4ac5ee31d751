using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>The priority of a request among requests to the same exchange.</summary>
public enum Urgency
{
    /// <summary>A candle has just closed.</summary>
    Fresh,

    /// <summary>A market has no assessment yet.</summary>
    FirstAnswer,

    /// <summary>The candle that is open.</summary>
    Unfinished,

    /// <summary>The rest of a market's history.</summary>
    Backfill,
}

/// <summary>
/// Limits the concurrent requests to an exchange, lets urgent ones through first, and lets none
/// through while the exchange has requested a pause. The limit is low because the exchange's rate
/// limiter, which follows, has a queue without priorities.
/// </summary>
internal sealed class ExchangeGate(int width, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource, (Urgency, long)> _waiting = new();
    private int _free = width;
    private long _arrivals;
    private Instant _closedUntil = Instant.MinValue;

    /// <summary>Runs the call when its turn comes.</summary>
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
                if (next.TrySetResult())
                    return; // passes the slot on and skips cancelled callers
            _free++;
        }
    }

    private void CloseFor(TimeSpan wait)
    {
        lock (_lock)
        {
            var until = Instant.From(clock.GetUtcNow()) + wait;
            if (until > _closedUntil)
                _closedUntil = until;
        }
    }

    private void ThrowWhileClosed()
    {
        TimeSpan left;
        lock (_lock)
            left = _closedUntil - Instant.From(clock.GetUtcNow());
        if (left > TimeSpan.Zero)
            throw new ExchangeException(
                ExchangeErrorKind.RateLimited,
                $"the exchange requested a pause, {left.TotalSeconds:0.#} s of it remain",
                retryAfter: left
            );
    }
}
