using Remora.Backtest.Calibration;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// Tests of value at risk: whether losses beyond it are as frequent as stated, and whether they
/// come independently of each other.
/// </summary>
public static class HitTests
{
    /// <summary>
    /// Test of Kupiec (1995) that hits have the stated rate: a likelihood ratio with one degree of
    /// freedom.
    /// </summary>
    /// <param name="hits">The number of losses beyond the value at risk.</param>
    /// <param name="observations">The number of periods, which do not overlap.</param>
    /// <param name="rate">The stated share of hits, between 0 and 1.</param>
    /// <returns>The p-value; NaN without periods.</returns>
    public static double Kupiec(long hits, long observations, double rate)
    {
        if (observations == 0)
            return double.NaN;
        var misses = observations - hits;
        var observed = (double)hits / observations;
        return AboveRatio(LogLikelihood(hits, misses, observed) - LogLikelihood(hits, misses, rate));
    }

    /// <summary>
    /// Test of Christoffersen (1998) that a hit is as likely after a hit as after none: a
    /// likelihood ratio with one degree of freedom, against a chain of first order.
    /// </summary>
    /// <param name="hits">Whether each of the successive periods is a hit; null where it is
    /// unknown.</param>
    /// <returns>The p-value; NaN when the periods before a period were all hits or all none.
    /// </returns>
    public static double Christoffersen(ReadOnlySpan<bool?> hits)
    {
        Span<long> counts = stackalloc long[4];
        for (var i = 1; i < hits.Length; i++)
            if (hits[i - 1] is { } before && hits[i] is { } now)
                counts[(before ? 2 : 0) + (now ? 1 : 0)]++;
        return ChristoffersenOfPairs(counts);
    }

    /// <summary>The same test, from the numbers of successive periods.</summary>
    /// <param name="counts">The number of pairs of successive periods: none and none, none and hit,
    /// hit and none, hit and hit.</param>
    /// <returns>The p-value; NaN when the periods before a period were all hits or all none.
    /// </returns>
    /// <exception cref="ArgumentException">There are not four counts.</exception>
    public static double ChristoffersenOfPairs(ReadOnlySpan<long> counts)
    {
        if (counts.Length != 4)
            throw new ArgumentException($"expected 4 counts, not {counts.Length}", nameof(counts));
        var (afterNone, afterHit) = (counts[0] + counts[1], counts[2] + counts[3]);
        if (afterNone == 0 || afterHit == 0)
            return double.NaN;
        var (none, hit) = (counts[0] + counts[2], counts[1] + counts[3]);
        return AboveRatio(
            LogLikelihood(counts[1], counts[0], (double)counts[1] / afterNone)
                + LogLikelihood(counts[3], counts[2], (double)counts[3] / afterHit)
                - LogLikelihood(hit, none, (double)hit / (hit + none))
        );
    }

    private static double LogLikelihood(long hits, long misses, double rate) =>
        (hits == 0 ? 0 : hits * Math.Log(rate)) + (misses == 0 ? 0 : misses * Math.Log(1 - rate));

    // Chi-squared with one degree of freedom is the square of a standard normal variable.
    private static double AboveRatio(double logRatio) =>
        Math.Min(1, 2 * Normal.Above(Math.Sqrt(2 * Math.Max(0, logRatio))));
}
