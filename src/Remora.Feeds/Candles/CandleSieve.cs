using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// The usable candles of a page: closed and valid, in ascending order, each open time once.
/// </summary>
/// <param name="Candles">The candles.</param>
/// <param name="Refused">How many candles were refused because of a fault of the exchange.</param>
/// <param name="InTheFuture">How many of the refused candles open later than now.</param>
internal readonly record struct SievedPage(List<Candle> Candles, int Refused, int InTheFuture);

/// <summary>
/// Validates the candles that an exchange sends. Counts the candles that it refuses.
/// </summary>
internal static class CandleSieve
{
    /// <summary>
    /// Filters a page. Drops candles before <paramref name="since"/>, which were not requested,
    /// without counting them.
    /// </summary>
    /// <param name="page">The candles that the exchange sent.</param>
    /// <param name="timeframe">The requested timeframe.</param>
    /// <param name="since">The first requested open time.</param>
    /// <param name="settledBy">A candle that closed later may still have been open when the
    /// exchange wrote its response.</param>
    /// <param name="now">The current time.</param>
    /// <param name="health">Counts the faults.</param>
    public static SievedPage Sieve(
        IReadOnlyList<Candle> page,
        Timeframe timeframe,
        Instant since,
        Instant settledBy,
        Instant now,
        FeedHealthTracker health
    )
    {
        var sound = new List<Candle>(page.Count);
        var (refused, future) = (0, 0);
        foreach (var candle in page)
        {
            var fault = candle.Check(timeframe, now);
            if (fault == CandleFault.NotClosed)
                continue; // the last candle is usually still open
            if (fault != CandleFault.None)
            {
                refused++;
                if (fault == CandleFault.InTheFuture)
                    future++;
                health.Refused(fault);
            }
            else if (candle.OpenTime >= since && candle.OpenTime + timeframe.Length <= settledBy)
            {
                sound.Add(candle);
            }
        }
        Order(sound, health);
        return new(sound, refused, future);
    }

    private static void Order(List<Candle> candles, FeedHealthTracker health)
    {
        var falls = 0;
        var rises = 0;
        for (var i = 1; i < candles.Count; i++)
        {
            var order = candles[i].OpenTime.CompareTo(candles[i - 1].OpenTime);
            if (order < 0)
                falls++;
            else if (order > 0)
                rises++;
        }
        if (falls > 0 && rises == 0)
            candles.Reverse(); // some exchanges send the newest first
        else if (falls > 0)
        {
            health.OutOfOrder(falls);
            // Stable, unlike List.Sort: the last of several duplicates stays last.
            var ordered = candles.OrderBy(candle => candle.OpenTime).ToArray();
            candles.Clear();
            candles.AddRange(ordered);
        }

        var kept = 0;
        for (var i = 0; i < candles.Count; i++)
        {
            // The later duplicate wins.
            if (kept > 0 && candles[kept - 1].OpenTime == candles[i].OpenTime)
                kept--;
            candles[kept++] = candles[i];
        }
        health.Duplicates(candles.Count - kept);
        candles.RemoveRange(kept, candles.Count - kept);
    }
}
