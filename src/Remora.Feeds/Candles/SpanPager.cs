using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Covers a span of time page by page, from its beginning on. Every page moves it forward: past the candles that came, or past the window that
/// was asked for when none came. So it crosses holes, asks for nothing twice, and ends on exchanges that only give their latest candles.
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

    /// <summary>The open time of the next candle to ask for.</summary>
    public Instant Cursor { get; private set; }

    public bool IsDone => Cursor >= _to;

    /// <summary>The share of the span that lies behind.</summary>
    public double Ratio => IsDone ? 1 : (Cursor - _from) / (_to - _from);

    /// <summary>What has come, in ascending order.</summary>
    public List<Candle> Candles { get; } = [];

    /// <summary>Takes what is known already, in ascending order: as far as it covers the span from its beginning on, it need not be asked for.</summary>
    public void Resume(IReadOnlyList<Candle> known)
    {
        foreach (var candle in known)
        {
            if (candle.OpenTime < Cursor) continue;
            if (candle.OpenTime != Cursor || IsDone) return;
            Candles.Add(candle);
            Cursor += Timeframe.Length;
        }
    }

    /// <summary>Goes back: what opens at <paramref name="open"/> or later, within the span, is to be fetched.</summary>
    public void RewindTo(Instant open)
    {
        if (open >= Cursor) return;
        Cursor = open < _from ? _from : open;
        Candles.RemoveAll(candle => candle.OpenTime >= Cursor && candle.OpenTime < _to);
    }

    /// <summary>
    /// How many candles to ask for; one more than needed does no harm. Where the span ends now it is one more than there can be: only an exchange whose
    /// clock is ahead has that, and gives itself away.
    /// </summary>
    public int LimitAt(Instant now) => Math.Min(_pageLimit, _isUntilNow ? Timeframe.CountIn(now - Cursor) + 2 : Timeframe.CountIn(_to - Cursor) + 1);

    /// <summary>Takes the answer to a request for so many from <see cref="Cursor"/> on.</summary>
    public void Accept(List<Candle> page, int limit)
    {
        if (page.Count == 0)
        {
            Cursor += Timeframe.Length * limit;
            return;
        }
        foreach (var candle in page)
            if (candle.OpenTime < _to) Candles.Add(candle);
        Cursor = page[^1].OpenTime + Timeframe.Length;
    }
}
