namespace Remora.Markets;

/// <summary>
/// Makes longer candles of shorter ones as they close. A span that was under way when the first candle came in is left out, because its beginning is not known;
/// a span with holes is made of what there is, and a span without any candle is a hole itself.
/// </summary>
public sealed class CandleAggregator(Timeframe from, Timeframe to)
{
    private Candle _open;
    private bool _isOpen;
    private Instant _begins = Instant.MaxValue; // the first whole span

    /// <summary>Closes the span that ends at or before <paramref name="openTime"/>, where a hole kept its last candle from closing it. Call before <see cref="Add"/>.</summary>
    public bool TryCloseBefore(Instant openTime, out Candle closed)
    {
        closed = _open;
        if (!_isOpen || openTime < _open.OpenTime + to.Length) return false;
        _isOpen = false;
        return true;
    }

    /// <summary>Adds the next candle; true when it is the last of its span, which is then <paramref name="closed"/>.</summary>
    public bool Add(in Candle candle, out Candle closed)
    {
        closed = default;
        var span = candle.OpenTime.Floor(to.Length);
        if (_begins == Instant.MaxValue) _begins = FirstWhole(candle.OpenTime, to);
        if (span < _begins) return false;
        _open = _isOpen
            ? _open with
            {
                High = Math.Max(_open.High, candle.High),
                Low = Math.Min(_open.Low, candle.Low),
                Close = candle.Close,
                Volume = _open.Volume + candle.Volume,
            }
            : candle with { OpenTime = span };
        _isOpen = candle.OpenTime + from.Length < span + to.Length;
        closed = _open;
        return !_isOpen;
    }

    /// <summary>Where the first span begins that candles from <paramref name="first"/> on cover from its start.</summary>
    public static Instant FirstWhole(Instant first, Timeframe to)
    {
        var floor = first.Floor(to.Length);
        return floor == first ? first : floor + to.Length;
    }
}
