using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;

namespace Remora.Server.Api.Portfolios;

/// <summary>
/// What all positions of a book can lose together. Ratios are relative to the wallet, losses are
/// positive. The figures are those of the positions whose pairs have a forecast.
/// </summary>
/// <param name="Summary">The main figures in a sentence.</param>
/// <param name="AsOf">The oldest close that the figures are based on.</param>
/// <param name="Horizon">How far the figures look ahead.</param>
/// <param name="Wallet">The wallet of the request.</param>
/// <param name="Book">The kind of the book, whose table of past losses is used. A book in one
/// market has the figures of its forecast.</param>
/// <param name="GrossExposure">The sum of all positions, a ratio.</param>
/// <param name="NetExposure">Longs less shorts, a ratio.</param>
/// <param name="Volatility">Expected size of the move of the book, a ratio.</param>
/// <param name="ValueAtRisk">The loss at the end of the horizon that is not exceeded with a
/// probability of 95 and 99 %. Null while most of the risk is outside the tested range.</param>
/// <param name="ExpectedShortfall">The mean loss beyond the value at risk of 95 and 99 %.</param>
/// <param name="Intervals">The 95 % intervals of these losses, by level; null for a book in one
/// market.</param>
/// <param name="Money">The same figures in the currency of the wallet.</param>
/// <param name="AddedVolatility">The volatilities of all positions added up: that of a book whose
/// positions all move against it together.</param>
/// <param name="IndependentBets">The square of that sum over the volatility: 1 if all positions are
/// one bet. Null for a book that does not move.</param>
/// <param name="Limit">The limit of the request; null without one.</param>
/// <param name="OverLimit">Whether the value at risk at 95 % is above the limit; null without a
/// limit, or if it is unknown.</param>
/// <param name="Positions">The positions that are counted, in the order of the request.</param>
/// <param name="Candidate">What the candidate would do; null without one, or if its pair is
/// unknown.</param>
/// <param name="Unknown">The positions that are not counted, and a candidate that is
/// unknown.</param>
/// <param name="Stress">What the book would gain or lose on named days, and its value at risk if
/// all coins moved together.</param>
/// <param name="AssumedCorrelations">The markets whose correlation is assumed, because they have
/// fewer than 200 common hours.</param>
/// <param name="OutsideTestedRange">The pairs that are unlike the markets that forecasts were
/// fitted on.</param>
/// <param name="Coefficients">Id of the coefficients.</param>
/// <param name="InSample">Whether the coefficients were fitted on data that includes this
/// moment.</param>
/// <param name="Notes">What the figures do not contain, in sentences.</param>
public sealed record PortfolioAnswer(
    string Summary,
    Instant? AsOf,
    Horizon Horizon,
    double Wallet,
    BookKind Book,
    double GrossExposure,
    double NetExposure,
    double Volatility,
    IReadOnlyDictionary<string, double> ValueAtRisk,
    IReadOnlyDictionary<string, double> ExpectedShortfall,
    IReadOnlyDictionary<string, IntervalsAnswer>? Intervals,
    FiguresAnswer Money,
    double AddedVolatility,
    double IndependentBets,
    double? Limit,
    bool? OverLimit,
    IReadOnlyList<PositionAnswer> Positions,
    CandidateAnswer? Candidate,
    IReadOnlyList<UnknownAnswer> Unknown,
    IReadOnlyList<StressAnswer> Stress,
    IReadOnlyList<CorrelationAnswer> AssumedCorrelations,
    IReadOnlyList<Pair> OutsideTestedRange,
    string? Coefficients,
    bool InSample,
    IReadOnlyList<string> Notes
);

/// <summary>The figures of a book.</summary>
/// <param name="Volatility">Expected size of the move.</param>
/// <param name="ValueAtRisk">The loss that is not exceeded with a probability of 95 and
/// 99 %.</param>
/// <param name="ExpectedShortfall">The mean loss beyond it.</param>
public sealed record FiguresAnswer(
    double Volatility,
    IReadOnlyDictionary<string, double> ValueAtRisk,
    IReadOnlyDictionary<string, double> ExpectedShortfall
);

/// <summary>The 95 % intervals of two losses, ratios of the wallet.</summary>
/// <param name="ValueAtRisk">Low and high end of the value at risk.</param>
/// <param name="ExpectedShortfall">Low and high end of the expected shortfall.</param>
public sealed record IntervalsAnswer(IReadOnlyList<double> ValueAtRisk, IReadOnlyList<double> ExpectedShortfall);

