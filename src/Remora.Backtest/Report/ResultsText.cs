using System.Globalization;
using System.Text;
using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Backtest.Report.Charts;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>
/// Writes the results in sentences and tables as Markdown. The text is computed from the figures
/// alone, so that it always matches them.
/// </summary>
public static class ResultsText
{
    /// <summary>The horizon of the findings, in hours.</summary>
    internal const int Hours = 4;

    /// <summary>Returns the first line of every report: the verdict.</summary>
    public static string Headline(StudyFigures study)
    {
        var v = study.GateConclusion;
        var numbers =
            $"in {v.BelowFivePercent} of {v.Cells} strategies and periods it ends with more money than 95 % of gates "
            + $"that block as much at random times ({v.ExpectedByLuck:0.0} expected by chance), in {v.Surviving} "
            + $"after correction for the number of tests, and in {v.AgainstTheGate} with less than 95 % of them.";
        return v.Beats
            ? $"The gate {study.Policy} beats the placebo: {numbers}"
            : $"The gate {study.Policy} does not beat the placebo: {numbers}";
    }

    /// <summary>Returns the findings in sentences, the verdict first.</summary>
    public static IReadOnlyList<string> Findings(StudyFigures study) =>
        [Headline(study), .. Verdict.Sentences(study), .. EvidenceText.Findings(study), .. Counts(study)];

    private static List<string> Counts(StudyFigures study)
    {
        var cells = study.Cells.Where(c => c.Role == GateRole.Policy).ToArray();
        var v = study.GateConclusion;
        var findings = new List<string>
        {
            $"Over all figures, {v.AllBelowFivePercent} of {v.AllTests} tests of the policy are below 0.05 "
                + $"({0.05 * v.AllTests:0.0} expected by chance); {v.AllDiscoveries} survive Benjamini and "
                + $"Hochberg's correction: {Discoveries(cells)}.",
            Lift("losing trades", cells, "loser_lift", c => c.Entries.LoserLift, c => c.Entries.LoserLiftByTime),
            Lift(
                "the worst tenth of trades",
                cells,
                "worst_lift",
                c => c.Entries.WorstLift,
                c => c.Entries.WorstLiftByTime
            ),
            Edge(cells),
            Harm(study, cells),
        };
        findings.AddRange(MoreMarketsText.Findings(study));
        findings.AddRange(Calibrated(study));
        return findings;
    }

