using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Other exchanges with the same pair, which confirm a new price level: the feeds of the service's
/// other markets, and the fallbacks of this exchange.
/// </summary>
internal sealed class SecondSources(
    MarketId market,
    IReadOnlyList<CandleExchange> exchanges,
    MarketFeedOptions options,
    TimeProvider clock
)
{
    /// <summary>
    /// Returns the exchange whose newest close is at the offered level and nearer to it than to the
    /// known one; null if no exchange agrees.
    /// </summary>
    /// <param name="asking">The exchange that offers the level.</param>
    /// <param name="known">The last known close.</param>
    /// <param name="offered">The newest offered close.</param>
    /// <param name="cancellation">Cancels the requests.</param>
    public async Task<string?> AgreeingAsync(
        ICandleSource asking,
        double known,
        double offered,
        CancellationToken cancellation
    )
    {
        bool Agrees(double close) =>
            !PriceLevel.Differs(offered, close) && PriceLevel.IsNearer(close, to: offered, than: known);
        var now = clock.Now();
        foreach (var feed in options.OtherFeeds?.Invoke(market) ?? [])
        {
            if (feed.Exchange == asking.Id || feed is not { LastPrice: { } price, LastCandleClose: { } close })
                continue;
            if (now - close <= feed.Market.Timeframe.Length * (options.StaleAfterCandles + 1) && Agrees(price))
                return feed.Exchange;
        }
        foreach (var exchange in exchanges)
            if (
                exchange.Source.Id != asking.Id
                && await NewestCloseAsync(exchange, now, cancellation) is { } close
                && Agrees(close)
            )
                return exchange.Source.Id;
        return null;
    }

    private async Task<double?> NewestCloseAsync(CandleExchange exchange, Instant now, CancellationToken cancellation)
    {
        var timeframe = market.Timeframe;
        var count = options.StaleAfterCandles + 1;
        var since = now.Floor(timeframe.Length) - (timeframe.Length * count);
        try
        {
            var page = await exchange.Source.CandlesAsync(
                new(exchange.Pair, timeframe, since, count + 1, Urgency.Fresh),
                cancellation
            );
            var closed = page.Where(candle =>
                    candle.OpenTime >= since && candle.Check(timeframe, clock.Now()) == CandleFault.None
                )
                .ToList();
            return closed.Count > 0 ? closed.MaxBy(candle => candle.OpenTime.UnixMilliseconds).Close : null;
        }
        catch (ExchangeException)
        {
            return null; // unavailable now
        }
    }
}
