using Remora.Backtest.Figures;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.History;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Judgement;

/// <summary>
/// Applies a gate to trades that a bot made or another tool exported: which trades were entered in
/// unsafe time for their side, what remains without them, and how likely chance does as well. The
/// trades are used as they are. A list of trades does not show what a strategy would have done with
/// the money or the slot of a skipped trade.
/// </summary>
public static class JudgeJob
{
    /// <summary>Judges every strategy.</summary>
    /// <exception cref="BacktestException">The candles cannot be read, or cover no trade of a
    /// strategy.</exception>
    public static IReadOnlyList<Judgement> Run(
        JudgeOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var runs = options.Runs;
        var tapes = options
            .Markets.Select(m =>
            {
                var series = m.Read?.Invoke() ?? options.Reader(m.Candles, m.Timeframe);
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
        return TagResult.Adjust([.. runs.Select(run => Judge(run, histories, options))]);
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
            var history = HistoryOf(trade, histories);
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
            Tags = TagResult.Of(covered, options),
            Additions = AdditionResult.Of(covered),
            Unknown = [.. run.Unknown, .. Unknown(run, covered)],
        };
    }

    /// <summary>Says what the trades do not show, in sentences.</summary>
    private static IEnumerable<string> Unknown(ExportedRun run, List<JudgedTrade> covered)
    {
        if (covered.Count == 0)
        {
            yield return "There are no closed trades, so nothing can be said about the gate.";
            yield break;
        }
        if (covered.Count(judged => double.IsNaN(judged.Trade.Profit)) is > 0 and var count)
            yield return $"The stakes of {count} of {covered.Count} trades are not stated: what the trades earned in "
                + "money cannot be said. At equal stakes every trade counts the same.";
        else if (double.IsNaN(run.StartingBalance))
            yield return "The starting balance is not stated: the profit relative to the account cannot be said.";
        if (covered.Count(judged => judged.Trade.Additions is null) is > 0 and var unlisted)
            yield return $"The orders of {unlisted} of {covered.Count} trades are not stated: whether they were added "
                + "to in unsafe time cannot be said.";
        if (covered.TrueForAll(judged => judged.Trade.Tag is null))
            yield return "No trade has an entry tag: results per tag cannot be said.";
        if (covered.Count(judged => judged.Trade.Pair is null) is > 0 and var nameless)
            yield return $"{nameless} trades do not state their pair and are judged by the first candles.";
        var blocked = covered.Count(judged => judged.Blocked);
        if (blocked == 0 || blocked == covered.Count)
            yield return $"The gate blocks {(blocked == 0 ? "none" : "all")} of the trades: blocked and other trades "
                + "cannot be compared.";
    }

    /// <summary>
    /// Returns the history of a trade's pair, of its exchange if there are several. A future such
    /// as BTC/USDT:USDT without candles of its own has that of BTC/USDT.
    /// </summary>
    private static AssessmentHistory? HistoryOf(Trade trade, IReadOnlyList<AssessmentHistory> histories)
    {
        if (trade.Pair is not { } pair)
            return histories is [var first, ..] ? first : null;
        return Find(pair) ?? (pair.IndexOf(':') is > 0 and var colon ? Find(pair[..colon]) : null);

        AssessmentHistory? Find(string name)
        {
            var same = histories.Where(history => history.Tape.Market.Pair.ToString() == name);
            return same.FirstOrDefault(history => history.Tape.Market.Exchange == trade.Exchange)
                ?? same.FirstOrDefault();
        }
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
    internal static int Known(AssessmentHistory history, Instant moment)
    {
        var timeframe = history.Tape.Market.Timeframe.Length;
        var position = CandleFrame.LowerBound(history.Tape.Candles, new((moment - timeframe).UnixMilliseconds + 1)) - 1;
        return position >= 0 && moment - history.Tape.Candles[position].OpenTime <= TimeSpan.FromDays(2) + timeframe
            ? position
            : -1;
    }
}
