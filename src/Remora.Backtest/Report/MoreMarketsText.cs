using System.Globalization;
using System.Text;
using Remora.Backtest.Chance;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>
/// Writes the tables that compare strategies, sizes and hours over all markets as Markdown, and the
/// findings from them.
/// </summary>
internal static class MoreMarketsText
{
    public static IEnumerable<string> Findings(StudyFigures study)
    {
        foreach (var gate in study.Stakes.Select(row => row.Gate).Distinct())
            if (Stakes(study, gate) is { } stakes)
                yield return $"Beside a constant stake, {gate}: {stakes}";
        var after = study
            .AfterHours.SelectMany(a => a.Rows)
            .Where(r => r.HorizonHours == ResultsText.Hours && !double.IsNaN(r.DifferencePct))
            .ToArray();
        if (after.Length > 0)
            yield return $"Returns after blocked hours ({ResultsText.Hours} h ahead, no strategy): the mean return is "
                + $"higher after blocked than after allowed hours in {after.Count(r => r.DifferencePct > 0)} of "
                + $"{after.Length} markets and periods; the 95 % interval of the difference is above 0 in "
                + $"{after.Count(r => r.Difference.Low > 0)} and below it in "
                + $"{after.Count(r => r.Difference.High < 0)}. "
                + "Relative to their share of time, blocked hours have "
                + $"{Median(after.Select(r => r.WorstLift)):0.0} times "
                + $"the worst twentieth of the returns and {Median(after.Select(r => r.BestLift)):0.0} times the best "
                + "(medians).";
    }

