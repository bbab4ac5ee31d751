namespace Remora.Feeds;

/// <summary>How long to wait after the n-th failure in a row: doubling, with jitter, and never less than the other side asked for.</summary>
/// <param name="First">The wait after the first failure.</param>
/// <param name="Longest">The longest wait, and the wait after a failure that will not go away by itself.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    private const int MostDoublings = 30;

    /// <summary>The wait after <paramref name="failures"/> failures in a row, at least 1.</summary>
    public TimeSpan After(int failures, bool retryable, TimeSpan? askedFor, Random random)
    {
        var ticks = retryable ? Math.Min(First.Ticks * Math.Pow(2, Math.Min(failures - 1, MostDoublings)), Longest.Ticks) : Longest.Ticks;
        // Between half and all of it, so that those who failed together do not come back together.
        var wait = TimeSpan.FromTicks((long)(ticks * (0.5 + (random.NextDouble() / 2))));
        if (askedFor is not { } asked) return wait;
        var patient = asked * (1 + (random.NextDouble() / 10));
        return patient > wait ? patient : wait;
    }
}
