using Remora.Markets;

namespace Remora.Sandbox.Series;

/// <summary>
/// One market as an exchange returns it at a moment: every candle that has closed by then and,
/// last, the open one as far as it has come. Nothing later than the moment is visible. Spans
/// without a candle are left out.
/// </summary>
public abstract class CandleSeries
{
    /// <summary>The shortest timeframe of its candles.</summary>
    public abstract Timeframe Base { get; }

    /// <summary>The beginning of the series.</summary>
    public abstract Instant From { get; }

    /// <summary>The end of the series; null if it is infinite.</summary>
    public abstract Instant? Until { get; }

    /// <summary>Whether it is simulated or a recording.</summary>
    public abstract SeriesOrigin Origin { get; }

    /// <summary>
    /// Returns the part of [from, to) that is known at <paramref name="now"/>, in ascending pieces
    /// that each lie within one candle of the timeframe. The last piece may be the beginning of an
    /// open candle.
    /// </summary>
    protected abstract IEnumerable<Candle> Pieces(Timeframe timeframe, Instant from, Instant to, Instant now);

    /// <summary>
    /// Returns the candles whose open time lies in [from, to), in ascending order.
    /// </summary>
    public List<Candle> Read(Timeframe timeframe, Instant from, Instant to, Instant now)
    {
        var candles = new List<Candle>();
        (from, to) = Clip(timeframe, from, to, now);
        if (from >= to)
            return candles;
        foreach (var piece in Pieces(timeframe, from, to, now))
        {
            var opens = piece.OpenTime.Floor(timeframe.Length);
            if (candles.Count == 0 || candles[^1].OpenTime != opens)
                candles.Add(piece with { OpenTime = opens });
            else
                candles[^1] = Join(candles[^1], piece);
        }
        return candles;
    }

    /// <summary>
    /// Returns the first <paramref name="count"/> candles whose open time lies in [from, to), in
    /// ascending order.
    /// </summary>
    public List<Candle> First(Timeframe timeframe, Instant from, Instant to, int count, Instant now)
    {
        var found = new List<Candle>();
        (from, to) = Clip(timeframe, from, to, now);
        var window = timeframe.Length * Math.Max(count, 100);
        for (var cursor = from; cursor < to && found.Count < count; cursor += window)
            found.AddRange(Read(timeframe, cursor, Min(cursor + window, to), now));
        if (found.Count > count)
            found.RemoveRange(count, found.Count - count);
        return found;
    }

    /// <summary>
    /// Returns the last <paramref name="count"/> candles whose open time lies in [from, to), in
    /// ascending order.
    /// </summary>
    public List<Candle> Last(Timeframe timeframe, Instant from, Instant to, int count, Instant now)
    {
        var found = new List<Candle>();
        (from, to) = Clip(timeframe, from, to, now);
        var window = timeframe.Length * Math.Max(count, 100);
        for (var end = to; end > from && found.Count < count; end -= window)
            found.InsertRange(0, Read(timeframe, Max(end - window, from), end, now));
        if (found.Count > count)
            found.RemoveRange(0, found.Count - count);
        return found;
    }

    // Aligns both ends with candle boundaries within the series, so that a window never splits a
    // candle.
    private (Instant From, Instant To) Clip(Timeframe timeframe, Instant from, Instant to, Instant now)
    {
        var last = Until is { } until
            ? Min(until, now + TimeSpan.FromMilliseconds(1))
            : now + TimeSpan.FromMilliseconds(1);
        return (Ceiling(Max(from, From.Floor(timeframe.Length)), timeframe), Ceiling(Min(to, last), timeframe));
    }

    private static Candle Join(in Candle candle, in Candle next) =>
        new(
            candle.OpenTime,
            candle.Open,
            Math.Max(candle.High, next.High),
            Math.Min(candle.Low, next.Low),
            next.Close,
            // Exchanges sum decimals, without the rounding errors of binary fractions.
            Math.Round(candle.Volume + next.Volume, 8)
        );

    private static Instant Ceiling(Instant instant, Timeframe timeframe)
    {
        var floor = instant.Floor(timeframe.Length);
        return floor == instant ? instant : floor + timeframe.Length;
    }

    /// <summary>Returns the earlier of two moments.</summary>
    protected static Instant Min(Instant a, Instant b) => a < b ? a : b;

    /// <summary>Returns the later of two moments.</summary>
    protected static Instant Max(Instant a, Instant b) => a > b ? a : b;

    /// <summary>Returns what is known of a candle in its first instant: its open.</summary>
    protected static Candle Stub(in Candle candle) =>
        new(candle.OpenTime, candle.Open, candle.Open, candle.Open, candle.Open, 0);
}