    /// <summary>Returns the whole page.</summary>
    /// <param name="study">The figures.</param>
    /// <param name="files">The files that the page refers to.</param>
    public static string Markdown(StudyFigures study, ResultsFiles files)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Results: {study.Name}\n\n{Headline(study)}\n\n");
        Verdict.Append(text, study);
        foreach (var chart in StudyCharts.Of(study))
            text.Append(
                CultureInfo.InvariantCulture,
                $"![{chart.Title}]({files.ChartLink(chart)})\n\n{chart.Caption}\n\n"
            );
        if (files.ReportLink is { } report)
            text.Append(CultureInfo.InvariantCulture, $"The [report]({report}) has more charts.\n\n");
        EvidenceText.Append(text, study);
        text.Append("## Counts over strategies and periods\n\n");
        foreach (var finding in Counts(study))
            text.Append(CultureInfo.InvariantCulture, $"{finding}\n\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"Policy {study.Policy} ({study.PolicyId}), {study.Shifts} rotations per cell, seed {study.Seed}. "
                + $"The study generates this page: do not edit it.\n\n"
        );
        text.Append("## Data\n\n| market | candles | first | last | missing |\n|---|---|---|---|---|\n");
        foreach (var m in study.Markets)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {m.Market} | {m.Candles} | {m.First} | {m.Last} | {m.Missing:P1} |\n"
            );
        foreach (var file in study.Without)
            text.Append(CultureInfo.InvariantCulture, $"\nWithout {file}, which was missing.\n");
        foreach (var skipped in study.Skipped)
            text.Append(CultureInfo.InvariantCulture, $"\nNot run: {skipped}\n");

        text.Append(
            "\n## The gate against its placebo\n\nProfit and drawdown in percent of the starting balance, without "
                + "the gate and with it; p is one-sided, small for the gate, near 1 against it.\n\n"
        );
        text.Append(
            "| strategy | period | filled | blocked | trades | profit | p | Holm | drawdown | p "
                + "|\n|---|---|---|---|---|---|---|---|---|---|\n"
        );
        foreach (var c in study.Cells.Where(c => c.Role == GateRole.Policy))
            Row(text, study, c);

        text.Append(
            "\n## Blocked entries against others\n\nThe trades without the gate, split by whether the gate blocks "
                + "their entry. Profits, shortfall and excursion in percent of the stake, with 95 % intervals. "
                + "A lift is the share of these trades that is blocked, divided by the share of all trades that is "
                + "blocked (by time: divided by the share of time). p: how often a gate that blocks as many other "
                + "trades does as well.\n\n"
        );
        text.Append(
            "| strategy | period | trades blocked % | profit of a blocked trade | allowed minus blocked | p | "
                + "losers' lift | p | by time | worst tenth's lift | p | by time | shortfall gain | p | excursion "
                + "gain | p |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
        );
        foreach (var c in study.Cells.Where(c => c.Role == GateRole.Policy))
            EntryRow(text, study, c);

        MoreMarketsText.AppendStrategies(text, study);
        MoreMarketsText.AppendStakes(text, study);
        MoreMarketsText.AppendAfterHours(text, study);
        MoreMarketsText.AppendGates(text, study);
        MoreMarketsText.AppendThinMarkets(text, study);

        text.Append(
            "\n## A threshold tuned on the past\n\nProfit in percent over all windows but the first.\n\n| strategy "
                + "| ungated | tuned gate | mean of placebos | p | thresholds chosen |\n|---|---|---|---|---|---|\n"
        );
        foreach (var w in study.WalkForward)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Name(study, w.Market, w.Strategy)} | {w.Result.UngatedProfitPct:0.00} | "
                    + $"{w.Result.ProfitPct:0.00} | "
                    + $"{w.Result.PlaceboMeanPct:0.00} | {P(w.Result.P)} | "
                    + $"{string.Join(' ', w.Result.Chosen.Select(Threshold))} |\n"
            );
        CalibrationText.Append(text, study);
        return text.ToString();
    }

    internal static string P(double p) =>
        double.IsNaN(p) ? ""
        : p < 0.001 ? "<0.001"
        : string.Create(CultureInfo.InvariantCulture, $"{p:0.000}");

    internal static string Number(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";

    private static void Row(StringBuilder text, StudyFigures study, Cell c) =>
        text.Append(
            CultureInfo.InvariantCulture,
            $"| {Name(study, c.Market, c.Strategy)} | {c.Period} | {c.FilledShare:P0} | {c.TimeBlocked:P0} | "
                + $"{c.Ungated.Trades} → "
                + $"{c.Gated.Trades} | {c.Ungated.ProfitTotalPct:0.00} → {c.Gated.ProfitTotalPct:0.00} | "
                + $"{P(c.Tests[GatedFigures.Primary].P)} | {P(c.Holm)} | "
                + $"{c.Ungated.MaxRelativeDrawdownPct:0.0} → {c.Gated.MaxRelativeDrawdownPct:0.0} | "
                + $"{P(c.Tests["max_drawdown_pct"].P)} |\n"
        );

    private static void EntryRow(StringBuilder text, StudyFigures study, Cell c)
    {
        string Of(string figure, double value) =>
            double.IsFinite(value)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{value:0.00} ({Number(c.Intervals![figure].Low, "0.00")} to "
                        + $"{Number(c.Intervals[figure].High, "0.00")}) | {P(c.EqualCount![figure].P)}"
                )
                : " | ";
        var e = c.Entries;
        text.Append(
            CultureInfo.InvariantCulture,
            $"| {Name(study, c.Market, c.Strategy)} | {c.Period} | {Number(100 * e.TradesBlocked, "0.0")} | "
                + $"{Number(100 * e.BlockedMean, "0.00")} ({Number(c.Intervals!["blocked_mean_pct"].Low, "0.00")} to "
                + $"{Number(c.Intervals["blocked_mean_pct"].High, "0.00")}) | "
                + $"{Of("edge_pct", e.EdgePct)} | {Of("loser_lift", e.LoserLift)} | "
                + $"{Number(e.LoserLiftByTime, "0.00")} | {Of("worst_lift", e.WorstLift)} | "
                + $"{Number(e.WorstLiftByTime, "0.00")} | "
                + $"{Of("shortfall_gain_pct", e.ShortfallGainPct)} | {Of("excursion_gain_pct", e.ExcursionGainPct)} |\n"
        );
    }

    /// <summary>Returns the name of a strategy, with the pair when the study has several.</summary>
    internal static string Name(StudyFigures study, string market, string strategy) =>
        study.Cells.All(c => c.Market == market) ? strategy : $"{strategy} {market}";

    private static string Discoveries(Cell[] cells)
    {
        var tests = cells
            .SelectMany(c => c.Tests.Select(t => (t.Key, t.Value.P)))
            .Where(t => !double.IsNaN(t.P))
            .ToArray();
        var adjusted = MultipleTests.BenjaminiHochberg([.. tests.Select(t => t.P)]);
        var found = tests
            .Zip(adjusted)
            .Where(t => t.Second < 0.05)
            .GroupBy(t => t.First.Key)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .ToArray();
        return found.Length == 0 ? "none" : string.Join(", ", found.Select(g => $"{g.Count()} of {g.Key}"));
    }

    private static string Lift(
        string what,
        Cell[] cells,
        string test,
        Func<Cell, double> lift,
        Func<Cell, double> byTime
    )
    {
        var known = cells.Where(c => !double.IsNaN(lift(c))).ToArray();
        if (MedianLift(cells, lift) is not { } median || MedianLift(cells, byTime) is not { } timed)
            return $"There is no result for {what}.";
        return $"The gate blocks {median:0.00} times as large a share of {what} as of all trades (median of "
            + $"{known.Length} cells). This is above 95 % of the placebos that block as many trades in "
            + $"{known.Count(c => c.EqualCount![test].P < 0.05)}, and below 95 % of them in "
            + $"{known.Count(c => c.EqualCount![test].P > 0.95)}. Relative to the share of time, as in earlier "
            + $"versions, it is {timed:0.00}, because strategies trade less often in blocked time.";
    }

    /// <summary>Returns the median lift of the cells; null when no cell has one.</summary>
    internal static double? MedianLift(Cell[] cells, Func<Cell, double> lift)
    {
        var known = cells.Select(lift).Where(value => !double.IsNaN(value)).Order().ToArray();
        return known.Length == 0 ? null : known[known.Length / 2];
    }

    private static string Edge(Cell[] cells)
    {
        var known = cells.Where(c => !double.IsNaN(c.Entries.EdgePct)).ToArray();
        int Above(string figure) => known.Count(c => c.Intervals![figure].Low > 0);
        int Below(string figure) => known.Count(c => c.Intervals![figure].High < 0);
        return $"The mean profit of allowed trades is above that of blocked trades in "
            + $"{known.Count(c => c.Entries.EdgePct > 0)} of {known.Length} cells; the 95 % interval of the "
            + $"difference is above 0 in {Above("edge_pct")} and below it in {Below("edge_pct")}. "
            + $"The expected shortfall (the worst twentieth) improves without the blocked trades in "
            + $"{known.Count(c => c.Entries.ShortfallGainPct > 0)}, beyond its interval in "
            + $"{Above("shortfall_gain_pct")}. "
            + $"Blocked trades go further against the position than allowed trades in "
            + $"{known.Count(c => c.Entries.ExcursionGainPct > 0)}, beyond the interval in "
            + $"{Above("excursion_gain_pct")}.";
    }

    private static string Threshold(double value) => double.IsInfinity(value) ? "none" : Number(value, "0.00");

    private static string Harm(StudyFigures study, Cell[] cells)
    {
        var worse = cells.Where(c => c.Gated.ProfitTotalPct < c.Ungated.ProfitTotalPct - 0.005).ToArray();
        if (worse.Length == 0)
            return "In every cell the gate ends with at least as much money as no gate.";
        const int shown = 6;
        var named = worse
            .OrderBy(c => (100 + c.Gated.ProfitTotalPct) / (100 + c.Ungated.ProfitTotalPct))
            .Take(shown)
            .Select(cell => Change(study, cell));
        var which = worse.Length > shown ? ", most of all in " : ": ";
        return $"The gate ends with less money than no gate in {worse.Length} of {cells.Length} cells{which}"
            + $"{string.Join(", ", named)}.";
    }

    private static string Change(StudyFigures study, Cell c) =>
        $"{Name(study, c.Market, c.Strategy)} {c.Period} "
        + $"({c.Ungated.ProfitTotalPct:0.0} → {c.Gated.ProfitTotalPct:0.0} %)";

    private static IEnumerable<string> Calibrated(StudyFigures study)
    {
        if (study.Calibration is not [var c, ..])
            yield break;
        const int hours = Hours;
        var tables = c.Result.Deciles.Where(d => d.HorizonHours == hours).ToArray();
        var score = tables.First(t => t.Measure == "score");
        yield return $"Without any strategy ({c.Market}, {c.Period}, {hours} h ahead): realised volatility rises "
            + $"from {score.Bins[0].Volatility:P2} after the lowest tenth of the score to "
            + $"{score.Bins[^1].Volatility:P2} after the highest, the mean worst drawdown from "
            + $"{score.Bins[0].Drawdown:P2} to {score.Bins[^1].Drawdown:P2}; the rank correlation with volatility is "
            + $"{score.VolatilityCorrelation:0.00}, with the return {score.ReturnCorrelation:0.00}.";
        var parts = tables
            .Where(t => t.Measure != "score" && double.IsFinite(t.VolatilityCorrelation))
            .OrderByDescending(t => t.VolatilityCorrelation);
        yield return "Rank correlation of the score's parts with later volatility: "
            + $"{string.Join(", ", parts.Select(t => $"{t.Measure} {Number(t.VolatilityCorrelation, "0.00")}"))}.";
        var forecast = c.Result.Forecasts.First(f => f.HorizonHours == hours);
        var models = forecast
            .Rows.OrderBy(r => r.Qlike)
            .Select(r => $"{r.Name} {Number(r.R2, "0.00")} / {Number(r.Qlike, "0.000")}");
        yield return $"Forecasts of volatility {hours} h ahead, R² of its logarithm / QLIKE: "
            + $"{string.Join(", ", models)}.";
    }
}
