using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// A fear and greed index for a market: 50 in a flat and quiet market, lower after falls and in
/// high volatility, higher after rises. The value of a day is computed from the days before it and
/// is therefore known when the day begins.
/// </summary>
internal static class FearIndex
{
    private const int DaysNeeded = 8;

    /// <summary>
    /// Returns the values published until now, newest first. Days that follow a gap of more than a
    /// few days in the candles have none.
    /// </summary>
    public static List<(Instant Day, int Value)> Published(CandleSeries market, Instant now, int most)
    {
        var today = now.Floor(Timeframe.OneDay.Length);
        var days = market.Last(Timeframe.OneDay, Instant.MinValue, today, Math.Min(most, 100_000) + 30, today);
        var values = new List<(Instant, int)>();
        for (var i = days.Count; i >= DaysNeeded && values.Count < most; i--)
        {
            var day = days[i - 1].OpenTime + Timeframe.OneDay.Length;
            if (day - days[i - DaysNeeded].OpenTime <= Timeframe.OneDay.Length * (DaysNeeded + 3))
                values.Add((day, Value(days, i)));
        }
        return values;
    }

    /// <summary>Returns the same value for every day of a month, newest first.</summary>
    public static List<(Instant Day, int Value)> Held(double value, Instant now, int most)
    {
        var today = now.Floor(Timeframe.OneDay.Length);
        return
        [
            .. Enumerable
                .Range(0, Math.Min(most, 30))
                .Select(back => (today - (Timeframe.OneDay.Length * back), (int)Math.Round(value))),
        ];
    }

    private static int Value(List<Candle> days, int end)
    {
        var week = Math.Log(days[end - 1].Close / days[end - 8].Close);
        var month = Math.Log(days[end - 1].Close / days[Math.Max(0, end - 31)].Close);
        var squares = 0.0;
        for (var i = end - 7; i < end; i++)
            squares += Math.Pow(Math.Log(days[i].Close / days[i - 1].Close), 2);
        var volatility = Math.Sqrt(squares / 7);
        return (int)Math.Round(Math.Clamp(50 + (150 * week) + (60 * month) - (500 * (volatility - 0.02)), 3, 97));
    }
}
