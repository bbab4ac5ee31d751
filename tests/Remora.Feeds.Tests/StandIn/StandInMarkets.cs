using Remora.Markets;

namespace Remora.Feeds.Tests.StandIn;

/// <summary>
/// Candles that depend only on their time, so that fetched candles can be compared with the true
/// ones.
/// </summary>
internal sealed class StandInMarkets(TimeProvider clock)
{
    /// <summary>The base currencies. Each trades against USDT and USD.</summary>
    public IReadOnlyList<string> Bases { get; set; } = ["BTC"];

    /// <summary>The open time of the first candle.</summary>
    public Instant ListedAt { get; set; } = Instant.MinValue;

    /// <summary>Whether the exchange lacks a candle.</summary>
    public Func<Timeframe, Instant, bool> IsMissing { get; set; } = (_, _) => false;

    /// <summary>
    /// How far the exchange's clock is ahead. Its candles are right, but their times are wrong by
    /// this span.
    /// </summary>
    public TimeSpan Ahead { get; set; }

    public Instant Now => Instant.From(clock.GetUtcNow());

    /// <summary>Returns the true candle of a time.</summary>
    public static Candle Truth(Timeframe timeframe, Instant open)
    {
        static double Price(long minute) =>
            Math.Round(30_000 + (500 * Math.Sin(minute / 997.0)) + (40 * Math.Sin(minute / 13.0)), 2);
        var (from, to) = (open.UnixMilliseconds / 60_000, (open + timeframe.Length).UnixMilliseconds / 60_000);
        var (highest, lowest) = (double.MinValue, double.MaxValue);
        for (var minute = from; minute <= to; minute++)
            (highest, lowest) = (Math.Max(highest, Price(minute)), Math.Min(lowest, Price(minute)));
        // An hourly candle is built from those of its minutes.
        return new(open, Price(from), highest + 5, lowest - 5, Price(to), 1.5);
    }

    /// <summary>
    /// Returns the candles from <paramref name="from"/> to <paramref name="to"/>, both inclusive,
    /// up to the open one.
    /// </summary>
    public IEnumerable<Candle> Between(Timeframe timeframe, Instant from, Instant to)
    {
        var open = from.Floor(timeframe.Length);
        if (open < from)
            open += timeframe.Length;
        if (open < ListedAt)
            open = ListedAt.Floor(timeframe.Length);
        var end = Now + Ahead < to ? Now + Ahead : to;
        for (; open <= end; open += timeframe.Length)
            if (!IsMissing(timeframe, open))
                yield return Truth(timeframe, open - Ahead) with
                {
                    OpenTime = open,
                };
    }
}
