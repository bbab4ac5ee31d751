using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Looks at the unfinished candle of a market between closes. The answer is neither needed nor
/// proof that the exchange works, so that a failure changes nothing: the next poll decides.
/// </summary>
internal sealed class UnfinishedCandles(
    MarketId market,
    PollSchedule polls,
    CandlePages pages,
    RecentCandles recent,
    FeedHealthTracker health,
    TimeProvider clock
)
{
    /// <summary>
    /// Waits for the next look and sends what it sees. Returns false at once if none is due before
    /// a time.
    /// </summary>
    /// <param name="open">The open time of the candle.</param>
    /// <param name="until">The time of the next task of the session.</param>
    /// <param name="events">Receives the candle.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<bool> LookAsync(
        Instant open,
        Instant until,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        if (polls.NextLook(open, clock.Now()) is not { } look || look >= until)
            return false;
        health.TriesNextAt(look);
        await clock.UntilAsync(look, null, cancellation);
        try
        {
            // Prices of another level are confirmed when the candle has closed.
            if (
                await pages.UnfinishedAsync(open, cancellation) is { } candle
                && !(recent.Last is { } known && PriceLevel.Differs(known.Close, candle.Close))
            )
                await events.WriteAsync(MarketEvent.Unfinished(market, candle, clock.Now()), cancellation);
        }
        catch (ExchangeException)
        {
            // The next look is a whole interval later, and the gate keeps the pauses that an
            // exchange wants.
        }
        return true;
    }
}
