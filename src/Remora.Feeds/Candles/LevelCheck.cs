using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Refuses a series whose prices are at another level than the market's, until the exchange gives the known level again, another
/// exchange agrees with the new one, or the operator accepts it.
/// </summary>
internal sealed class LevelCheck(MarketId market, LevelGate gate, SecondSources others, TimeProvider clock)
{
    private Task? _permission;

    /// <summary>Returns when the candle may follow the known one.</summary>
    /// <param name="exchange">Who gives it.</param>
    /// <param name="known">The last known candle.</param>
    /// <param name="found">The candle after the gap, or the one that the exchange now gives for the same time.</param>
    /// <param name="newest">The newest candle of the exchange.</param>
    /// <param name="recent">What is known before, from which the price step is read.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ExchangeException">It may not.</exception>
    public async Task ConfirmAsync(ICandleSource exchange, Candle known, Candle found, Candle newest, IReadOnlyList<Candle> recent, CancellationToken cancellation)
    {
        if (!PriceLevel.Differs(known.Close, found.Close) || !PriceLevel.Differs(known.Close, found.Close, PriceLevel.StepOf(recent))) return;
        _permission = gate.Permission; // before the look: a permission in between ends the wait for the next
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
        throw new ExchangeException(ExchangeErrorKind.PriceLevel, Refuse(exchange, known, found, newest).Describe(market));
    }

    /// <summary>Refuses without a request in hand, such as an exchange that would be returned to.</summary>
    public RefusedPriceLevel Refuse(ICandleSource exchange, Candle known, Candle found, Candle newest)
    {
        var level = new RefusedPriceLevel(exchange.Id, known.Close, CloseOf(known), found.Close, CloseOf(found), newest.Close, clock.Now());
        gate.Refuse(level);
        return level;
    }

    /// <summary>The exchange gives the known level.</summary>
    public void Settle(ICandleSource exchange) => gate.Settle(exchange.Id);

    /// <summary>Completes when the operator accepts what was refused last; a wait may end with it once.</summary>
    public Task? TakePermission()
    {
        var permission = _permission;
        _permission = null;
        return permission;
    }

    private void Accept(ICandleSource exchange, Candle newest, string by) => gate.Accept(new(exchange.Id, newest.Close, by, clock.Now()));

    private Instant CloseOf(Candle candle) => candle.OpenTime + market.Timeframe.Length;
}
