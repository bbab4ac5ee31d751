using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// What a book can lose within a horizon. Ratios are relative to the wallet. An unknown value is
/// NaN. Immutable.
/// </summary>
public sealed record PortfolioRisk
{
    /// <summary>The horizon.</summary>
    public required Horizon Horizon { get; init; }

    /// <summary>The oldest close among those whose forecasts are used; null for an empty
    /// book.</summary>
    public required Instant? AsOf { get; init; }

    /// <summary>The figures of the known positions together.</summary>
    public required BookFigures Book { get; init; }

    /// <summary>
    /// The interval of each loss of <see cref="Book"/>, from that of its table; NaN for a book in
    /// one market, whose tables have none.
    /// </summary>
    public required LossIntervals IntervalsAt95 { get; init; }

    /// <summary>The same at 99 %.</summary>
    public required LossIntervals IntervalsAt99 { get; init; }

    /// <summary>The sum of the absolute weights of the known positions.</summary>
    public required double Gross { get; init; }

    /// <summary>The sum of the weights of the known positions.</summary>
    public required double Net { get; init; }

    /// <summary>
    /// The volatilities of the markets' exposures added up: that of a book whose positions all move
    /// against it together.
    /// </summary>
    public required double AddedVolatility { get; init; }

    /// <summary>
    /// The square of <see cref="AddedVolatility"/> over the volatility: 1 when all is one bet. NaN
    /// when the volatility is 0.
    /// </summary>
    public required double IndependentBets { get; init; }

    /// <summary>The known positions, in the order of the request.</summary>
    public required IReadOnlyList<PositionRisk> Positions { get; init; }

    /// <summary>The positions that the figures leave out, in the order of the request, and a
    /// candidate that is not known.</summary>
    public required IReadOnlyList<UnknownPosition> Unknown { get; init; }

    /// <summary>The pairs of markets of the book whose correlation is assumed.</summary>
    public required IReadOnlyList<AssumedCorrelation> Assumed { get; init; }

    /// <summary>The markets outside the tested range of their coefficients.</summary>
    public required IReadOnlyList<MarketId> OutsideTestedRange { get; init; }

    /// <summary>
    /// Whether negative eigenvalues of the correlations were clipped. They are possible where
    /// histories have holes or correlations are assumed.
    /// </summary>
    public required bool IsClipped { get; init; }

    /// <summary>The id of the coefficients; null for an empty book.</summary>
    public required string? Coefficients { get; init; }

    /// <summary>Whether a forecast used coefficients that have seen its outcome.</summary>
    public required bool InSample { get; init; }

    /// <summary>The figures if all markets moved together: every correlation is 1.</summary>
    public required BookFigures AtCorrelationOne { get; init; }

    /// <summary>The book through past days, the oldest first.</summary>
    public required IReadOnlyList<StressResult> Stress { get; init; }

    /// <summary>The answer about the candidate; null without one or when it is unknown.</summary>
    public required CandidateRisk? Candidate { get; init; }
}

/// <summary>The volatility and the losses of a book, ratios of the wallet.</summary>
/// <param name="Volatility">The standard deviation of the log return over the horizon.</param>
/// <param name="Kind">Which table the losses come from.</param>
/// <param name="At95">The losses at 95 %.</param>
/// <param name="At99">The losses at 99 %.</param>
public sealed record BookFigures(double Volatility, BookKind Kind, BookLosses At95, BookLosses At99)
{
    /// <summary>Returns the losses at one of <see cref="LossTable.Levels"/>.</summary>
    public BookLosses Of(double level) => level == LossTable.Levels[0] ? At95 : At99;
}

/// <summary>
/// The losses at one level, positive ratios of the wallet; NaN when the coefficients have no table
/// of the horizon, or more than half of <see cref="PortfolioRisk.AddedVolatility"/> is outside the
/// tested range.
/// </summary>
/// <param name="ValueAtRisk">The loss that is not exceeded with the level's probability.</param>
/// <param name="ExpectedShortfall">The mean loss beyond it.</param>
public readonly record struct BookLosses(double ValueAtRisk, double ExpectedShortfall);

