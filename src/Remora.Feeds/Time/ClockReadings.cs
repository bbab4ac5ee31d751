using Remora.Markets;

namespace Remora.Feeds.Time;

/// <summary>Reads a clock's time as an <see cref="Instant"/>.</summary>
internal static class ClockReadings
{
    /// <summary>Returns the current time.</summary>
    public static Instant Now(this TimeProvider clock) => Instant.From(clock.GetUtcNow());

    /// <summary>Waits until the clock shows <paramref name="time"/>.</summary>
    public static async Task UntilAsync(this TimeProvider clock, Instant time, CancellationToken cancellation)
    {
        // A timer may fire a little early, and its maximum delay is some weeks.
        while (time - clock.Now() is var left && left > TimeSpan.Zero)
            await Task.Delay(left < LongestDelay ? left : LongestDelay, clock, cancellation);
    }

    /// <summary>
    /// Waits until the clock shows <paramref name="time"/>, or until <paramref name="sooner"/>
    /// ends.
    /// </summary>
    public static async Task UntilAsync(
        this TimeProvider clock,
        Instant time,
        Task? sooner,
        CancellationToken cancellation
    )
    {
        if (sooner is null)
        {
            await clock.UntilAsync(time, cancellation);
            return;
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(clock.UntilAsync(time, over.Token), sooner);
        await over.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(7);
}
