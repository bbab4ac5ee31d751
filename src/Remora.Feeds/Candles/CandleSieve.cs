using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>What is left of a page of candles: closed and sound ones in ascending order, each open time once.</summary>
/// <param name="Candles">The candles.</param>
/// <param name="Refused">How many were refused for a fault of the exchange.</param>
/// <param name="InTheFuture">How many of these open later than now.</param>
internal readonly record struct SievedPage(List<Candle> Candles, int Refused, int InTheFuture);

/// <summary>The edge of the house: what an exchange sends becomes candles here or is refused and counted.</summary>
internal static class CandleSieve
{
    /// <summary>Sieves a page; candles before <paramref name="since"/> were not asked for and are dropped without a word.</summary>
    /// <param name="page">What the exchange sent.</param>
    /// <param name="timeframe">The timeframe that was asked for.</param>
    /// <param name="since">From when on.</param>
    /// <param name="settledBy">What closed later may have been still open when the exchange wrote its answer.</param>
    /// <param name="now">The present.</param>
    /// <param name="journal">Where faults are counted.</param>
    public static SievedPage Sieve(IReadOnlyList<Candle> page, Timeframe timeframe, Instant since, Instant settledBy, Instant now, FeedJournal journal)
    {
        var sound = new List<Candle>(page.Count);
        var (refused, future) = (0, 0);
        foreach (var candle in page)
        {
            var fault = candle.Check(timeframe, now);
            if (fault == CandleFault.NotClosed) continue; // the last one usually has not
            if (fault != CandleFault.None)
            {
                refused++;
                if (fault == CandleFault.InTheFuture) future++;
                journal.Refused(fault);
            }
            else if (candle.OpenTime >= since && candle.OpenTime + timeframe.Length <= settledBy)
            {
                sound.Add(candle);
            }
        }
        Order(sound, journal);
        return new(sound, refused, future);
    }

    private static void Order(List<Candle> candles, FeedJournal journal)
    {
        var falls = 0;
        var rises = 0;
        for (var i = 1; i < candles.Count; i++)
        {
            var order = candles[i].OpenTime.CompareTo(candles[i - 1].OpenTime);
            if (order < 0) falls++;
            else if (order > 0) rises++;
        }
        if (falls > 0 && rises == 0) candles.Reverse(); // some exchanges send the newest first
        else if (falls > 0)
        {
            journal.OutOfOrder(falls);
            var ordered = candles.OrderBy(candle => candle.OpenTime).ToArray(); // stable, unlike List.Sort: of duplicates the last stays last
            candles.Clear();
            candles.AddRange(ordered);
        }

        var kept = 0;
        for (var i = 0; i < candles.Count; i++)
        {
            if (kept > 0 && candles[kept - 1].OpenTime == candles[i].OpenTime) kept--; // the later word counts
            candles[kept++] = candles[i];
        }
        journal.Duplicates(candles.Count - kept);
        candles.RemoveRange(kept, candles.Count - kept);
    }
}