/// <summary>A position within its book.</summary>
/// <param name="Pair">The pair of the request.</param>
/// <param name="Market">The pair whose market is used: the same, or the spot market of a perpetual
/// that is not tracked.</param>
/// <param name="Side">The direction.</param>
/// <param name="Notional">The value, leverage included.</param>
/// <param name="Exposure">The value as a ratio of the wallet, below 0 for a short.</param>
/// <param name="Volatility">The forecast of the pair alone: the size of its move, a ratio of its
/// price.</param>
/// <param name="Share">Its share of the volatility of the book, below 0 for a hedge. All shares add
/// up to the volatility.</param>
/// <param name="SharePercent">The share in percent of the volatility; null for a book that does not
/// move.</param>
/// <param name="Without">The book when the position is closed, ratios of the wallet.</param>
/// <param name="Stop">The chance that the stop is touched; null without one.</param>
/// <param name="Liquidation">The chance of a liquidation; null without its price.</param>
/// <param name="Stale">Whether the last candle is older than the policy allows.</param>
public sealed record PositionAnswer(
    Pair Pair,
    Pair Market,
    Side Side,
    double Notional,
    double Exposure,
    double Volatility,
    double Share,
    double SharePercent,
    FiguresAnswer Without,
    TouchAnswer? Stop,
    TouchAnswer? Liquidation,
    bool Stale
);

/// <summary>The chance that a price is touched.</summary>
/// <param name="Price">The price.</param>
/// <param name="Probability">The chance that it is touched within 4 and 24 hours: `4h` and `24h`; 1
/// if it is reached already, null outside the tested range.</param>
public sealed record TouchAnswer(double Price, IReadOnlyDictionary<string, double> Probability);

/// <summary>What a position that might be added would do.</summary>
/// <param name="Pair">The pair of the request.</param>
/// <param name="Market">The pair whose market is used.</param>
/// <param name="Side">The direction.</param>
/// <param name="Notional">Its value; null if the request has none.</param>
/// <param name="IsHedge">Whether a small position lowers the volatility of the book.</param>
/// <param name="LargestNotional">The largest value with which the value at risk at 95 % stays
/// within the limit; 0 if none does. Null without a limit, or if the value at risk is
/// unknown.</param>
/// <param name="Fits">Whether the value at risk stays within the limit with the value of the
/// request; null without one of the two.</param>
/// <param name="With">The book with the candidate, ratios of the wallet; null without its
/// value.</param>
public sealed record CandidateAnswer(
    Pair Pair,
    Pair Market,
    Side Side,
    double? Notional,
    bool IsHedge,
    double LargestNotional,
    bool? Fits,
    FiguresAnswer? With
);

/// <summary>A position that is not counted.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exposure">Its value as a ratio of the wallet, below 0 for a short; null if the
/// request does not tell.</param>
/// <param name="Reason">Why.</param>
public sealed record UnknownAnswer(Pair Pair, double Exposure, UnknownReason Reason);

/// <summary>What the book would gain or lose.</summary>
/// <param name="Name">The day, such as `2020-03-12`, or `correlation_one`: the value at risk at
/// 95 % if all coins moved together.</param>
/// <param name="Return">The gain or loss, a ratio of the wallet, below 0 for a loss; null if no
/// move is known.</param>
/// <param name="ReturnAtLow">The same until the hour in which BTC closed lowest on that
/// day.</param>
/// <param name="Money">The gain or loss in the currency of the wallet.</param>
/// <param name="ByBeta">The pairs without a move of that day: they move as BTC times their
/// beta.</param>
/// <param name="Unknown">The pairs whose move is unknown, because BTC is not tracked.</param>
public sealed record StressAnswer(
    string Name,
    double Return,
    double ReturnAtLow,
    double Money,
    IReadOnlyList<Pair> ByBeta,
    IReadOnlyList<Pair> Unknown
);

/// <summary>The correlation of two markets.</summary>
/// <param name="Pairs">The two pairs.</param>
/// <param name="Correlation">The correlation, [-1, 1].</param>
/// <param name="Hours">The common hours so far.</param>
/// <param name="Assumed">Whether it is assumed instead of measured.</param>
public sealed record CorrelationAnswer(IReadOnlyList<Pair> Pairs, double Correlation, int Hours, bool Assumed);

/// <summary>The correlations of the tracked pairs.</summary>
/// <param name="AsOf">The end of the newest hour that counts; null before the first.</param>
/// <param name="HalfLifeHours">The age at which an hour counts half as much.</param>
/// <param name="EnoughHours">The common hours from which a correlation is measured instead of
/// assumed.</param>
/// <param name="Pairs">The pairs, the order of rows and columns.</param>
/// <param name="Correlations">The matrix by rows; 1 on the diagonal.</param>
/// <param name="Hours">The common hours of each two pairs, in the same order; 0 on the
/// diagonal.</param>
/// <param name="Assumed">Whether each correlation is assumed, in the same order.</param>
public sealed record CorrelationList(
    Instant? AsOf,
    int HalfLifeHours,
    int EnoughHours,
    IReadOnlyList<Pair> Pairs,
    IReadOnlyList<IReadOnlyList<double>> Correlations,
    IReadOnlyList<IReadOnlyList<int>> Hours,
    IReadOnlyList<IReadOnlyList<bool>> Assumed
);
