using Remora.Backtest.Chance;
using Remora.Markets;

namespace Remora.Backtest.Portfolios;

/// <summary>How well forecasts of books met the outcomes, beside simpler ones.</summary>
/// <param name="From">The first moment of a forecast.</param>
/// <param name="Until">The end of the last outcome.</param>
/// <param name="Pairs">The pairs of the books.</param>
/// <param name="Coefficients">The ids of the fits that were used, the oldest first.</param>
/// <param name="Variances">The variances, at every full hour.</param>
/// <param name="Losses">The losses, over horizons that do not overlap, each with the table that was
/// known at its time.</param>
/// <param name="Sizes">Sizes by the forecasts, over days.</param>
public sealed record PortfolioEvaluation(
    Instant From,
    Instant Until,
    IReadOnlyList<string> Pairs,
    IReadOnlyList<string> Coefficients,
    IReadOnlyList<BookVarianceRow> Variances,
    IReadOnlyList<BookLossRow> Losses,
    IReadOnlyList<BookSizeRow> Sizes
);

/// <summary>One model's forecasts of the variance of one book.</summary>
/// <param name="Horizon">The horizon.</param>
/// <param name="Model">The model.</param>
/// <param name="Book">The book.</param>
/// <param name="Hours">The number of hours that are judged.</param>
/// <param name="R2">R² of the log of realised variance, after the mean error is removed.</param>
/// <param name="Qlike">The mean of x - ln x - 1, where x is realised over forecast
/// variance.</param>
/// <param name="Bias">The mean log of forecast over realised variance: above 0 when it is too
/// large.</param>
public sealed record BookVarianceRow(
    string Horizon,
    string Model,
    string Book,
    int Hours,
    double R2,
    double Qlike,
    double Bias
);

/// <summary>One model's value at risk and expected shortfall of one book.</summary>
/// <param name="Horizon">The horizon.</param>
/// <param name="Model">The model, with a table of its own.</param>
/// <param name="Book">The book.</param>
/// <param name="Level">The level.</param>
/// <param name="Periods">The number of horizons.</param>
/// <param name="Hits">The share of losses beyond the value at risk.</param>
/// <param name="KupiecP">The p-value that the share is as stated.</param>
/// <param name="Shortfall">The sum of the losses beyond the value at risk over the sum of the
/// expected shortfalls then: 1 when it is right, above 1 when losses are larger.</param>
/// <param name="Interval">Its 95 % interval.</param>
public sealed record BookLossRow(
    string Horizon,
    string Model,
    string Book,
    double Level,
    int Periods,
    double Hits,
    double KupiecP,
    double Shortfall,
    Interval Interval
);

/// <summary>
/// Random books that change daily, held for 24 hours, with sizes by one forecast: at most 2, and 1
/// on average, as large as a constant size on average.
/// </summary>
/// <param name="Books">Which books: <c>long</c> or <c>long and short</c>.</param>
/// <param name="Sizes">What the size is inversely proportional to; <c>constant</c> for
/// none.</param>
/// <param name="Days">The number of days.</param>
/// <param name="Shortfall">The mean loss of the worst twentieth of days, a ratio of the
/// wallet.</param>
/// <param name="Saved">The shortfall of the constant size minus this one.</param>
/// <param name="Interval">The 95 % interval of <paramref name="Saved"/>.</param>
/// <param name="Mean">The mean return of a day.</param>
/// <param name="EqualStake">The constant size with the same shortfall.</param>
/// <param name="EqualMean">The mean return of that size.</param>
public sealed record BookSizeRow(
    string Books,
    string Sizes,
    int Days,
    double Shortfall,
    double Saved,
    Interval Interval,
    double Mean,
    double EqualStake,
    double EqualMean
);
