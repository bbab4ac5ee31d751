using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>A candle as it was known and as the exchange gives it now.</summary>
internal readonly record struct CandlePair(Candle Known, Candle Found);

/// <summary>Two lists of candles of one market, compared where both have a candle of the same time.</summary>
/// <param name="Common">How many times both have.</param>
/// <param name="Last">The last of these; null where there is none.</param>
/// <param name="Different">Those with other prices, in ascending order. The volume is not compared: exchanges count trades that come late.</param>
internal sealed record CandleComparison(int Common, CandlePair? Last, IReadOnlyList<CandlePair> Different)
{
    /// <summary>Compares; both lists ascend.</summary>
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
            if (!HaveSamePrices(pair.Known, pair.Found)) different.Add(pair);
        }
        return new(common, last, different);
    }

    private static bool HaveSamePrices(in Candle one, in Candle other) => one with { Volume = other.Volume } == other;
}
