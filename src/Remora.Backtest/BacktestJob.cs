using Remora.Backtest.Chance;
using Remora.Backtest.Data;
using Remora.Backtest.Figures;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest;

/// <summary>
/// Runs one backtest: a strategy over a period of a candle file, with or without a gate.
/// </summary>
public static class BacktestJob
{
    /// <summary>Runs the backtest.</summary>
    /// <exception cref="BacktestException">A file, name or period is wrong.</exception>
    public static BacktestResult Run(
        BacktestOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var plan = StrategyCatalog.Find(options.Strategy);
        var series = options.Reader(options.Candles, options.Timeframe);
        progress?.Report(0.3);
        cancellation.ThrowIfCancellationRequested();
        var simulation = Simulation.Prepare(
            plan,
            series,
            options.From ?? series.Candles[0].OpenTime,
            options.To ?? series.Candles[^1].OpenTime,
            options.Account,
            options.Pair.ToString()
        );
        var ungated = simulation.Run();
        if (options.Gate is not { } policy)
        {
            progress?.Report(1);
            return new(
                plan.Name,
                null,
                simulation.Frame.From,
                simulation.Frame.To,
                FiguresOf(simulation, ungated),
                ungated,
                null,
                simulation.AmountStep
            );
        }

        var tape = new Tape(new(options.Exchange, options.Pair, series.Timeframe), series.Candles, options.Observations)
        {
            Calendar = options.Calendar,
        };
        var isShort = plan.Side == Side.Short;
        var history = HistoryBuilder.Build(
            [tape],
            new() { Policies = [policy], ShortSide = isShort },
            progress,
            cancellation
        )[0];
        var verdicts = (isShort ? history.ShortSide : history.Policies)[0];
        var gate =
            options.Sized ? Gates.Scaled(verdicts)
            : options.Threshold is { } threshold ? Gates.Threshold(verdicts, threshold)
            : Gates.Policy(verdicts);
        var gated = simulation.Run(gate);
        var timeBlocked = simulation.TimeBlocked(gate);
        var entries = new EntryTally(simulation.Baseline()).Compare(simulation.Rotate(gate, 0), timeBlocked);
        progress?.Report(1);
        return new(
            plan.Name,
            gate.Name,
            simulation.Frame.From,
            simulation.Frame.To,
            FiguresOf(simulation, gated),
            gated,
            new(timeBlocked, FiguresOf(simulation, ungated), entries),
            simulation.AmountStep
        );
    }

    private static Performance FiguresOf(Simulation simulation, IReadOnlyList<Trade> trades) =>
        Performance.Of(trades, simulation.Account.StartingBalance, simulation.Frame.From, simulation.Frame.To);
}

/// <summary>The inputs of a backtest.</summary>
public sealed record BacktestOptions
{
    /// <summary>Name of the strategy.</summary>
    public required string Strategy { get; init; }

    /// <summary>The candle file.</summary>
    public required string Candles { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The pair of the candles.</summary>
    public required Pair Pair { get; init; }

    /// <summary>The exchange of the candles.</summary>
    public string Exchange { get; init; } = "binance";

    /// <summary>
    /// The timeframe of the candles; when it is null, it is derived from the rows.
    /// </summary>
    public Timeframe? Timeframe { get; init; }

    /// <summary>Open time of the first row; null for the start of the file.</summary>
    public Instant? From { get; init; }

    /// <summary>Open time of the last row; null for the end of the file.</summary>
    public Instant? To { get; init; }

    /// <summary>The policy of the gate; null for no gate.</summary>
    public RiskPolicy? Gate { get; init; }

    /// <summary>
    /// Threshold of a gate on the policy's score; null for a gate on the policy's verdict.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>
    /// Whether entries are sized by the policy's position scale instead of only blocked.
    /// </summary>
    public bool Sized { get; init; }

    /// <summary>Outside values for the gate.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The scheduled events for the gate.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>Wallet and fees.</summary>
    public AccountRules Account { get; init; } = AccountRules.Default;
}

/// <summary>The result of a backtest.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Gate">The gate; null without one.</param>
/// <param name="From">First row of the period.</param>
/// <param name="To">Last row.</param>
/// <param name="Figures">The figures of the run.</param>
/// <param name="Trades">Its trades.</param>
/// <param name="Effect">The effect of the gate; null without one.</param>
/// <param name="AmountStep">The step of the amounts, in the base currency; 0 for none.</param>
public sealed record BacktestResult(
    string Strategy,
    string? Gate,
    Instant From,
    Instant To,
    Performance Figures,
    IReadOnlyList<Trade> Trades,
    GateEffect? Effect,
    double AmountStep
);

/// <summary>The effect of a gate on a run.</summary>
/// <param name="TimeBlocked">Share of the period's candles that the gate blocks, [0, 1].</param>
/// <param name="Ungated">The figures without the gate.</param>
/// <param name="Entries">The ungated trades, split by the gate.</param>
public sealed record GateEffect(double TimeBlocked, Performance Ungated, EntryComparison Entries);
