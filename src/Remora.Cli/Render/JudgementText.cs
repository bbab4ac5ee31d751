using Remora.Backtest.Judgement;

namespace Remora.Cli.Render;

/// <summary>Judgements of trades as text.</summary>
internal static class JudgementText
{
    private const int MostTags = 20;

    public static IEnumerable<string> Of(IReadOnlyList<Judgement> judgements)
    {
        var tests = judgements.Sum(judgement => judgement.Tags.Count(tag => !double.IsNaN(tag.P)));
        return judgements.SelectMany(judgement => Of(judgement, tests));
    }

    private static IEnumerable<string> Of(Judgement judgement, int tests)
    {
        var chance = judgement.Chance;
        yield return $"{judgement.Strategy}, {judgement.From} to {judgement.To}, gate {judgement.Policy}";
        if (judgement.All.Trades > 0)
        {
            yield return $"  The gate blocks {chance.TimeBlocked:P1} of the time, and {judgement.Skipped.Count} of "
                + $"{judgement.All.Trades} trades.";
            yield return "  " + Profit(judgement);
        }
        if (judgement.Skipped.Count > 0)
            foreach (var line in Blocked(chance))
                yield return line;
        if (chance.Tests is { } shifted)
            foreach (var (figure, test) in shifted.Where(test => !double.IsNaN(test.Value.P)))
                yield return $"  {figure}: blocking as much time at other times does at least as well with probability "
                    + $"{test.P:0.000}.";
        else if (judgement.All.Trades > 0)
            yield return "  The run is too short to compare it with blocking at other times.";
        foreach (var line in Tags(judgement, tests))
            yield return line;
        if (judgement.Additions is { } added)
            yield return $"  Of {added.Orders} orders that added to open trades, {added.Blocked} were filled in unsafe "
                + $"time. From there to the close of the trade the price moved {Percent(added.BlockedMovePct)} in its "
                + $"direction, for the others {Percent(added.AllowedMovePct)} (mean, without fees).";
        foreach (var (pair, other) in judgement.Substituted)
            yield return $"  Trades of {pair} are judged by the candles of {other}.";
        if (judgement.OpenTrades > 0)
            yield return $"  {judgement.OpenTrades} trades are still open and not included.";
        foreach (var (pair, count) in judgement.WarmingUp)
            yield return $"  {count} trades of {pair} are not included: they were entered before the end of the "
                + "warm-up.";
        foreach (var (pair, count) in judgement.Uncovered)
            yield return $"  {count} trades of {pair} are not included: no candles cover them.";
        foreach (var sentence in judgement.Unknown)
            yield return "  " + sentence;
    }

    private static string Profit(Judgement judgement)
    {
        var (all, kept) = (judgement.All, judgement.Kept);
        if (double.IsNaN(all.ProfitTotal))
        {
            var (sum, rest) = (all.ProfitMeanPct * all.Trades, 100 * judgement.Chance.ProfitKept);
            return $"All trades together earned {sum:0.00} % of one stake, if all stakes are equal; without the "
                + $"blocked ones {rest:0.00} %.";
        }
        return double.IsNaN(all.ProfitTotalPct)
            ? $"Profit with all trades {all.ProfitTotal:0.00}, without the blocked ones {kept.ProfitTotal:0.00}, in "
                + "the currency of the stakes."
            : $"Profit with all trades {all.ProfitTotalPct:0.00} %, without the blocked ones "
                + $"{kept.ProfitTotalPct:0.00} %.";
    }

    private static IEnumerable<string> Blocked(TradePlaceboResult chance)
    {
        var entries = chance.Entries;
        yield return $"  Mean profit of a trade in unsafe time {100 * entries.BlockedMean:0.000} "
            + $"%{Within(chance, "blocked_mean_pct")}, in safe time {Percent(100 * entries.AllowedMean)}; the "
            + $"difference is {Points(entries.EdgePct)}{Within(chance, "edge_pct")}.";
        if (double.IsFinite(entries.LoserLift))
            yield return $"  Unsafe time contains {entries.LosersBlocked:P1} of the losing trades and "
                + $"{entries.TradesBlocked:P1} of all trades, a ratio of "
                + $"{entries.LoserLift:0.00}{Within(chance, "loser_lift")}; relative to its share of time the ratio is "
                + $"{entries.LoserLiftByTime:0.00}.";
        if (double.IsFinite(entries.AllowedShortfall))
            yield return $"  The worst twentieth of the trades averages {100 * entries.Shortfall:0.00} %, without "
                + $"unsafe time {100 * entries.AllowedShortfall:0.00} %.";
        foreach (var (figure, test) in chance.EqualCount.Where(test => !double.IsNaN(test.Value.P)))
            yield return $"  {figure}: skipping as many other trades does at least as well with probability "
                + $"{test.P:0.000}.";
    }

    private static IEnumerable<string> Tags(Judgement judgement, int tests)
    {
        if (judgement.Tags.Count == 0)
            yield break;
        yield return tests > 0
            ? $"  Results per entry tag. 'by chance' is the probability that skipping as many other trades of the tag "
                + $"does at least as well; 'adjusted' accounts for {tests} such tests (Benjamini-Hochberg)."
            : "  Results per entry tag:";
        foreach (var tag in judgement.Tags.Take(MostTags))
        {
            var name = tag.Tag is null ? "without a tag" : $"'{tag.Tag}'";
            var shorts = tag.Shorts > 0 ? $" ({tag.Shorts} short)" : "";
            yield return double.IsNaN(tag.P)
                ? $"    {name}: {tag.Trades} trades{shorts}, {tag.Blocked} of them blocked; blocked and other trades "
                    + "cannot be compared."
                : $"    {name}: {tag.Trades} trades{shorts}, {tag.Blocked} of them blocked; mean profit "
                    + $"{Percent(tag.BlockedMeanPct)}, of the others {Percent(tag.AllowedMeanPct)}, a difference of "
                    + $"{Points(tag.EdgePct)}; by chance {tag.P:0.000}, adjusted {tag.AdjustedP:0.000}.";
        }
        if (judgement.Tags.Count > MostTags)
            yield return $"    {judgement.Tags.Count - MostTags} more tags with fewer trades: --json has them.";
    }

    private static string Percent(double value) => double.IsNaN(value) ? "unknown" : $"{value:0.000} %";

    private static string Points(double value) => double.IsNaN(value) ? "unknown" : $"{value:0.000} points";

    private static string Within(TradePlaceboResult chance, string figure) =>
        chance.Intervals[figure] is { } interval && double.IsFinite(interval.Low)
            ? $" (95 %: {interval.Low:0.00} to {interval.High:0.00})"
            : "";
}
