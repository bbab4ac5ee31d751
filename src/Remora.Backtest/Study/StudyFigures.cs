using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Evidence;
using Remora.Backtest.Figures;
using Remora.Markets;

namespace Remora.Backtest.Study;

/// <summary>
/// All results of a study. The report and the text of the results are computed from these figures
/// alone.
/// </summary>
public sealed record StudyFigures
{
    /// <summary>The study's name.</summary>
    public required string Name { get; init; }

    /// <summary>The policy under test.</summary>
    public required string Policy { get; init; }

    /// <summary>Id of the policy, which changes with its content.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The seed of all random numbers.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The number of rotations of the gate per cell.</summary>
    public required int Shifts { get; init; }

    /// <summary>The name of the study's span.</summary>
    public required string Span { get; init; }

    /// <summary>The markets and their candles.</summary>
    public required IReadOnlyList<MarketFigures> Markets { get; init; }

    /// <summary>
    /// Outside files of the study that were missing, so that their signals have no value.
    /// </summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>The verdict, as docs/decisions/0021 defines it.</summary>
    public required GateConclusion GateConclusion { get; init; }

    /// <summary>One cell per strategy, period and gate.</summary>
    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>
    /// The trades of all strategies and markets, pooled over periods that do not overlap: first all
    /// of them, then each pair, then each strategy. Empty without trades.
    /// </summary>
    public required IReadOnlyList<PooledEntries> Pooled { get; init; }

    /// <summary>Strategies and periods that could not be run, with the reason.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>Results of thresholds tuned on the past, over the study's span.</summary>
    public required IReadOnlyList<WalkForwardFigures> WalkForward { get; init; }

    /// <summary>The calibration of the score without a strategy, per market and period.</summary>
    public required IReadOnlyList<CalibrationFigures> Calibration { get; init; }

    /// <summary>
    /// Returns after blocked and after allowed moments, per market and period.
    /// </summary>
    public required IReadOnlyList<AfterHoursFigures> AfterHours { get; init; }

    /// <summary>The engine's answers for short, thin and dead markets.</summary>
    public required IReadOnlyList<ThinMarketFigures> ThinMarkets { get; init; }

    /// <summary>
    /// The policy and its position scale compared with constant stakes, over the study's span.
    /// </summary>
    public required IReadOnlyList<StakeRow> Stakes { get; init; }

    /// <summary>
    /// The forecast, the policy by it, its sizes and stops; null when no market has candles of 5
    /// minutes after the first fit.
    /// </summary>
    public ForecastEvidence? Forecast { get; init; }

    /// <summary>Each strategy over the study's span, in detail.</summary>
    public required IReadOnlyList<StrategyDetail> Details { get; init; }
}

/// <summary>A market of the study.</summary>
/// <param name="Market">Its name.</param>
/// <param name="Candles">The number of candles.</param>
/// <param name="First">Open time of the first candle.</param>
/// <param name="Last">Open time of the last candle.</param>
/// <param name="Missing">Share of the candles between them that is missing, [0, 1].</param>
public sealed record MarketFigures(string Market, int Candles, Instant First, Instant Last, double Missing);

/// <summary>Whether the gate beats the placebo.</summary>
/// <param name="Beats">Whether at least one cell of the family survives Holm's correction at 5
/// %.</param>
/// <param name="Cells">The number of cells in the family: the policy under test over every strategy
/// and period.</param>
/// <param name="BelowFivePercent">The number of cells with p below 0.05 before correction.</param>
/// <param name="ExpectedByLuck">The number of such cells expected by chance.</param>
/// <param name="Surviving">The number of cells that survive the correction.</param>
/// <param name="AgainstTheGate">The number of cells in which the gate does worse than 95 % of its
/// placebos.</param>
/// <param name="AllTests">The number of tests of the policy over all figures.</param>
/// <param name="AllBelowFivePercent">The number of those tests with p below 0.05.</param>
/// <param name="AllDiscoveries">The number of those tests that survive Benjamini and Hochberg's
/// correction at 5 %.</param>
public sealed record GateConclusion(
    bool Beats,
    int Cells,
    int BelowFivePercent,
    double ExpectedByLuck,
    int Surviving,
    int AgainstTheGate,
    int AllTests,
    int AllBelowFivePercent,
    int AllDiscoveries
);

/// <summary>The role of a gate in the study.</summary>
public enum GateRole
{
    /// <summary>The policy under test.</summary>
    Policy,

    /// <summary>Another policy.</summary>
    Other,

    /// <summary>A single rule of the policy under test.</summary>
    Ablation,

    /// <summary>A threshold on the score of the policy under test.</summary>
    Threshold,

    /// <summary>The position scale of the policy under test.</summary>
    Sized,
}

/// <summary>One strategy over one period under one gate.</summary>
public sealed record Cell
{
    /// <summary>The pair.</summary>
    public required string Market { get; init; }

    /// <summary>The strategy.</summary>
    public required string Strategy { get; init; }

    /// <summary>The period.</summary>
    public required string Period { get; init; }

    /// <summary>The gate.</summary>
    public required string Gate { get; init; }

    /// <summary>The role of the gate in the study.</summary>
    public required GateRole Role { get; init; }

    /// <summary>Open time of the first row of the period.</summary>
    public required Instant From { get; init; }

    /// <summary>Open time of the last row.</summary>
    public required Instant To { get; init; }

    /// <summary>Share of the rows that were missing in the data and are filled, [0, 1].</summary>
    public required double FilledShare { get; init; }

    /// <summary>Share of the period's candles that the gate blocks, [0, 1].</summary>
    public required double TimeBlocked { get; init; }

