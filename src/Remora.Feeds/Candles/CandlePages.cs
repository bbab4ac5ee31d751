using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>Requests candles of one market from one exchange, and refuses those that cannot be.</summary>
internal sealed class CandlePages(MarketId market, Venue venue, MarketFeedOptions options, FeedJournal journal, TimeProvider clock)
{
    /// <summary>How often a page with faulty candles is requested again before the rest of it is taken.</summary>
    private const int Repeats = 2;

    private int _repeats;

    /// <summary>Whether the last page had the base candle that was open then.</summary>
    public bool HadOpenCandle { get; private set; }

    /// <summary>Whether any page had: some exchanges give closed candles only.</summary>
    public bool GivesOpenCandles { get; private set; }

    /// <summary>The closed candles of a page, ascending, each open time once.</summary>
    /// <exception cref="ExchangeException">There is no answer, or one that makes no sense.</exception>
    public async Task<List<Candle>> RequestAsync(Timeframe timeframe, Instant since, int limit, Urgency urgency, CancellationToken cancellation)
    {
        var requested = clock.Now();
        journal.TriesNextAt(requested);
        var page = await venue.Source.CandlesAsync(new(venue.Pair, timeframe, since, limit, urgency), cancellation);
        var sieved = CandleSieve.Sieve(page, timeframe, since, requested - options.PollDelay, clock.Now(), journal);
        if (sieved.InTheFuture > 0)
        {
            // Then the times of the others cannot be relied on either, however sound they look.
            throw new ExchangeException(ExchangeErrorKind.BadResponse, $"{venue.Source.Id} sent candles of {venue.Pair} that open in the future: its clock or this machine's is wrong");
        }
        if (sieved.Refused > 0 && (sieved.Candles.Count == 0 || _repeats < Repeats))
        {
            // Most faults are gone a moment later; taking what is left at once would make them holes for ever.
            _repeats++;
            throw new ExchangeException(ExchangeErrorKind.BadResponse, $"{venue.Source.Id} sent {sieved.Refused} faulty candles of {page.Count} for {venue.Pair}");
        }
        if (timeframe == market.Timeframe)
        {
            HadOpenCandle = page.Any(candle => candle.OpenTime <= clock.Now() && candle.OpenTime + timeframe.Length > requested);
            GivesOpenCandles |= HadOpenCandle;
        }
        return sieved.Candles;
    }

    /// <summary>The page was taken.</summary>
    public void Taken()
    {
        _repeats = 0;
        journal.Succeeded();
    }
}
