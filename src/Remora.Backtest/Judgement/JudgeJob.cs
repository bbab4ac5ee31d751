using Remora.Backtest.Chance;
using Remora.Backtest.Data;
using Remora.Backtest.Figures;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Judgement;

/// <summary>
/// Applies a gate to trades that a bot made or another tool exported: which trades were entered in
/// unsafe time for their side, what remains without them, and how likely chance does as well. The
/// trades are used as they are. A list of trades does not show what a strategy would have done with
/// the money or the slot of a skipped trade.
/// </summary>
public static class JudgeJob
{
    /// <summary>Judges every strategy in a file.</summary>
    /// <exception cref="BacktestException">The file has an unsupported format, or the candles do
    /// not cover the trades.</exception>
    public static IReadOnlyList<Judgement> Run(
        JudgeOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var runs = Read(options.Trades);
        var tapes = options
            .Markets.Select(m =>
            {
                var series = options.Reader(m.Candles, m.Timeframe);
                return new Tape(new(m.Exchange, m.Pair, series.Timeframe), series.Candles, options.Observations)
                {
                    Calendar = options.Calendar,
                };
            })
            .ToArray();
        var histories = HistoryBuilder.Build(
            tapes,
            new() { Policies = [options.Policy], ShortSide = runs.Any(run => run.Trades.Any(trade => trade.Short)) },
            progress,
            cancellation
        );
        return [.. runs.Select(run => Judge(run, histories, options))];
    }

    private static IReadOnlyList<ExportedRun> Read(string path)
    {
        if (
            !path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
            && !path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase)
        )
            return FreqtradeDatabase.Is(path) ? FreqtradeDatabase.Read(path) : FreqtradeExport.Read(path);
        var trades = TradeCsv.Read(path);
        var (from, to) =
            trades.Count == 0 ? (default, default) : (trades.Min(t => t.OpenTime), trades.Max(t => t.CloseTime));
        return [new(Path.GetFileName(path), trades, 1000, from, to, null, new Dictionary<string, double>())];
    }

    private static Judgement Judge(ExportedRun run, IReadOnlyList<AssessmentHistory> histories, JudgeOptions options)
    {
        var covered = new List<JudgedTrade>();
        var uncovered = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var warmingUp = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var substituted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var starts = histories.ToDictionary(history => history, WarmUpEnd);
        foreach (var trade in run.Trades)
        {
            var history = HistoryOf(trade.Pair, histories);
            var known = history is null ? -1 : Known(history, trade.OpenTime);
            if (known < 0 || known < starts[history!])
            {
                var counts = known < 0 ? uncovered : warmingUp;
                var pair = trade.Pair ?? "without a pair";
                counts[pair] = counts.GetValueOrDefault(pair) + 1;
                continue;
            }
            covered.Add(new(trade, history!, trade.Short ? history!.ShortSide[0] : history!.Policies[0], known));
            if (trade.Pair is { } traded && history!.Tape.Market.Pair.ToString() is var other && other != traded)
                substituted[traded] = other;
        }
        if (run.Trades.Count > 0 && covered.Count == 0)
            throw new BacktestException(
                $"{run.Strategy}: no candles for any of its {run.Trades.Count} trades of "
                    + $"{string.Join(", ", uncovered.Keys.Union(warmingUp.Keys))}, {run.From} to {run.To}"
                    + (
                        warmingUp.Count == 0
                            ? ""
                            : $"; {warmingUp.Values.Sum()} of them were entered before the end of the warm-up"
                    )
            );

        var kept = covered.Where(t => !t.Blocked).Select(t => t.Trade).ToArray();
        var all = covered.Select(t => t.Trade).ToArray();
        return new(
            run.Strategy,
            run.From,
            run.To,
            options.Policy.Name,
            Performance.Of(all, run.StartingBalance, run.From, run.To),
            Performance.Of(kept, run.StartingBalance, run.From, run.To),
            TradePlacebo.Test(covered, run.From, run.To, options),
            [.. covered.Where(t => t.Blocked).Select(t => t.Trade)],
            uncovered
        )
        {
            WarmingUp = warmingUp,
            Substituted = substituted,
            OpenTrades = run.OpenTrades,
        };
    }

    /// <summary>
    /// Returns the history of a pair. A future such as BTC/USDT:USDT without candles of its own has
    /// that of BTC/USDT.
    /// </summary>
    private static AssessmentHistory? HistoryOf(string? pair, IReadOnlyList<AssessmentHistory> histories)
    {
        if (pair is null)
            return histories is [var first, ..] ? first : null;
        return Find(pair) ?? (pair.IndexOf(':') is > 0 and var colon ? Find(pair[..colon]) : null);

        AssessmentHistory? Find(string name) =>
            histories.FirstOrDefault(history => history.Tape.Market.Pair.ToString() == name);
    }

    /// <summary>Returns the position of the first candle with a risk score.</summary>
    private static int WarmUpEnd(AssessmentHistory history)
    {
        var first = Array.FindIndex(history.Policies[0].Score, score => !double.IsNaN(score));
        return first < 0 ? int.MaxValue : first;
    }

    /// <summary>
    /// Returns the position of the last candle that had closed at a moment; -1 when it is more than
    /// two days older, because the data then does not cover the moment.
    /// </summary>
    private static int Known(AssessmentHistory history, Instant moment)
    {
        var timeframe = history.Tape.Market.Timeframe.Length;
        var position = CandleFrame.LowerBound(history.Tape.Candles, new((moment - timeframe).UnixMilliseconds + 1)) - 1;
        return position >= 0 && moment - history.Tape.Candles[position].OpenTime <= TimeSpan.FromDays(2) + timeframe
            ? position
            : -1;
    }
}

/// <summary>The inputs of a judgement.</summary>
public sealed record JudgeOptions
{
    /// <summary>Freqtrade's export (zip or JSON), its database, or trades as CSV.</summary>
    public required string Trades { get; init; }

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
public sealed record JudgeMarket(Pair Pair, string Candles, string Exchange = "binance", Timeframe? Timeframe = null);

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
}
