using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Portfolios;

/// <summary>An open position of a book.</summary>
/// <param name="Pair">The pair. A pair may have several positions.</param>
/// <param name="Weight">The signed notional divided by the wallet, leverage included: above 0 for a
/// long position, below 0 for a short one. Finite, not 0.</param>
public sealed record Position(Pair Pair, double Weight)
{
    /// <summary>The price of its stop, above 0; null without one.</summary>
    public double? Stop { get; init; }

    /// <summary>The price at which it is liquidated, above 0; null without one.</summary>
    public double? Liquidation { get; init; }
}

/// <summary>A position that could be added to a book.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Side">The side.</param>
public sealed record Candidate(Pair Pair, Side Side)
{
    /// <summary>Its notional divided by the wallet, above 0; null to ask only how large it may
    /// be.</summary>
    public double? Size { get; init; }
}

/// <summary>What a book is measured with: a tracked market at its last close.</summary>
/// <param name="Market">The market.</param>
/// <param name="Forecast">Its forecast; null when there is none.</param>
/// <param name="Price">The last close; NaN when it is unknown.</param>
public sealed record PortfolioMarket(MarketId Market, Forecast? Forecast, double Price);

/// <summary>What to answer about a book.</summary>
/// <param name="Horizon">4 or 24 hours.</param>
public sealed record PortfolioQuestion(Horizon Horizon)
{
    /// <summary>The largest number of positions.</summary>
    public const int MostPositions = 200;

    /// <summary>The largest weight of a position.</summary>
    public const double LargestWeight = 1e9;

    /// <summary>The value at risk of 95 % that the book should keep, a ratio of the wallet above 0;
    /// null for none.</summary>
    public double? Limit { get; init; }

    /// <summary>A position that could be added; null for none.</summary>
    public Candidate? Candidate { get; init; }
}
