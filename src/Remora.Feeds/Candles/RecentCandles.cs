using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>The last candles of an exchange that the market's answers rest on, in ascending order: what its later answers are compared with.</summary>
internal sealed class RecentCandles
{
    /// <summary>How many there are at most: a day of 5-minute candles, and a page of every exchange.</summary>
    public const int Capacity = 288;

    private readonly List<Candle> _candles = [];

    public IReadOnlyList<Candle> All => _candles;

    public Candle? Last => _candles.Count > 0 ? _candles[^1] : null;

    public void Add(in Candle candle)
    {
        _candles.Add(candle);
        if (_candles.Count > Capacity) _candles.RemoveRange(0, _candles.Count - Capacity);
    }

    /// <summary>Takes the end of a past in place of all it had.</summary>
    public void Reset(IReadOnlyList<Candle> past)
    {
        _candles.Clear();
        _candles.AddRange(past.Skip(past.Count - Capacity));
    }

    /// <summary>Takes revised candles in place of those of the same times.</summary>
    public void Revise(IEnumerable<Candle> revised)
    {
        foreach (var candle in revised)
        {
            var index = _candles.FindIndex(known => known.OpenTime == candle.OpenTime);
            if (index >= 0) _candles[index] = candle;
        }
    }
}
