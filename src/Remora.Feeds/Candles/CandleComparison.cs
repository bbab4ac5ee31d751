using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// A known candle and the candle that the exchange now returns for the same time.
/// </summary>
internal readonly record struct CandlePair(Candle Known, Candle Found);

/// <summary>
/// The comparison of two lists of candles of one market at the times that both contain.
/// </summary>
/// <param name="Common">The number of times that both lists contain.</param>
/// <param name="Last">The last of these candles; null if the lists have no time in common.</param>
/// <param name="Different">The candles whose prices differ, in ascending order. Volumes are not
/// compared because exchanges add late trades.</param>
internal sealed record CandleComparison(int Common, CandlePair? Last, IReadOnlyList<CandlePair> Different)
{
    /// <summary>Compares two lists. Both must be in ascending order.</summary>
    public static CandleComparison Of(IReadOnlyList<Candle> known, IReadOnlyList<Candle> found)
    {
        var (common, k, f) = (0, 0, 0);
        CandlePair? last = null;
        var different = new List<CandlePair>();
        while (k < known.Count && f < found.Count)
        {
            var order = known[k].OpenTime.CompareTo(found[f].OpenTime);
            if (order < 0)
            {
                k++;
                continue;
            }
            if (order > 0)
            {
                f++;
                continue;
            }
            var pair = new CandlePair(known[k++], found[f++]);
            common++;
            last = pair;
            if (!HaveSamePrices(pair.Known, pair.Found))
                different.Add(pair);
        }
        return new(common, last, different);
    }

    private static bool HaveSamePrices(in Candle one, in Candle other) => one with { Volume = other.Volume } == other;
}