/// <summary>One position's part of the risk.</summary>
/// <param name="Position">The position.</param>
/// <param name="Market">The market that it is measured with.</param>
/// <param name="Share">Its part of the volatility; the shares add up to it. Below 0 for a
/// hedge.</param>
/// <param name="SharePercent">The share in percent of the volatility; NaN when that is 0.</param>
/// <param name="Closed">The figures of the book without it.</param>
/// <param name="Stop">The chances that its stop is touched; null without one.</param>
/// <param name="Liquidation">The chances that its liquidation price is touched; null without
/// one.</param>
public sealed record PositionRisk(
    Position Position,
    MarketId Market,
    double Share,
    double SharePercent,
    BookFigures Closed,
    TouchChances? Stop,
    TouchChances? Liquidation
);

/// <summary>
/// The probability that a price is touched at any time within a horizon, from the market's table of
/// falls or rises; 1 when it is reached already; NaN outside the tested range.
/// </summary>
/// <param name="FourHours">Within 4 hours.</param>
/// <param name="OneDay">Within 24 hours.</param>
public sealed record TouchChances(double FourHours, double OneDay);

/// <summary>A position that the figures leave out.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Weight">Its weight; NaN for a candidate without size.</param>
/// <param name="Reason">Why it is unknown.</param>
public sealed record UnknownPosition(Pair Pair, double Weight, UnknownReason Reason);

/// <summary>Why a position is unknown.</summary>
public enum UnknownReason
{
    /// <summary>No market of the pair is tracked.</summary>
    NotTracked,

    /// <summary>The market has no forecast, for example because it warms up.</summary>
    NoForecast,
}

/// <summary>Two markets whose correlation is assumed.</summary>
/// <param name="One">A market.</param>
/// <param name="Other">Another one.</param>
/// <param name="Value">The assumed correlation.</param>
/// <param name="Hours">The common hours so far.</param>
public sealed record AssumedCorrelation(MarketId One, MarketId Other, double Value, int Hours);

/// <summary>What a candidate would do to the book.</summary>
/// <param name="Market">The market that it is measured with.</param>
/// <param name="LargestSize">
/// The largest size, a ratio of the wallet, with which the value at risk of 95 % stays within the
/// limit; 0 when none does. NaN without a limit, or when the value at risk is unknown.
/// </param>
/// <param name="IsHedge">Whether a small size lowers the volatility of the book.</param>
/// <param name="After">The figures of the book with the candidate; null without a size.</param>
public sealed record CandidateRisk(MarketId Market, double LargestSize, bool IsHedge, BookFigures? After);

/// <summary>The book through a past day: the sum of weight times move of the known moves.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Change">The change of the wallet over the day, a ratio; NaN when no move is
/// known.</param>
/// <param name="AtLow">The change until the hour of the day at which BTC closed lowest.</param>
/// <param name="Moves">The move of each market of the book.</param>
public sealed record StressResult(DateOnly Day, double Change, double AtLow, IReadOnlyList<StressMove> Moves);

/// <summary>The move of a market on a past day.</summary>
/// <param name="Market">The market.</param>
/// <param name="Change">The return over the day, a ratio; NaN when it is unknown.</param>
/// <param name="AtLow">The return until BTC's lowest hour.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record StressMove(MarketId Market, double Change, double AtLow, MoveSource Source);

/// <summary>Where the move of a past day comes from.</summary>
public enum MoveSource
{
    /// <summary>It was measured.</summary>
    Measured,

    /// <summary>
    /// The coin did not trade then, or its candles are not known: the log return of BTC times the
    /// market's beta of now.
    /// </summary>
    Beta,

    /// <summary>Unknown: BTC is not tracked, so there is no beta.</summary>
    Unknown,
}
