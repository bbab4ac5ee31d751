using System.Collections.Immutable;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Forecasts;

/// <summary>
/// One fit of the model <c>remora-2</c>: all fitted numbers, what they were fitted on, and the day
/// from which a forecast can use them without looking ahead. Immutable.
/// </summary>
public sealed record ForecastCoefficients
{
    /// <summary>The name of the model.</summary>
    public const string Model = "remora-2";

    private string? _id;

    /// <summary>Creates coefficients.</summary>
    public ForecastCoefficients() { }

    // Without the id, which a changed copy must compute again.
    private ForecastCoefficients(ForecastCoefficients original)
    {
        ValidFrom = original.ValidFrom;
        TrainedOn = original.TrainedOn;
        Horizons = original.Horizons;
        Range = original.Range;
        Portfolio = original.Portfolio;
    }

    /// <summary>
    /// The first moment whose forecasts may use this fit, a midnight in UTC. Every label of the fit
    /// was known before it.
    /// </summary>
    public required Instant ValidFrom { get; init; }

    /// <summary>What the numbers were fitted on and how, for people.</summary>
    public required string TrainedOn { get; init; }

    /// <summary>The numbers of each horizon, in the order of <see cref="Horizon.All"/>.</summary>
    public required ImmutableArray<HorizonCoefficients> Horizons { get; init; }

    /// <summary>The range of markets that the fit has seen.</summary>
    public required TestedRange Range { get; init; }

    /// <summary>
    /// The tables of books, fitted on data before <see cref="ValidFrom"/>; null in files that have
    /// none. They are not part of <see cref="Id"/>, as no forecast of a market depends on them.
    /// </summary>
    public PortfolioTables? Portfolio { get; init; }

    /// <summary>
    /// The day of <see cref="ValidFrom"/> and the first twelve digits of the hash of all numbers
    /// but those of <see cref="Portfolio"/>, such as <c>2025-07-01-0123456789ab</c>. Two fits with
    /// the same id make equal forecasts.
    /// </summary>
    public string Id => _id ??= CoefficientsFile.IdOf(this);

    /// <summary>The numbers of one horizon.</summary>
    public HorizonCoefficients this[Horizon horizon] => Horizons[horizon.Index];
}

/// <summary>
/// The fitted numbers of one horizon. The log of the expected variance per 5 minutes is
/// <c>level + intercept + season + sum of coefficient times bounded input</c>.
/// </summary>
public sealed record HorizonCoefficients
{
    /// <summary>The number of hours in a week, Monday 00 UTC first.</summary>
    public const int WeekHours = 168;

    /// <summary>
    /// The number of inputs with bounds, the first of <see cref="ForecastInput"/>.
    /// </summary>
    public const int BoundedInputs = 11;

    /// <summary>The number of inputs.</summary>
    public const int Inputs = 16;

    /// <summary>The constant addend.</summary>
    public required double Intercept { get; init; }

    /// <summary>The coefficients, in the order of <see cref="ForecastInput"/>.</summary>
    public required ImmutableArray<double> Betas { get; init; }

    /// <summary>
    /// The bounds of the first eleven inputs, in the order of <see cref="ForecastInput"/>. The
    /// other inputs are bounded by nature.
    /// </summary>
    public required ImmutableArray<ClipBounds> Clips { get; init; }

    /// <summary>
    /// The standard deviations that the fit divides the first twelve inputs by. A forecast does not
    /// use them.
    /// </summary>
    public required ImmutableArray<double> Scales { get; init; }

    /// <summary>
    /// The addend of each hour of the week of the decision, from Monday 00 UTC; linear in between.
    /// </summary>
    public required ImmutableArray<double> HourOfWeek { get; init; }

    /// <summary>
    /// The log of the ratio of the mean variance to the forecast variance. A forecast of variance
    /// (not of its usual size) is multiplied by its exponential.
    /// </summary>
    public required double Smear { get; init; }

    /// <summary>Standard deviation of the log of variance around its forecast.</summary>
    public required double ResidualDeviation { get; init; }

