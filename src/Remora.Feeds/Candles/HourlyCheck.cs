using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Compares stored base candles with the exchange's hourly candles. One request tells of a month whether the stored candles are what the
/// exchange has.
/// </summary>
internal static class HourlyCheck
{
    private const double Tolerance = 1e-9; // exchanges write the same price in the same way; this is for sums in other units

    /// <summary>The first hour whose base candles are all there and make another candle than the hourly one; null where all agree.</summary>
    /// <param name="timeframe">The base candles' timeframe, shorter than an hour.</param>
    /// <param name="candles">The base candles, ascending.</param>
    /// <param name="hours">The hourly candles, ascending.</param>
    public static Instant? FirstDifference(Timeframe timeframe, IReadOnlyList<Candle> candles, IReadOnlyList<Candle> hours)
    {
        var hour = Timeframe.OneHour.Length;
        var wanted = timeframe.CountIn(hour);
        var next = 0;
        foreach (var expected in hours)
        {
            var end = expected.OpenTime + hour;
            while (next < candles.Count && candles[next].OpenTime < expected.OpenTime) next++;
            var (count, high, low, close) = (0, double.MinValue, double.MaxValue, double.NaN);
            for (; next < candles.Count && candles[next].OpenTime < end; next++, count++)
                (high, low, close) = (Math.Max(high, candles[next].High), Math.Min(low, candles[next].Low), candles[next].Close);
            if (count < wanted) continue; // a hole says nothing
            if (Differ(high, expected.High) || Differ(low, expected.Low) || Differ(close, expected.Close)) return expected.OpenTime;
        }
        return null;
    }

    private static bool Differ(double one, double other) => Math.Abs(one - other) > Tolerance * other;
}
