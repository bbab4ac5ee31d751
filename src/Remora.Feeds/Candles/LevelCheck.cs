using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Refuses a series whose prices are at another level than the market's, until the exchange returns
/// to the known level, another exchange confirms the new level, or the operator accepts it.
/// </summary>
internal sealed class LevelCheck(MarketId market, LevelGate gate, SecondSources others, TimeProvider clock)
{
    private Task? _permission;

    /// <summary>Returns if the candle can follow the known one.</summary>
    /// <param name="exchange">The exchange that sent the candle.</param>
    /// <param name="known">The last known candle.</param>
    /// <param name="found">The candle after the gap, or the candle that the exchange now returns
    /// for the same time.</param>
    /// <param name="newest">The newest candle of the exchange.</param>
    /// <param name="recent">The known candles before it. They determine the price step.</param>
    /// <param name="cancellation">Cancels the check.</param>
    /// <exception cref="ExchangeException">The price level is refused.</exception>
    public async Task ConfirmAsync(
        ICandleSource exchange,
        Candle known,
        Candle found,
        Candle newest,
        IReadOnlyList<Candle> recent,
        CancellationToken cancellation
    )
    {
        if (
            !PriceLevel.Differs(known.Close, found.Close)
            || !PriceLevel.Differs(known.Close, found.Close, PriceLevel.StepOf(recent))
        )
            return;
        // Read before the check, so that an acceptance during the check ends the next wait.
        _permission = gate.Permission;
        if (gate.IsPermitted(exchange.Id, newest.Close))
        {
            Accept(exchange, newest, AcceptedPriceLevel.Operator);
            return;
        }
        if (await others.AgreeingAsync(exchange, known.Close, newest.Close, cancellation) is { } by)
        {
            Accept(exchange, newest, by);
            return;
        }
        throw new ExchangeException(
            ExchangeErrorKind.PriceLevel,
            Refuse(exchange, known, found, newest).Describe(market)
        );
    }

    /// <summary>
    /// Refuses a series outside a request, for example before a return to the market's own
    /// exchange.
    /// </summary>
    public RefusedPriceLevel Refuse(ICandleSource exchange, Candle known, Candle found, Candle newest)
    {
        var level = new RefusedPriceLevel(
            exchange.Id,
            known.Close,
            CloseOf(known),
            found.Close,
            CloseOf(found),
            newest.Close,
            clock.Now()
        );
        gate.Refuse(level);
        return level;
    }

    /// <summary>Ends the refusal: the exchange returns the known level.</summary>
    public void Settle(ICandleSource exchange) => gate.Settle(exchange.Id);

    /// <summary>
    /// Returns the task that completes when the operator accepts the last refused level, and clears
    /// it, so that it ends at most one wait.
    /// </summary>
    public Task? TakePermission()
    {
        var permission = _permission;
        _permission = null;
        return permission;
    }

    private void Accept(ICandleSource exchange, Candle newest, string by) =>
        gate.Accept(new(exchange.Id, newest.Close, by, clock.Now()));

    private Instant CloseOf(Candle candle) => candle.OpenTime + market.Timeframe.Length;
}