    public static void AppendStrategies(StringBuilder text, StudyFigures study)
    {
        text.Append(
            "\n## Strategies before and after fees\n\nMean profit of a trade in percent of the stake, without a gate "
                + "and with an unlimited wallet, over all periods: before fees and after them. Of a strategy that "
                + "holds, a day counts as a trade, without fees.\n\n"
        );
        var markets = study.Cells.Select(c => c.Market).Distinct().ToArray();
        Header(text, ["strategy", .. markets.SelectMany(m => new[] { $"{m} trades", "before fees", "after fees" })]);
        foreach (var strategy in study.Cells.Select(c => c.Strategy).Distinct())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {strategy} |");
            foreach (var market in markets)
            {
                var all = study
                    .Cells.Where(c => c.Strategy == strategy && c.Market == market)
                    .Select(c => c.Baseline)
                    .OfType<BaselineFigures>()
                    .Where(b => b.Trades > 0)
                    .ToArray();
                var trades = all.Sum(b => b.Trades);
                double Mean(Func<BaselineFigures, double> of) => all.Sum(b => b.Trades * of(b)) / trades;
                text.Append(
                    CultureInfo.InvariantCulture,
                    $" {trades} | {N(Mean(b => b.GrossMeanPct), "0.000")} | {N(Mean(b => b.NetMeanPct), "0.000")} |"
                );
            }
            text.Append('\n');
        }
    }

    public static void AppendGates(StringBuilder text, StudyFigures study)
    {
        text.Append(
            "\n## Parts, thresholds and sizes\n\nMean profit over markets and periods in percent of the starting "
                + "balance, and in parentheses the number of cells with p below 0.05 and above 0.95.\n\n"
        );
        var gates = study.Cells.Select(c => c.Gate).Distinct().ToArray();
        Header(text, ["strategy", "cells", "ungated", .. gates]);
        foreach (var strategy in study.Cells.GroupBy(c => c.Strategy))
        {
            var family = strategy.Where(c => c.Role == GateRole.Policy).ToArray();
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {strategy.Key} | {family.Length} | {family.Average(c => c.Ungated.ProfitTotalPct):0.00} |"
            );
            foreach (var gate in gates)
            {
                var cells = strategy.Where(c => c.Gate == gate).ToArray();
                var p = cells.Select(c => c.Tests[GatedFigures.Primary].P).ToArray();
                text.Append(
                    CultureInfo.InvariantCulture,
                    $" {cells.Average(c => c.Gated.ProfitTotalPct):0.00} ({p.Count(v => v < 0.05)}, "
                        + $"{p.Count(v => v > 0.95)}) |"
                );
            }
            text.Append('\n');
        }
    }

    public static void AppendStakes(StringBuilder text, StudyFigures study)
    {
        text.Append(
            "\n## Beside a smaller constant stake\n\nA gate and a size below 1 take risk away, and so does a smaller "
                + "stake. Each row compares them over the trades of the ungated run of the whole span: mean profit "
                + "and expected "
                + "shortfall (mean of the worst twentieth) per trade, in percent of the full stake. *Equal shortfall*: "
                + "the constant stake with the same expected shortfall. *Equal exposure*: the constant stake with the "
                + "same mean money in the market. p is one-sided, from rotations of the sizes; intervals are 95 "
                + "%.\n\n"
        );
        Header(
            text,
            [
                "strategy",
                "sizes",
                "trades",
                "exposure",
                "mean profit",
                "stake of equal shortfall",
                "mean profit at it",
                "difference",
                "p",
                "mean profit at equal exposure",
                "difference",
                "p",
                "shortfall",
                "at equal exposure",
                "difference",
                "p",
            ]
        );
        foreach (var row in study.Stakes.Where(row => row.Trades > 0))
        {
            var (stake, f) = (row.Result, row.Result.Figures);
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {ResultsText.Name(study, row.Market, row.Strategy)} | "
                    + $"{row.Gate} | {row.Trades} | {N(f.Exposure, "0.00")} | {N(f.MeanPct, "0.000")} | "
                    + $"{N(f.StakeOfEqualShortfall, "0.00")} | {N(f.MeanAtShortfallPct, "0.000")} | "
                    + $"{Difference(stake, StakeTally.Names[1])} | {N(f.MeanAtExposurePct, "0.000")} | "
                    + $"{Difference(stake, StakeTally.Names[0])} | {N(f.ShortfallPct, "0.00")} | "
                    + $"{N(f.ShortfallAtExposurePct, "0.00")} | {Difference(stake, StakeTally.Names[2])} |\n"
            );
        }
    }

    public static void AppendAfterHours(StringBuilder text, StudyFigures study)
    {
        if (study.AfterHours.Count == 0)
            return;
        text.Append(
            "\n## Returns after blocked and after allowed hours\n\nMean return of the price in percent, without any "
                + "strategy, over horizons that do not overlap, with the 95 % interval of the difference. A positive "
                + "difference speaks against blocking. The last columns show the share of the worst and of the best "
                + "twentieth of the returns that begins in blocked time, divided by the share of blocked time.\n\n"
        );
        Header(
            text,
            [
                "market",
                "period",
                "hours ahead",
                "moments",
                "blocked",
                "after blocked",
                "after allowed",
                "difference",
                "worst",
                "best",
            ]
        );
        foreach (var a in study.AfterHours)
        foreach (var r in a.Rows)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {a.Market} | {a.Period} | {r.HorizonHours} | {r.Moments} | {r.BlockedShare:P0} | "
                    + $"{N(r.BlockedMeanPct, "0.000")} | {N(r.AllowedMeanPct, "0.000")} | "
                    + $"{WithInterval(r.DifferencePct, r.Difference, "0.000")} | {N(r.WorstLift, "0.0")} | "
                    + $"{N(r.BestLift, "0.0")} |\n"
            );
    }

    public static void AppendThinMarkets(StringBuilder text, StudyFigures study)
    {
        if (study.ThinMarkets.Count == 0)
            return;
        text.Append(
            "\n## Short, thin and dead markets\n\nNo data of delisted coins and small exchanges were available. *Real* "
                + "rows are real candles without their earlier history. *Simulated* rows are made from real candles: "
                + "trading is removed from some or all of them. Days are counted from the first candle. Clients treat "
                + "an answer in state unknown as a missing answer.\n\n"
        );
        Header(
            text,
            [
                "case",
                "candles from",
                "data",
                "candles",
                "missing",
                "without volume",
                "days to a score",
                "days to state ok",
                "answers in state ok",
                "mean confidence",
                "blocked",
            ]
        );
        foreach (var m in study.ThinMarkets)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {m.Name} | {m.Market}, {m.First} to {m.Last} | {(m.Real ? "real" : "simulated")} | {m.Candles} | "
                    + $"{m.Missing:P0} | {m.WithoutVolume:P0} | {Days(m.DaysToScore)} | {Days(m.DaysToOk)} | "
                    + $"{m.OkShare:P0} | {m.MeanConfidence:0.00} | {m.BlockedShare:P0} |\n"
            );
        text.Append("\nThe answers after the last candle, when no other arrives:\n\n");
        var minutes = study.ThinMarkets[0].After.Select(a => a.Minutes).ToArray();
        Header(text, ["case", .. minutes.Select(m => m < 1440 ? $"{m:0} minutes" : $"{m / 60:0} hours")]);
        foreach (var m in study.ThinMarkets)
            text.Append(CultureInfo.InvariantCulture, $"| {m.Name} | {string.Join(" | ", m.After.Select(Answer))} |\n");
    }

    private static string Answer(LaterAnswer a) =>
        $"{RemoraJson.NameOf(a.State)}, "
        + $"{(a.SafeToTrade ? "allowed" : "blocked by " + string.Join(", ", a.BlockedBy))}, "
        + $"confidence {N(a.Confidence, "0.00")}";

    private static string? Stakes(StudyFigures study, string gate)
    {
        var all = study
            .Stakes.Where(row => row.Gate == gate)
            .Select(row => row.Result)
            .Where(s => !double.IsNaN(s.Figures.StakeOfEqualShortfall))
            .ToArray();
        if (all.Length == 0)
            return null;
        int Above(int figure) => all.Count(s => s.Intervals[StakeTally.Names[figure]].Low > 0);
        int Below(int figure) => all.Count(s => s.Intervals[StakeTally.Names[figure]].High < 0);
        int Better(int figure) => all.Count(s => s.Tests[StakeTally.Names[figure]].Value > 0);
        return $"at equal expected shortfall the mean profit is higher in {Better(1)} of {all.Length} strategies and "
            + $"coins (beyond its interval in {Above(1)}, lower beyond it in {Below(1)}); at equal mean exposure the "
            + $"mean profit is higher in {Better(0)} ({Above(0)}, {Below(0)}) and the expected shortfall is smaller in "
            + $"{Better(2)} ({Above(2)}, {Below(2)}).";
    }

    private static string Difference(StakeComparison stake, string name) =>
        WithInterval(stake.Tests[name].Value, stake.Intervals[name], "0.000")
        + $" | {ResultsText.P(stake.Tests[name].P)}";

    private static string WithInterval(double value, Interval interval, string format) =>
        double.IsFinite(value) ? $"{N(value, format)} ({N(interval.Low, format)} to {N(interval.High, format)})" : "";

    private static string Days(double? days) => days is { } known ? N(known, "0.0") : "never";

    private static double Median(IEnumerable<double> values)
    {
        var known = values.Where(v => !double.IsNaN(v)).Order().ToArray();
        return known.Length == 0 ? double.NaN : known[known.Length / 2];
    }

    private static void Header(StringBuilder text, IReadOnlyList<string> names) =>
        text.Append(
            CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", names)} |\n|{string.Concat(names.Select(_ => "---|"))}\n"
        );

    private static string N(double value, string format) => ResultsText.Number(value, format);
}
