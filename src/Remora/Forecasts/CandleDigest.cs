using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// A digest of the candles of each of the last 32 days (UTC), and of the last candle. Two series
/// with equal digests have equal candles, so a saved state that continues one continues the other.
/// </summary>
internal sealed class CandleDigest
{
    private const int Days = 32;
    private readonly ulong[] _sums = new ulong[Days]; // a ring by day
    private long _day;
    private long _lastOpen;
    private ulong _last;

    /// <summary>The open time of the last candle; null before the first.</summary>
    public Instant? LastOpen => _last == 0 ? null : new(_lastOpen);

    /// <summary>
    /// All candles that were added, also those of before the last 32 days. A new chain begins with
    /// the next candle.
    /// </summary>
    public CandleChain Chain;

    /// <summary>Adds the next candle.</summary>
    public void Add(in Candle candle)
    {
        var day = DayOf(candle.OpenTime);
        for (var d = Math.Max(_day + 1, day - Days + 1); d <= day; d++)
            _sums[d % Days] = 0;
        (_day, _lastOpen, _last) = (day, candle.OpenTime.UnixMilliseconds, CandleChain.HashOf(candle));
        _sums[day % Days] += _last;
        Chain.Add(candle, _last);
    }

    /// <summary>
    /// Compares the candles that were added with a series: true when it continues them, false when
    /// it has other candles, null when it does not have the last one, or ends before it.
    /// </summary>
    /// <param name="candles">The series, ascending.</param>
    public bool? Continues(IReadOnlyList<Candle> candles)
    {
        if (LastOpen is not { } last || candles.Count == 0 || candles[0].OpenTime > last || candles[^1].OpenTime < last)
            return null;
        var sums = new ulong[Days];
        var hasLast = false;
        foreach (var candle in candles)
        {
            if (candle.OpenTime > last)
                break;
            var hash = CandleChain.HashOf(candle);
            hasLast |= candle.OpenTime == last && hash == _last;
            if (_day - DayOf(candle.OpenTime) is >= 0 and < Days and var ago)
                sums[ago] += hash;
        }
        if (!hasLast)
            return false;
        // Days of which the series has only the end cannot be compared.
        var before = DayOf(candles[0].OpenTime - TimeSpan.FromMilliseconds(1));
        for (var ago = 0; ago < Days && before < _day - ago; ago++)
            if (sums[ago] != _sums[(_day - ago) % Days])
                return false;
        return true;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_sums);
        (_day, _lastOpen, _last, Chain) = (0, 0, 0, default);
    }

    /// <summary>Reads or writes the state.</summary>
    /// <param name="codec">Reads or writes.</param>
    /// <param name="hasChain">Whether the state contains the chain. Without it, none is
    /// known.</param>
    public void Exchange(StateCodec codec, bool hasChain)
    {
        codec.Field(_sums.AsSpan());
        codec.Field(ref _day);
        codec.Field(ref _lastOpen);
        var last = (long)_last;
        codec.Field(ref last);
        _last = (ulong)last;
        if (hasChain)
            Chain.Exchange(codec);
        else
            Chain = default;
    }

    private static long DayOf(Instant time) => (long)(time - Instant.MinValue).TotalDays;
}
