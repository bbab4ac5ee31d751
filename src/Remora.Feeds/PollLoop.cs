using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds;

/// <summary>
/// The one loop that polls outside sources: after an interval while a source responds, after a
/// growing delay while it fails, never before the time that the source requested. Failures are
/// counted in the source's health.
/// </summary>
/// <param name="health">The health of the source. The poll itself reports successes.</param>
/// <param name="interval">The interval between the starts of polls.</param>
/// <param name="backoff">The delays after failures.</param>
/// <param name="clock">The clock of the feed.</param>
/// <param name="seed">The seed of the jitter.</param>
internal sealed class PollLoop(
    SourceHealthTracker health,
    TimeSpan interval,
    Backoff backoff,
    TimeProvider clock,
    int seed
)
{
    private readonly Random _random = new(seed);

    /// <summary>Polls until it is cancelled, and then returns.</summary>
    /// <param name="poll">One poll. Throws what <see cref="SourceException.Of(Exception)"/>
    /// accepts.</param>
    /// <param name="cancellation">Ends the loop.</param>
    public Task RunAsync(Func<CancellationToken, Task> poll, CancellationToken cancellation) =>
        RunAsync(token => StepAsync(poll, token), clock, cancellation);

    /// <summary>Runs steps, each at the time that the one before returned.</summary>
    public static Task RunAsync(
        Func<CancellationToken, Task<Instant>> step,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        return LoopAsync().UntilCancelledAsync(cancellation);

        async Task LoopAsync()
        {
            while (true)
                await clock.UntilAsync(await step(cancellation), cancellation);
        }
    }

    /// <summary>Polls once. Returns the time of the next poll.</summary>
    public async Task<Instant> StepAsync(Func<CancellationToken, Task> poll, CancellationToken cancellation)
    {
        var next = clock.Now() + (interval * (1 + (_random.NextDouble() / 20)));
        try
        {
            await poll(cancellation);
        }
        catch (CircuitOpenException e)
        {
            // No request was sent, so the health is unchanged.
            next = clock.Now() + (e.RetryAfter * (1 + (_random.NextDouble() / 10)));
        }
        catch (Exception e) when (SourceException.Of(e) is { } failure)
        {
            var now = clock.Now();
            var failures = health.Failed(failure.ToError(health.Name, now));
            next = now + backoff.After(failures, _random, failure.RetryAfter, failure.IsRetryable);
        }
        health.TriesNextAt(next);
        return next;
    }
}
