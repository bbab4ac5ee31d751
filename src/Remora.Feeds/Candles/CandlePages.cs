using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>Requests candles of one market from one exchange and rejects invalid ones.</summary>
internal sealed class CandlePages(
    MarketId market,
    CandleExchange exchange,
    MarketFeedOptions options,
    FeedHealthTracker health,
    TimeProvider clock
)
{
    /// <summary>
    /// How often a page with faulty candles is requested again before its valid candles are used.
    /// </summary>
    private const int Repeats = 2;

    private int _repeats;
    private Instant? _doubtedSince;

    /// <summary>Whether the last page contained the open base candle.</summary>
    public bool HadOpenCandle { get; private set; }

    /// <summary>
    /// Whether any page contained an open candle. Some exchanges return closed candles only.
    /// </summary>
    public bool GivesOpenCandles { get; private set; }

    /// <summary>
    /// Returns the closed candles of a page in ascending order, each open time once.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    public async Task<List<Candle>> RequestAsync(
        Timeframe timeframe,
        Instant since,
        int limit,
        Urgency urgency,
        CancellationToken cancellation
    )
    {
        var requested = clock.Now();
        health.TriesNextAt(requested);
        var page = await exchange.Source.CandlesAsync(
            new(exchange.Pair, timeframe, since, limit, urgency),
            cancellation
        );
        var sieved = CandleSieve.Sieve(page, timeframe, since, requested - options.PollDelay, clock.Now(), health);
        if (sieved.InTheFuture > 0)
        {
            // The times of the other candles are then unreliable too, even if they look valid.
            throw new ExchangeException(
                ExchangeErrorKind.BadResponse,
                $"{exchange.Source.Id} sent candles of {exchange.Pair} that open in the future: its clock or this "
                    + $"machine's is wrong"
            );
        }
        if (sieved.Refused > 0 && (sieved.Candles.Count == 0 || _repeats < Repeats))
        {
            // Most faults are transient. Using the valid candles at once would turn the faulty ones
            // into permanent gaps.
            _repeats++;
            throw new ExchangeException(
                ExchangeErrorKind.BadResponse,
                $"{exchange.Source.Id} sent {sieved.Refused} invalid candles of {page.Count} for {exchange.Pair}"
            );
        }
        if (timeframe == market.Timeframe)
        {
            HadOpenCandle = page.Any(candle =>
                candle.OpenTime <= clock.Now() && candle.OpenTime + timeframe.Length > requested
            );
            GivesOpenCandles |= HadOpenCandle;
        }
        return sieved.Candles;
    }

    /// <summary>
    /// Returns the candle that opened at a time, while it is open; null if the exchange does not
    /// return it, or an invalid one.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    public async Task<Candle?> UnfinishedAsync(Instant open, CancellationToken cancellation)
    {
        // The closed candle before it, as exchanges differ in whether the start of a window counts.
        var page = await exchange.Source.CandlesAsync(
            new(exchange.Pair, market.Timeframe, open - market.Timeframe.Length, 2, Urgency.Unfinished),
            cancellation
        );
        var now = clock.Now();
        foreach (var candle in page)
            if (candle.OpenTime == open && candle.Check(market.Timeframe, now) == CandleFault.NotClosed)
                return candle;
        return null;
    }

    /// <summary>
    /// Returns whether the exchange has the open candle, and therefore the right times. An exchange
    /// that never returns open candles cannot prove it: it is trusted if it repeats its response
    /// for long enough.
    /// </summary>
    public async Task<bool> ProveTimesAsync(CancellationToken cancellation)
    {
        var since = clock.Now().Floor(market.Timeframe.Length) - (market.Timeframe.Length * 2);
        await RequestAsync(market.Timeframe, since, 4, Urgency.Fresh, cancellation);
        if (HadOpenCandle)
            return true;
        _doubtedSince ??= clock.Now();
        return !GivesOpenCandles && clock.Now() - _doubtedSince >= options.ContradictionTimeout;
    }

    /// <summary>Ends a doubt about the times of the exchange.</summary>
    public void DoubtEnds() => _doubtedSince = null;

    /// <summary>Confirms that the page was used.</summary>
    public void Taken()
    {
        _repeats = 0;
        health.Succeeded();
    }
}
