using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Simulation;

/// <summary>The data of perpetuals other than prices, derived from the market's candles.</summary>
internal static class Perpetual
{
    public static readonly TimeSpan FundingInterval = TimeSpan.FromHours(8);

    /// <summary>
    /// Returns the funding rate. The larger side pays the smaller one: the rate follows the last
    /// day's return and is set every eight hours.
    /// </summary>
    public static double Funding(SandboxWorld world, CandleSeries series, Instant now)
    {
        if (world.Signals.HeldAt("funding_rate") is { } held)
            return held;
        var day = Last(series, now.Floor(FundingInterval), 25);
        return day.Count < 2
            ? 0.0001
            : Math.Round(Math.Clamp(0.0001 + (0.012 * Math.Log(day[^1].Close / day[0].Close)), -0.003, 0.003), 8);
    }

    /// <summary>
    /// Returns the open interest, which grows in a rise and shrinks in a fall; null while the
    /// market has no candle.
    /// </summary>
    public static double? OpenInterest(CandleSeries series, Instant now)
    {
        var week = Last(series, now, 24 * 7);
        if (week.Count == 0)
            return null;
        return Math.Round(
            week.Average(candle => candle.Volume) * 40 * Math.Exp(2 * Math.Log(week[^1].Close / week[0].Open)),
            3
        );
    }

    /// <summary>
    /// Returns the first multiples of an interval within [from, to] at which the market had candles
    /// of the day before.
    /// </summary>
    public static IEnumerable<Instant> Times(
        CandleSeries series,
        TimeSpan interval,
        Instant from,
        Instant to,
        Instant now,
        int most
    )
    {
        var first = series.From + TimeSpan.FromDays(1);
        if (first < from)
            first = from;
        var time = first.Floor(interval) == first ? first : first.Floor(interval) + interval;
        var last = to < now ? to : now;
        for (var i = 0; i < most && time <= last; i++, time += interval)
            yield return time;
    }

    /// <summary>Returns the last hours, in the market's own candles if those are longer.</summary>
    public static List<Candle> Last(CandleSeries series, Instant now, int hours)
    {
        var timeframe = series.Base.Length > Timeframe.OneHour.Length ? series.Base : Timeframe.OneHour;
        return series.Last(timeframe, Instant.MinValue, Instant.MaxValue, hours, now);
    }
}
