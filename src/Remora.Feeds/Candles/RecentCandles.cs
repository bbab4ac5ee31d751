using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// The last candles of an exchange that are in use, in ascending order. Later responses of the
/// exchange are compared with them. They outlive a <see cref="CandleSession"/>.
/// </summary>
internal sealed class RecentCandles
{
    /// <summary>
    /// The maximum number of candles: a day of 5-minute candles, and a page of every exchange.
    /// </summary>
    public const int Capacity = 288;

    private readonly List<Candle> _candles = [];

    public IReadOnlyList<Candle> All => _candles;

    public Candle? Last => _candles.Count > 0 ? _candles[^1] : null;

    public void Add(in Candle candle)
    {
        _candles.Add(candle);
        if (_candles.Count > Capacity)
            _candles.RemoveRange(0, _candles.Count - Capacity);
    }

    /// <summary>Replaces all candles with the end of a history.</summary>
    public void Reset(IReadOnlyList<Candle> past)
    {
        _candles.Clear();
        _candles.AddRange(past.Skip(past.Count - Capacity));
    }

    /// <summary>Replaces candles with revised candles of the same times.</summary>
    public void Revise(IEnumerable<Candle> revised)
    {
        foreach (var candle in revised)
        {
            var index = _candles.FindIndex(known => known.OpenTime == candle.OpenTime);
            if (index >= 0)
                _candles[index] = candle;
        }
    }
}