    /// <summary>The figures without the gate.</summary>
    public required Performance Ungated { get; init; }

    /// <summary>The figures with the gate.</summary>
    public required Performance Gated { get; init; }

    /// <summary>The ungated run's trades, split by the gate.</summary>
    public required EntryComparison Entries { get; init; }

    /// <summary>
    /// The trades without a gate and an unlimited wallet. Only for the policy under test.
    /// </summary>
    public BaselineFigures? Baseline { get; init; }

    /// <summary>
    /// Bootstrap interval of each figure of the entries. Only for the policy under test.
    /// </summary>
    public IReadOnlyDictionary<string, Interval>? Intervals { get; init; }

    /// <summary>Mean score at the entry of winning trades.</summary>
    public double WinnersScore { get; init; } = double.NaN;

    /// <summary>Mean score at the entry of losing trades.</summary>
    public double LosersScore { get; init; } = double.NaN;

    /// <summary>Each figure compared with the circular-shift placebo.</summary>
    public required IReadOnlyDictionary<string, PlaceboTest> Tests { get; init; }

    /// <summary>
    /// Each figure of the entries compared with the placebo that blocks as many entries. Only for
    /// the policy under test.
    /// </summary>
    public IReadOnlyDictionary<string, PlaceboTest>? EqualCount { get; init; }

    /// <summary>
    /// The trades of this cell, to be pooled with those of others. Only for the policy under test,
    /// in periods that do not overlap.
    /// </summary>
    internal GatedTrades? Entered { get; init; }

    /// <summary>
    /// The p-value of the profit after Holm's correction within the family; NaN outside the family.
    /// </summary>
    public double Holm { get; init; } = double.NaN;
}

/// <summary>The trades of a strategy without a gate and with an unlimited wallet.</summary>
/// <param name="Trades">The number of trades; of a strategy that holds, of days.</param>
/// <param name="GrossMeanPct">Their mean profit before fees, in percent of the stake.</param>
/// <param name="NetMeanPct">Their mean profit after fees, in percent of the stake.</param>
public sealed record BaselineFigures(int Trades, double GrossMeanPct, double NetMeanPct);

/// <summary>The walk-forward test of one strategy.</summary>
/// <param name="Market">The pair.</param>
/// <param name="Strategy">The strategy.</param>
/// <param name="Result">The result.</param>
public sealed record WalkForwardFigures(string Market, string Strategy, WalkForwardResult Result);

/// <summary>A strategy's sizes compared with constant stakes.</summary>
/// <param name="Market">The pair.</param>
/// <param name="Strategy">The strategy.</param>
/// <param name="Gate">The gate whose sizes are compared.</param>
/// <param name="Role">Its role in the study.</param>
/// <param name="Trades">The number of trades; of a strategy that holds, of days.</param>
/// <param name="Result">The comparison.</param>
public sealed record StakeRow(
    string Market,
    string Strategy,
    string Gate,
    GateRole Role,
    int Trades,
    StakeComparison Result
);

/// <summary>The returns after blocked and allowed moments of one market over one period.</summary>
/// <param name="Market">The market.</param>
/// <param name="Period">The period.</param>
/// <param name="Rows">The returns, per horizon.</param>
public sealed record AfterHoursFigures(string Market, string Period, IReadOnlyList<AfterHours> Rows);

/// <summary>The calibration of one market over one period.</summary>
/// <param name="Market">The market.</param>
/// <param name="Period">The period.</param>
/// <param name="Result">The result.</param>
public sealed record CalibrationFigures(string Market, string Period, CalibrationResult Result);

/// <summary>One strategy over the study's span, in the detail that charts require.</summary>
/// <param name="Market">The pair.</param>
/// <param name="Strategy">The strategy.</param>
/// <param name="Equity">Balance day by day.</param>
/// <param name="Months">Returns by month.</param>
/// <param name="ByRiskClass">The ungated trades by the risk class at their entry.</param>
/// <param name="ByRegime">The ungated trades by the regime at their entry.</param>
/// <param name="ByScore">The ungated trades by tenths of the score at their entry.</param>
public sealed record StrategyDetail(
    string Market,
    string Strategy,
    EquityCurves Equity,
    IReadOnlyList<MonthReturn> Months,
    IReadOnlyList<TradeGroup> ByRiskClass,
    IReadOnlyList<TradeGroup> ByRegime,
    IReadOnlyList<TradeGroup> ByScore
);

/// <summary>
/// Balances at the end of days, at most 700 of them. Open trades are valued at the market price.
/// </summary>
/// <param name="Days">The ends of the days, in Unix seconds.</param>
/// <param name="Ungated">Balances without the gate.</param>
/// <param name="Gated">Balances with the gate.</param>
public sealed record EquityCurves(IReadOnlyList<long> Days, IReadOnlyList<double> Ungated, IReadOnlyList<double> Gated);

/// <summary>A month's returns, in percent of the balance at its start.</summary>
/// <param name="Month">The month, for example <c>2022-06</c>.</param>
/// <param name="UngatedPct">Return without the gate.</param>
/// <param name="GatedPct">Return with the gate.</param>
public sealed record MonthReturn(string Month, double UngatedPct, double GatedPct);

/// <summary>A group of trades with the same property.</summary>
/// <param name="Name">The property.</param>
/// <param name="Trades">The number of trades.</param>
/// <param name="WinRate">Share of trades with a profit, [0, 1].</param>
/// <param name="ProfitMeanPct">Their mean profit in percent.</param>
public sealed record TradeGroup(string Name, int Trades, double WinRate, double ProfitMeanPct);
