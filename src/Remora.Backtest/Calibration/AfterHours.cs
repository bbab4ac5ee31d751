using Remora.Backtest.Chance;

namespace Remora.Backtest.Calibration;

/// <summary>
/// The returns after blocked and after allowed moments over a horizon, without any strategy. The
/// horizons do not overlap. Returns are in percent; NaN when there is no such moment.
/// </summary>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="Moments">The number of moments.</param>
/// <param name="BlockedShare">Share of the moments that are blocked, [0, 1].</param>
/// <param name="BlockedMeanPct">Mean return after blocked moments.</param>
/// <param name="AllowedMeanPct">Mean return after allowed moments.</param>
/// <param name="Difference">95 % interval of the first minus the second, by the stationary
/// bootstrap.</param>
/// <param name="WorstLift">Share of the worst twentieth of the returns that is blocked, divided by
/// <paramref name="BlockedShare"/>.</param>
/// <param name="BestLift">The same for the best twentieth.</param>
public sealed record AfterHours(
    int HorizonHours,
    int Moments,
    double BlockedShare,
    double BlockedMeanPct,
    double AllowedMeanPct,
    Interval Difference,
    double WorstLift,
    double BestLift
)
{
    /// <summary>
    /// Mean return after blocked moments minus that after allowed moments, in percentage points;
    /// above 0, prices rose more after blocked moments.
    /// </summary>
    public double DifferencePct => BlockedMeanPct - AllowedMeanPct;

    internal static AfterHours Of(int hours, bool[] blocked, double[] returns, int resamples, ulong seed)
    {
        var count = returns.Length;
        var order = Enumerable.Range(0, count).OrderBy(i => returns[i]).ToArray();
        var tail = Math.Max(1, count / 20);
        var share = count == 0 ? double.NaN : blocked.Count(b => b) / (double)count;
        double Lift(IEnumerable<int> which) => which.Take(tail).Count(i => blocked[i]) / (double)tail / share;
        var (first, second) = Means(blocked, returns, Enumerable.Range(0, count));
        return new(
            hours,
            count,
            share,
            100 * first,
            100 * second,
            BlockBootstrap.Of(
                count,
                1,
                (at, values) =>
                {
                    var (after, other) = Means(blocked, returns, at);
                    values[0] = 100 * (after - other);
                },
                resamples,
                seed
            )[0],
            count == 0 ? double.NaN : Lift(order),
            count == 0 ? double.NaN : Lift(order.Reverse())
        );
    }

    private static (double Blocked, double Allowed) Means(bool[] blocked, double[] returns, IEnumerable<int> at)
    {
        var (blockedSum, blockedCount, allowedSum, allowedCount) = (0.0, 0, 0.0, 0);
        foreach (var i in at)
            if (blocked[i])
                (blockedSum, blockedCount) = (blockedSum + returns[i], blockedCount + 1);
            else
                (allowedSum, allowedCount) = (allowedSum + returns[i], allowedCount + 1);
        return (blockedSum / blockedCount, allowedSum / allowedCount);
    }
}
