using Remora.Forecasts;

namespace Remora.Portfolios;

/// <summary>
/// What a book loses in: falling or rising markets, or a difference between markets.
/// </summary>
public enum BookKind
{
    /// <summary>There is no open exposure: all positions cancel.</summary>
    Flat,

    /// <summary>All exposure is in one market. Its own tables apply, so the figures are those of
    /// its forecast.</summary>
    OneMarket,

    /// <summary>The net exposure is long: at least half of the gross one, both in units of
    /// volatility.</summary>
    NetLong,

    /// <summary>The net exposure is short by at least half of the gross one.</summary>
    NetShort,

    /// <summary>Longs and shorts balance to less than half of the gross exposure.</summary>
    Hedged,
}

/// <summary>
/// How large the losses of books were in units of the forecast volatility of the book, for the
/// horizons of 4 and 24 hours and for each kind of book apart. Fitted with the coefficients of the
/// same vintage, on data before it. Immutable.
/// </summary>
/// <param name="FourHours">The tables of 4 hours.</param>
/// <param name="OneDay">The tables of 24 hours.</param>
public sealed record PortfolioTables(HorizonTables FourHours, HorizonTables OneDay)
{
    /// <summary>The horizons that have tables, the shortest first.</summary>
    public static IReadOnlyList<Horizon> Horizons { get; } = [Horizon.FourHours, Horizon.OneDay];

    /// <summary>Returns the tables of a horizon; null for one without.</summary>
    public HorizonTables? Of(Horizon horizon) =>
        horizon == Horizon.FourHours ? FourHours
        : horizon == Horizon.OneDay ? OneDay
        : null;
}

/// <summary>The tables of one horizon.</summary>
/// <param name="NetLong">Of <see cref="BookKind.NetLong"/>.</param>
/// <param name="NetShort">Of <see cref="BookKind.NetShort"/>.</param>
/// <param name="Hedged">Of <see cref="BookKind.Hedged"/>.</param>
public sealed record HorizonTables(LossTable NetLong, LossTable NetShort, LossTable Hedged)
{
    /// <summary>Returns the table of a kind; null for one without.</summary>
    public LossTable? Of(BookKind kind) =>
        kind switch
        {
            BookKind.NetLong => NetLong,
            BookKind.NetShort => NetShort,
            BookKind.Hedged => Hedged,
            _ => null,
        };
}

/// <summary>The losses of one kind of book, in forecast volatilities of the book.</summary>
/// <param name="Losses">The loss that was exceeded with each probability, a log return of the
/// wallet over the volatility, positive for a loss.</param>
/// <param name="At95">The intervals at 95 %.</param>
/// <param name="At99">The intervals at 99 %.</param>
/// <param name="Days">The number of days (UTC) whose books were counted. They overlap less than
/// their hours.</param>
public sealed record LossTable(ResidualTable Losses, LossIntervals At95, LossIntervals At99, int Days)
{
    /// <summary>The levels whose losses have intervals.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.95, 0.99];

    /// <summary>Returns the intervals of one of <see cref="Levels"/>.</summary>
    public LossIntervals Of(double level) => level == Levels[0] ? At95 : At99;
}

/// <summary>
/// The 95 % intervals of a value at risk and an expected shortfall, in forecast volatilities of the
/// book, by a stationary bootstrap of days.
/// </summary>
/// <param name="ValueAtRisk">The interval of the value at risk.</param>
/// <param name="ExpectedShortfall">The interval of the expected shortfall.</param>
public readonly record struct LossIntervals(Bounds ValueAtRisk, Bounds ExpectedShortfall);

/// <summary>A 95 % interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Bounds(double Low, double High);
