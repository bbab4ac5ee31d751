using Remora.Backtest.Data;
using Remora.Backtest.Figures;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Judgement;

/// <summary>The inputs of a judgement.</summary>
public sealed record JudgeOptions
{
    /// <summary>The trades, by strategy.</summary>
    public required IReadOnlyList<ExportedRun> Runs { get; init; }

    /// <summary>Candles of the traded pairs.</summary>
    public required IReadOnlyList<JudgeMarket> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; init; } = RiskPolicy.Default;

    /// <summary>Outside values.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>The number of rotations of the gate.</summary>
    public int Shifts { get; init; } = 2000;

    /// <summary>The number of bootstrap resamples for the intervals.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>The seed of the rotations and resamples.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Candles of a traded pair.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">The candle file.</param>
/// <param name="Exchange">The exchange's CCXT id.</param>
/// <param name="Timeframe">The timeframe of the candles; when it is null, it is derived from the
/// rows.</param>
public sealed record JudgeMarket(Pair Pair, string Candles, string Exchange = "binance", Timeframe? Timeframe = null)
{
    /// <summary>Returns the candles, if they are not in a file.</summary>
    public Func<CandleTape>? Read { get; init; }
}

/// <summary>A trade with what was known at its entry.</summary>
/// <param name="Trade">The trade.</param>
/// <param name="History">Its market's history.</param>
/// <param name="Verdicts">The verdicts for the trade's side.</param>
/// <param name="Known">Position of the last candle that had closed at the entry.</param>
internal readonly record struct JudgedTrade(Trade Trade, AssessmentHistory History, PolicyVerdicts Verdicts, int Known)
{
    public bool Blocked => Verdicts.Blocked[Known];
}

/// <summary>The result of applying a gate to trades.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="From">The start of the run.</param>
/// <param name="To">The end of the run.</param>
/// <param name="Policy">The policy.</param>
/// <param name="All">Figures of all judged trades.</param>
/// <param name="Kept">Figures of the trades entered in safe time.</param>
/// <param name="Chance">Comparison of the skipped trades with skipping at other times.</param>
/// <param name="Skipped">The trades entered in unsafe time.</param>
/// <param name="Uncovered">The number of trades without candles, by pair.</param>
public sealed record Judgement(
    string Strategy,
    Instant From,
    Instant To,
    string Policy,
    Performance All,
    Performance Kept,
    TradePlaceboResult Chance,
    IReadOnlyList<Trade> Skipped,
    IReadOnlyDictionary<string, int> Uncovered
)
{
    /// <summary>
    /// The number of trades that were entered before the end of the warm-up, when no risk score was
    /// known, by pair. They are not judged.
    /// </summary>
    public required IReadOnlyDictionary<string, int> WarmingUp { get; init; }

    /// <summary>
    /// The pairs that were judged by the candles of another pair, with that pair: futures by those
    /// of the spot market.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Substituted { get; init; }

    /// <summary>The number of trades that are still open. They are not judged.</summary>
    public required int OpenTrades { get; init; }

    /// <summary>The results per entry tag; empty if no trade has one.</summary>
    public required IReadOnlyList<TagResult> Tags { get; init; }

    /// <summary>
    /// The orders that added to open trades; null if there are none, or orders are not stated.
    /// </summary>
    public required AdditionResult? Additions { get; init; }

    /// <summary>What cannot be said from these trades, and why, in sentences.</summary>
    public required IReadOnlyList<string> Unknown { get; init; }
}
