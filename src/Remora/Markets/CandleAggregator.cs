using Remora.Forecasts;

namespace Remora.Markets;

/// <summary>
/// Builds longer candles from shorter ones as they close.
/// The interval in progress at the first candle is left out because its start is missing. An
/// interval with gaps is built from the candles that exist. An interval without candles is a gap
/// itself.
/// </summary>
public sealed class CandleAggregator(Timeframe from, Timeframe to)
{
    private Candle _open;
    private bool _isOpen;
    private Instant _begins = Instant.MaxValue; // the first complete interval

    /// <summary>
    /// Closes the interval that ends at or before <paramref name="openTime"/> when a gap replaced
    /// its last candle. Call before <see cref="Add"/>.
    /// </summary>
    public bool TryCloseBefore(Instant openTime, out Candle closed)
    {
        closed = _open;
        if (!_isOpen || openTime < _open.OpenTime + to.Length)
            return false;
        _isOpen = false;
        return true;
    }

    /// <summary>
    /// Adds the next candle. Returns true when the candle is the last of its interval;
    /// <paramref name="closed"/> is then the longer candle.
    /// </summary>
    public bool Add(in Candle candle, out Candle closed)
    {
        closed = default;
        var span = candle.OpenTime.Floor(to.Length);
        if (_begins == Instant.MaxValue)
            _begins = FirstWhole(candle.OpenTime, to);
        if (span < _begins)
            return false;
        _open = _isOpen
            ? _open with
            {
                High = Math.Max(_open.High, candle.High),
                Low = Math.Min(_open.Low, candle.Low),
                Close = candle.Close,
                Volume = _open.Volume + candle.Volume,
            }
            : candle with
            {
                OpenTime = span,
            };
        _isOpen = candle.OpenTime + from.Length < span + to.Length;
        closed = _open;
        return !_isOpen;
    }

    /// <summary>Reads or writes the state.</summary>
    internal void Exchange(StateCodec codec)
    {
        Span<double> prices = [_open.Open, _open.High, _open.Low, _open.Close, _open.Volume];
        Span<long> times = [_open.OpenTime.UnixMilliseconds, _begins.UnixMilliseconds, _isOpen ? 1 : 0];
        codec.Field(prices);
        codec.Field(times);
        _open = new(new(times[0]), prices[0], prices[1], prices[2], prices[3], prices[4]);
        (_begins, _isOpen) = (new(times[1]), times[2] != 0);
    }

    /// <summary>
    /// Returns the start of the first interval that candles from <paramref name="first"/> on cover
    /// completely.
    /// </summary>
    public static Instant FirstWhole(Instant first, Timeframe to)
    {
        var floor = first.Floor(to.Length);
        return floor == first ? first : floor + to.Length;
    }
}
