namespace Remora.Feeds;

/// <summary>
/// The delay before the next try after n consecutive failures. Doubles with each failure, has
/// jitter, and is never shorter than the delay that the other side requested.
/// </summary>
/// <param name="First">The delay after the first failure.</param>
/// <param name="Longest">The longest delay, and the delay after a failure that a retry cannot
/// fix.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    private const int MostDoublings = 30;

    /// <summary>
    /// Returns the delay after <paramref name="failures"/> consecutive failures, at least 1.
    /// </summary>
    public TimeSpan After(int failures, bool retryable, TimeSpan? askedFor, Random random)
    {
        var ticks = retryable ? Math.Min(First.Ticks * Math.Pow(2, Math.Min(failures - 1, MostDoublings)), Longest.Ticks) : Longest.Ticks;
        // Between 50 and 100 percent of the delay, so that clients that failed together retry
        // apart.
        var wait = TimeSpan.FromTicks((long)(ticks * (0.5 + (random.NextDouble() / 2))));
        if (askedFor is not { } asked) return wait;
        var patient = asked * (1 + (random.NextDouble() / 10));
        return patient > wait ? patient : wait;
    }
}
