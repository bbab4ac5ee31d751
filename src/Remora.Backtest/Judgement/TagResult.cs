using Remora.Backtest.Chance;

namespace Remora.Backtest.Judgement;

/// <summary>
/// The trades of a strategy that were entered for the same reason. Figures are NaN while there are
/// no blocked or no other trades.
/// </summary>
/// <param name="Tag">The entry tag; null for the trades without one.</param>
/// <param name="Trades">The number of trades.</param>
/// <param name="Shorts">The number of short ones.</param>
/// <param name="Blocked">The number of trades entered in unsafe time.</param>
/// <param name="BlockedMeanPct">Their mean profit relative to cost, in percent.</param>
/// <param name="AllowedMeanPct">The mean profit of the others, in percent.</param>
/// <param name="P">The probability that skipping as many other trades of the tag does at least as
/// well, by <see cref="EdgePct"/>.</param>
/// <param name="AdjustedP">The same, adjusted for the number of tags (Benjamini and Hochberg): of
/// all tags with at most this value, the expected share of false findings.</param>
public sealed record TagResult(
    string? Tag,
    int Trades,
    int Shorts,
    int Blocked,
    double BlockedMeanPct,
    double AllowedMeanPct,
    double P,
    double AdjustedP
)
{
    /// <summary>
    /// Mean profit of the other trades minus that of the blocked ones, in percentage points; above
    /// 0, the gate blocks the worse trades.
    /// </summary>
    public double EdgePct => AllowedMeanPct - BlockedMeanPct;

    /// <summary>
    /// Returns the results of each tag, the most frequent first; none if no trade has a tag.
    /// </summary>
    internal static IReadOnlyList<TagResult> Of(IReadOnlyList<JudgedTrade> trades, JudgeOptions options) =>
        trades.All(judged => judged.Trade.Tag is null)
            ? []
            :
            [
                .. trades
                    .GroupBy(judged => judged.Trade.Tag)
                    .Select(tag => Of(tag.Key, [.. tag], options))
                    .OrderByDescending(result => result.Trades)
                    .ThenBy(result => result.Tag, StringComparer.Ordinal),
            ];

    /// <summary>Adjusts the p-values for the number of tags of all strategies.</summary>
    internal static IReadOnlyList<Judgement> Adjust(IReadOnlyList<Judgement> judgements)
    {
        var adjusted = new Queue<double>(
            MultipleTests.BenjaminiHochberg([.. judgements.SelectMany(one => one.Tags).Select(tag => tag.P)])
        );
        return
        [
            .. judgements.Select(one =>
                one with
                {
                    Tags = [.. one.Tags.Select(tag => tag with { AdjustedP = adjusted.Dequeue() })],
                }
            ),
        ];
    }

    private static TagResult Of(string? tag, JudgedTrade[] trades, JudgeOptions options)
    {
        var tally = TradePlacebo.Tally(trades);
        bool[] blocked = [.. trades.Select(judged => judged.Blocked)];
        var figures = tally.Compare(blocked, double.NaN);
        var chance = EntryChance.Test(tally, blocked, options.Shifts, options.Seed + 3, each: true);
        return new(
            tag,
            trades.Length,
            trades.Count(judged => judged.Trade.Short),
            blocked.Count(isBlocked => isBlocked),
            100 * figures.BlockedMean,
            100 * figures.AllowedMean,
            chance["edge_pct"].P,
            double.NaN
        );
    }
}

/// <summary>
/// The orders that added to open trades, each judged at the moment when it was filled. Moves are
/// from the price of the order to that at which the trade was closed, in the direction of the
/// trade, without fees; NaN without such orders.
/// </summary>
/// <param name="Orders">The number of orders.</param>
/// <param name="Blocked">The number of orders that were filled in unsafe time.</param>
/// <param name="BlockedMovePct">Their mean move in percent.</param>
/// <param name="AllowedMovePct">The mean move of the others, in percent.</param>
public sealed record AdditionResult(int Orders, int Blocked, double BlockedMovePct, double AllowedMovePct)
{
    internal static AdditionResult? Of(IReadOnlyList<JudgedTrade> trades)
    {
        var (blocked, allowed) = (new List<double>(), new List<double>());
        foreach (var (trade, history, verdicts, _) in trades)
        {
            foreach (var order in trade.Additions ?? [])
            {
                // An order within a hole of the candles is not judged.
                if (JudgeJob.Known(history, order.Time) is not (>= 0 and var known))
                    continue;
                var move = (trade.CloseRate / order.Rate) - 1;
                (verdicts.Blocked[known] ? blocked : allowed).Add(100 * (trade.Short ? -move : move));
            }
        }
        var count = blocked.Count + allowed.Count;
        return count == 0 ? null : new(count, blocked.Count, Mean(blocked), Mean(allowed));
    }

    private static double Mean(List<double> moves) => moves.Count == 0 ? double.NaN : moves.Average();
}
