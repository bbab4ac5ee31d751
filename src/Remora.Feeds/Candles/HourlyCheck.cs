using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Compares stored base candles with the exchange's hourly candles. One request is enough to check
/// a month of stored candles.
/// </summary>
internal static class HourlyCheck
{
    // Allows for sums in other units; the same price is always written the same way.
    private const double Tolerance = 1e-9;

    /// <summary>
    /// Returns the first hour whose base candles are complete and add up to a different hourly
    /// candle; null if all hours agree.
    /// </summary>
    /// <param name="timeframe">The timeframe of the base candles, shorter than an hour.</param>
    /// <param name="candles">The base candles, in ascending order.</param>
    /// <param name="hours">The hourly candles, in ascending order.</param>
    public static Instant? FirstDifference(
        Timeframe timeframe,
        IReadOnlyList<Candle> candles,
        IReadOnlyList<Candle> hours
    )
    {
        var hour = Timeframe.OneHour.Length;
        var wanted = timeframe.CountIn(hour);
        var next = 0;
        foreach (var expected in hours)
        {
            var end = expected.OpenTime + hour;
            while (next < candles.Count && candles[next].OpenTime < expected.OpenTime)
                next++;
            var (count, high, low, close) = (0, double.MinValue, double.MaxValue, double.NaN);
            for (; next < candles.Count && candles[next].OpenTime < end; next++, count++)
                (high, low, close) = (
                    Math.Max(high, candles[next].High),
                    Math.Min(low, candles[next].Low),
                    candles[next].Close
                );
            if (count < wanted)
                continue; // an incomplete hour cannot be compared
            if (Differ(high, expected.High) || Differ(low, expected.Low) || Differ(close, expected.Close))
                return expected.OpenTime;
        }
        return null;
    }

    private static bool Differ(double one, double other) => Math.Abs(one - other) > Tolerance * other;
}
