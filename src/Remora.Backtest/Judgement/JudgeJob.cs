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
/// Asks a gate about trades that were really made, or made elsewhere: which of them fell into unsafe time for their side, what would be left without them, and how likely chance alone does as well.
/// The trades are taken as they are: what a strategy would have done with the money or the slot of a skipped trade is not known from a list of trades.
/// </summary>
public static class JudgeJob
{
    /// <summary>Judges every strategy of a file.</summary>
    /// <exception cref="BacktestException">The file is no such file, or the candles do not cover the trades.</exception>
    public static IReadOnlyList<Judgement> Run(JudgeOptions options, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var runs = Read(options.Trades);
        var tapes = options.Markets.Select(m =>
        {
            var series = options.Reader(m.Candles, m.Timeframe);
            return new Tape(new(m.Exchange, m.Pair, series.Timeframe), series.Candles, options.Observations);
        }).ToArray();
        var histories = HistoryBuilder.Build(tapes, new() { Policies = [options.Policy], ShortSide = runs.Any(run => run.Trades.Any(trade => trade.Short)) }, progress, cancellation);
        return [.. runs.Select(run => Judge(run, histories, options))];
    }

    private static IReadOnlyList<ExportedRun> Read(string path)
    {
        if (!path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) && !path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase)) return FreqtradeExport.Read(path);
        var trades = TradeCsv.Read(path);
        var (from, to) = trades.Count == 0 ? (default, default) : (trades.Min(t => t.OpenTime), trades.Max(t => t.CloseTime));
        return [new(Path.GetFileName(path), trades, 1000, from, to, null, new Dictionary<string, double>())];
    }

    private static Judgement Judge(ExportedRun run, IReadOnlyList<AssessmentHistory> histories, JudgeOptions options)
    {
        var covered = new List<JudgedTrade>();
        var uncovered = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var trade in run.Trades)
        {
            var history = histories.FirstOrDefault(h => trade.Pair is null || h.Tape.Market.Pair.ToString() == trade.Pair);
            var known = history is null ? -1 : Known(history, trade.OpenTime);
            if (known < 0)
            {
                var pair = trade.Pair ?? "without a pair";
                uncovered[pair] = uncovered.GetValueOrDefault(pair) + 1;
                continue;
            }
            covered.Add(new(trade, history!, trade.Short ? history!.ShortSide[0] : history!.Policies[0], known));
        }
        if (run.Trades.Count > 0 && covered.Count == 0)
            throw new BacktestException(
                $"{run.Strategy}: no candles for any of its {run.Trades.Count} trades; they are of {string.Join(", ", uncovered.Keys)}, {run.From} to {run.To}");

        var kept = covered.Where(t => !t.Blocked).Select(t => t.Trade).ToArray();
        var all = covered.Select(t => t.Trade).ToArray();
        return new(
            run.Strategy, run.From, run.To, options.Policy.Name,
            Performance.Of(all, run.StartingBalance, run.From, run.To), Performance.Of(kept, run.StartingBalance, run.From, run.To),
            TradePlacebo.Test(covered, run.From, run.To, options.Shifts, options.Seed),
            [.. covered.Where(t => t.Blocked).Select(t => t.Trade)], uncovered);
    }

    /// <summary>Position of the last candle that had closed by a moment; -1 where there is none within two days, for then the data does not cover it.</summary>
    private static int Known(AssessmentHistory history, Instant moment)
    {
        var timeframe = history.Tape.Market.Timeframe.Length;
        var position = CandleFrame.LowerBound(history.Tape.Candles, new((moment - timeframe).UnixMilliseconds + 1)) - 1;
        return position >= 0 && moment - history.Tape.Candles[position].OpenTime <= TimeSpan.FromDays(2) + timeframe ? position : -1;
    }
}

/// <summary>What to judge.</summary>
public sealed record JudgeOptions
{
    /// <summary>Freqtrade's export (zip or JSON), or trades as CSV.</summary>
    public required string Trades { get; init; }

    /// <summary>Candles of the pairs that were traded.</summary>
    public required IReadOnlyList<JudgeMarket> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; init; } = RiskPolicy.Default;

    /// <summary>Outside values.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Turns of the gate.</summary>
    public int Shifts { get; init; } = 2000;

    /// <summary>Their seed.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Candles of a pair that was traded.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">The candle file.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">Their timeframe; told from the rows where it is not given.</param>
public sealed record JudgeMarket(Pair Pair, string Candles, string Exchange = "binance", Timeframe? Timeframe = null);

/// <summary>A trade with what was known at its entry.</summary>
/// <param name="Trade">The trade.</param>
/// <param name="History">Its market's history.</param>
/// <param name="Verdicts">The verdicts for the trade's side.</param>
/// <param name="Known">Position of the last candle that had closed.</param>
internal readonly record struct JudgedTrade(Trade Trade, AssessmentHistory History, PolicyVerdicts Verdicts, int Known)
{
    public bool Blocked => Verdicts.Blocked[Known];
}

/// <summary>What a gate has to say of someone's trades.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="From">Where the run begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Policy">The policy.</param>
/// <param name="All">Figures of the trades that candles cover.</param>
/// <param name="Kept">Figures of those entered in safe time.</param>
/// <param name="Chance">How the skipping of the others compares with skipping at the wrong times.</param>
/// <param name="Skipped">The trades entered in unsafe time.</param>
/// <param name="Uncovered">Trades without candles, counted by pair.</param>
public sealed record Judgement(
    string Strategy, Instant From, Instant To, string Policy, Performance All, Performance Kept, TradePlaceboResult Chance, IReadOnlyList<Trade> Skipped,
    IReadOnlyDictionary<string, int> Uncovered);
