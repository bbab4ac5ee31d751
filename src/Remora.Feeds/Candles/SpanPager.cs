using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Covers a span of time page by page, from its beginning. Every page moves it forward: past the
/// received candles, or past the requested window if it was empty. Therefore it crosses gaps,
/// requests nothing twice, and ends on exchanges that return only their latest candles.
/// </summary>
internal sealed class SpanPager
{
    private readonly Instant _from;
    private readonly Instant _to;
    private readonly int _pageLimit;
    private readonly bool _isUntilNow;

    public SpanPager(Timeframe timeframe, Instant from, Instant to, int pageLimit, bool isUntilNow)
    {
        Timeframe = timeframe;
        Cursor = _from = from;
        _to = to;
        _pageLimit = pageLimit;
        _isUntilNow = isUntilNow;
    }

    public Timeframe Timeframe { get; }

    /// <summary>The open time of the next candle to request.</summary>
    public Instant Cursor { get; private set; }

    public bool IsDone => Cursor >= _to;

    /// <summary>The share of the span that is done, 0 to 1.</summary>
    public double Ratio => IsDone ? 1 : (Cursor - _from) / (_to - _from);

    /// <summary>The received candles, in ascending order.</summary>
    public List<Candle> Candles { get; } = [];

    /// <summary>
    /// Takes known candles, in ascending order. The part that they cover from the beginning of the
    /// span is not requested.
    /// </summary>
    public void Resume(IReadOnlyList<Candle> known)
    {
        foreach (var candle in known)
        {
            if (candle.OpenTime < Cursor)
                continue;
            if (candle.OpenTime != Cursor || IsDone)
                return;
            Candles.Add(candle);
            Cursor += Timeframe.Length;
        }
    }

    /// <summary>
    /// Moves back, within the span, to fetch the candles that open at <paramref name="open"/> or
    /// later.
    /// </summary>
    public void RewindTo(Instant open)
    {
        if (open >= Cursor)
            return;
        Cursor = open < _from ? _from : open;
        Candles.RemoveAll(candle => candle.OpenTime >= Cursor && candle.OpenTime < _to);
    }

    /// <summary>
    /// Returns how many candles to request. One more than needed does no harm. If the span ends
    /// now, it is one more than can exist: only an exchange whose clock is ahead returns it, which
    /// reveals the wrong clock.
    /// </summary>
    public int LimitAt(Instant now) =>
        Math.Min(_pageLimit, _isUntilNow ? Timeframe.CountIn(now - Cursor) + 2 : Timeframe.CountIn(_to - Cursor) + 1);

    /// <summary>
    /// Takes the response to a request for <paramref name="limit"/> candles from
    /// <see cref="Cursor"/> on.
    /// </summary>
    public void Accept(List<Candle> page, int limit)
    {
        if (page.Count == 0)
        {
            Cursor += Timeframe.Length * limit;
            return;
        }
        foreach (var candle in page)
            if (candle.OpenTime < _to)
                Candles.Add(candle);
        Cursor = page[^1].OpenTime + Timeframe.Length;
    }
}