    /// <summary>The deepest fall below the close, in forecast standard deviations.</summary>
    public required ResidualTable Falls { get; init; }

    /// <summary>The highest rise above the close, in forecast standard deviations.</summary>
    public required ResidualTable Rises { get; init; }

    /// <summary>The upper half of the log return, in forecast standard deviations.</summary>
    public required ResidualTable HighReturns { get; init; }

    /// <summary>
    /// The lower half of the log return, in forecast standard deviations and with the sign turned
    /// round, so that losses are positive.
    /// </summary>
    public required ResidualTable LowReturns { get; init; }

    /// <summary>Returns the addend of the hour of the week at a moment.</summary>
    public double Season(Instant time)
    {
        const long hour = 3_600_000;
        // Year 1 began on a Monday. Integers, as the remainder of doubles is slow.
        var passed = time.UnixMilliseconds - Instant.MinValue.UnixMilliseconds;
        var whole = (int)(passed / hour % WeekHours);
        var part = passed % hour / (double)hour;
        var table = HourOfWeek.AsSpan();
        return (table[whole] * (1 - part)) + (table[whole + 1 == WeekHours ? 0 : whole + 1] * part);
    }
}

/// <summary>The bounds of an input: values outside are replaced by the nearer bound.</summary>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound; not below <paramref name="Low"/>.</param>
public readonly record struct ClipBounds(double Low, double High)
{
    /// <summary>Returns the value, or the nearer bound.</summary>
    public double Clip(double value) =>
        value < Low ? Low
        : value > High ? High
        : value;
}

/// <summary>The inputs of the model, in the order of the coefficients.</summary>
public enum ForecastInput
{
    /// <summary>Log of the mean squared range over 20 minutes, minus the level.</summary>
    Pk20m,

    /// <summary>Mean log of the squared range over one hour, minus the level.</summary>
    Lg1h,

    /// <summary>Log of the mean squared range over one day, minus the level.</summary>
    Pk1d,

    /// <summary>Log of the mean squared range over 30 days, minus the level.</summary>
    Pk30d,

    /// <summary>Log of the kurtosis of returns over 8 hours.</summary>
    Rq8h,

    /// <summary>Log of the kurtosis of returns over 10 days.</summary>
    Rq10d,

    /// <summary>Size of the trend over one hour, in standard deviations.</summary>
    Za1h,

    /// <summary>Size of the trend over 8 hours, in standard deviations.</summary>
    Za8h,

    /// <summary>Size of the trend over 3 days, in standard deviations.</summary>
    Za3d,

    /// <summary>The downward trend over one day, in standard deviations, 0 or less.</summary>
    Zn1d,

    /// <summary>Mean error of the model's own forecasts for one hour, half-life one day.</summary>
    Own1d,

    /// <summary>The hour of the week times <see cref="Pk20m"/>.</summary>
    SeasonPk,

    /// <summary>1 if US consumer prices are released within the horizon.</summary>
    Cpi,

    /// <summary>1 if the US Federal Reserve announces a decision within the horizon.</summary>
    Fomc,

    /// <summary>1 if US employment is released within the horizon.</summary>
    Nfp,

    /// <summary>The share of the horizon on US holidays, [0, 1].</summary>
    Hol,
}

/// <summary>
/// The range of markets that a fit has seen. A forecast for a market outside it keeps its
/// volatility, with lower confidence and without probabilities.
/// </summary>
/// <param name="MaximumEmptyShare">Largest share of candles that are missing or have no volume,
/// [0, 1].</param>
/// <param name="MaximumTickOverSigma">Largest smallest step of the price, in standard deviations of
/// a return over 5 minutes.</param>
/// <param name="MinimumHistoryDays">Shortest past of a market, in days.</param>
/// <param name="MinimumTurnover">Smallest mean turnover of a day in US dollars.</param>
public sealed record TestedRange(
    double MaximumEmptyShare,
    double MaximumTickOverSigma,
    double MinimumHistoryDays,
    double MinimumTurnover
);
