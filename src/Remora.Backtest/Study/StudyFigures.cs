using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Markets;

namespace Remora.Backtest.Study;

/// <summary>Everything a study found; the report and the text of the results are made of this and nothing else.</summary>
public sealed record StudyFigures
{
    /// <summary>The study's name.</summary>
    public required string Name { get; init; }

    /// <summary>The policy under test.</summary>
    public required string Policy { get; init; }

    /// <summary>Id of its content.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Turns of the gate per cell.</summary>
    public required int Shifts { get; init; }

    /// <summary>The data.</summary>
    public required IReadOnlyList<MarketFigures> Markets { get; init; }

    /// <summary>The answer, as docs/decisions/0021 defines it.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>A cell per strategy, period and gate.</summary>
    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>Strategies and periods that could not be run, and why.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>Thresholds tuned on the past, over the first period.</summary>
    public required IReadOnlyList<WalkForwardFigures> WalkForward { get; init; }

    /// <summary>The score without any strategy, per market and period.</summary>
    public required IReadOnlyList<CalibrationFigures> Calibration { get; init; }

    /// <summary>Each strategy over the first period, in detail.</summary>
    public required IReadOnlyList<StrategyDetail> Details { get; init; }
}

/// <summary>A market of the study.</summary>
/// <param name="Market">Its name.</param>
/// <param name="Candles">How many candles.</param>
/// <param name="First">Open of the first.</param>
/// <param name="Last">Open of the last.</param>
/// <param name="Missing">Share of the candles between them that is missing, [0, 1].</param>
public sealed record MarketFigures(string Market, int Candles, Instant First, Instant Last, double Missing);

/// <summary>Whether the gate beats the placebo.</summary>
/// <param name="Beats">At least one cell of the family survives Holm's correction at 5 %.</param>
/// <param name="Cells">Cells of the family: the policy under test over every strategy and period.</param>
/// <param name="BelowFivePercent">Cells with p below 0.05 before correction.</param>
/// <param name="ExpectedByLuck">How many luck alone would give.</param>
/// <param name="Surviving">Cells that survive.</param>
/// <param name="AgainstTheGate">Cells in which the gate does worse than 95 % of its placebos.</param>
/// <param name="AllTests">Tests of the policy over all figures.</param>
/// <param name="AllBelowFivePercent">Those with p below 0.05.</param>
/// <param name="AllDiscoveries">Those that survive Benjamini and Hochberg's correction at 5 %.</param>
public sealed record Verdict(
    bool Beats, int Cells, int BelowFivePercent, double ExpectedByLuck, int Surviving, int AgainstTheGate, int AllTests, int AllBelowFivePercent, int AllDiscoveries);

/// <summary>What a gate is in the study.</summary>
public enum GateRole
{
    /// <summary>The policy under test.</summary>
    Policy,

    /// <summary>Another policy.</summary>
    Other,

    /// <summary>A part of the policy under test.</summary>
    Ablation,

    /// <summary>A threshold on its score.</summary>
    Threshold,

    /// <summary>Its position scale.</summary>
    Sized,
}

/// <summary>One strategy over one period under one gate.</summary>
public sealed record Cell
{
    /// <summary>The strategy.</summary>
    public required string Strategy { get; init; }

    /// <summary>The period.</summary>
    public required string Period { get; init; }

    /// <summary>The gate.</summary>
    public required string Gate { get; init; }

    /// <summary>What the gate is in the study.</summary>
    public required GateRole Role { get; init; }

    /// <summary>First row of the period.</summary>
    public required Instant From { get; init; }

    /// <summary>Last row.</summary>
    public required Instant To { get; init; }

    /// <summary>Share of the rows that were missing in the data and filled, [0, 1].</summary>
    public required double FilledShare { get; init; }

    /// <summary>Share of the period's candles that the gate blocks.</summary>
    public required double TimeBlocked { get; init; }

    /// <summary>Without the gate.</summary>
    public required Performance Ungated { get; init; }

    /// <summary>With it.</summary>
    public required Performance Gated { get; init; }

    /// <summary>The ungated run's trades, divided by the gate.</summary>
    public required EntryComparison Entries { get; init; }

    /// <summary>Bootstrap interval of the edge, in percentage points; for the policy under test.</summary>
    public Interval EdgeInterval { get; init; } = Interval.None;

    /// <summary>Bootstrap interval of the lift of losing trades.</summary>
    public Interval LoserLiftInterval { get; init; } = Interval.None;

    /// <summary>Mean score at the entry of trades that won.</summary>
    public double WinnersScore { get; init; } = double.NaN;

    /// <summary>Mean score at the entry of trades that lost.</summary>
    public double LosersScore { get; init; } = double.NaN;

    /// <summary>Each figure against the circular-shift placebo.</summary>
    public required IReadOnlyDictionary<string, PlaceboTest> Tests { get; init; }

    /// <summary>The same against random skips; for the policy under test.</summary>
    public IReadOnlyDictionary<string, PlaceboTest>? RandomSkip { get; init; }

    /// <summary>The p-value of the profit, corrected by Holm within the family; NaN outside it.</summary>
    public double Holm { get; init; } = double.NaN;
}

/// <summary>A walk-forward of one strategy.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Result">What it gave.</param>
public sealed record WalkForwardFigures(string Strategy, WalkForwardResult Result);

/// <summary>A calibration of one market over one period.</summary>
/// <param name="Market">The market.</param>
/// <param name="Period">The period.</param>
/// <param name="Result">What it gave.</param>
public sealed record CalibrationFigures(string Market, string Period, CalibrationResult Result);

/// <summary>One strategy over the first period, in the detail that charts need.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Equity">Balance day by day.</param>
/// <param name="Months">Returns by month.</param>
/// <param name="ByRiskClass">The ungated trades by the risk class at their entry.</param>
/// <param name="ByRegime">And by the regime.</param>
/// <param name="ByScore">And by tenths of the score.</param>
public sealed record StrategyDetail(
    string Strategy, EquityCurves Equity, IReadOnlyList<MonthReturn> Months,
    IReadOnlyList<TradeGroup> ByRiskClass, IReadOnlyList<TradeGroup> ByRegime, IReadOnlyList<TradeGroup> ByScore);

/// <summary>Balances at the end of each day, open trades at their market value.</summary>
/// <param name="Days">Unix seconds of the days' ends.</param>
/// <param name="Ungated">Without the gate.</param>
/// <param name="Gated">With it.</param>
public sealed record EquityCurves(IReadOnlyList<long> Days, IReadOnlyList<double> Ungated, IReadOnlyList<double> Gated);

/// <summary>A month's returns, in percent of the balance at its start.</summary>
/// <param name="Month">Such as <c>2022-06</c>.</param>
/// <param name="UngatedPct">Without the gate.</param>
/// <param name="GatedPct">With it.</param>
public sealed record MonthReturn(string Month, double UngatedPct, double GatedPct);

/// <summary>Trades that have something in common.</summary>
/// <param name="Name">What.</param>
/// <param name="Trades">How many.</param>
/// <param name="WinRate">Share with a profit, [0, 1].</param>
/// <param name="ProfitMeanPct">Their mean profit in percent.</param>
public sealed record TradeGroup(string Name, int Trades, double WinRate, double ProfitMeanPct);
