using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Api.Portfolios;

/// <summary>A book whose risk is asked for.</summary>
public sealed record PortfolioRequest
{
    /// <summary>
    /// The money that the ratios of the answer relate to, in the currency of the notionals: the
    /// balance, open positions included.
    /// </summary>
    public double? Wallet { get; init; }

    /// <summary>How far the answer looks ahead: 4h or 24h; 24h by default.</summary>
    public Horizon? Horizon { get; init; }

    /// <summary>The open positions, at most 200. A pair may stand several times.</summary>
    public IReadOnlyList<PositionRequest>? Positions { get; init; }

    /// <summary>
    /// The highest value at risk at 95 % that the book shall have, a ratio of the wallet: 0.04 for
    /// 4 %. With it, the answer says how large the candidate may be.
    /// </summary>
    public double? Limit { get; init; }

    /// <summary>
    /// A position that might be added. Without a size, the answer says only how large it may be.
    /// </summary>
    public PositionRequest? Candidate { get; init; }
}

/// <summary>
/// One position. Its size is `notional`, or `amount` times `price` times `leverage`.
/// </summary>
public sealed record PositionRequest
{
    /// <summary>The pair. A perpetual that is not tracked moves as its spot market.</summary>
    public Pair? Pair { get; init; }

    /// <summary>The direction; long by default.</summary>
    public Side? Side { get; init; }

    /// <summary>The value of the position, leverage included.</summary>
    public double? Notional { get; init; }

    /// <summary>The amount of the base currency, before leverage.</summary>
    public double? Amount { get; init; }

    /// <summary>
    /// The present price, also for the distance of stop and liquidation; the last close by default.
    /// </summary>
    public double? Price { get; init; }

    /// <summary>Multiplies the amount; 1 by default. A notional includes it already.</summary>
    public double? Leverage { get; init; }

    /// <summary>The price of the stop.</summary>
    public double? StopPrice { get; init; }

    /// <summary>The price at which the exchange liquidates the position.</summary>
    public double? LiquidationPrice { get; init; }
}
