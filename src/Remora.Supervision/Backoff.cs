namespace Remora.Supervision;

/// <summary>
/// The delay before the next try after n consecutive failures. It doubles with each failure and is
/// never shorter than the delay that the other side requested.
/// </summary>
/// <param name="First">The delay after the first failure.</param>
/// <param name="Longest">The longest delay, and the delay after a failure that a retry cannot
/// fix.</param>
/// <remarks>
/// This file has no access modifier because Remora.Client compiles it too, as an internal type. The
/// package of the client references no other project.
/// </remarks>
sealed partial record Backoff(TimeSpan First, TimeSpan Longest)
{
    private const int MaxDoublings = 30;

    /// <summary>Returns the delay after consecutive failures.</summary>
    /// <param name="failures">The number of failures, at least 1.</param>
    /// <param name="random">The source of jitter: the delay is 50 to 100 percent of the full one,
    /// so that clients that failed together retry apart. Null for the full delay.</param>
    /// <param name="requested">The delay that the other side requested; null for none.</param>
    /// <param name="isRetryable">Whether a retry can fix the failure.</param>
    public TimeSpan After(int failures, Random? random = null, TimeSpan? requested = null, bool isRetryable = true)
    {
        var factor = Math.Pow(2, Math.Clamp(failures - 1, 0, MaxDoublings));
        var ticks = isRetryable ? Math.Min(First.Ticks * factor, Longest.Ticks) : Longest.Ticks;
        var delay = TimeSpan.FromTicks((long)(ticks * (1 - (Jitter(random) / 2))));
        if (requested is not { } least)
            return delay;
        least *= 1 + (Jitter(random) / 10);
        return least > delay ? least : delay;
    }

    private static double Jitter(Random? random) => random?.NextDouble() ?? 0;
}
