using System.Globalization;
using System.Text;
using Remora.Backtest.Chance;
using Remora.Backtest.Evidence;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Study;
using Remora.Forecasts;

namespace Remora.Backtest.Report;

/// <summary>Writes the evidence for the forecast and the policy by it as Markdown.</summary>
internal static class EvidenceText
{
    private const string Benchmark = "har_season";
    private const string Middle = "4h"; // the horizon of findings
    private const string Fall = "0.02";

    /// <summary>Returns the findings in sentences; none without evidence.</summary>
    public static IEnumerable<string> Findings(StudyFigures study)
    {
        if (study.Forecast is not { } evidence)
            yield break;
        (string Pair, HorizonEvaluation Figures)[] middle = [.. Judged(evidence, Middle)];
        if (middle.Length > 0)
        {
            yield return $"Forecast of volatility, {Middle} ahead, R² of log realised variance beside HAR with hour of "
                + $"week: {Join(middle.Select(m => $"{m.Pair} {N(R2(m.Figures, ForecastCoefficients.Model), "0.000")} "
                    + $"against {N(R2(m.Figures, Benchmark), "0.000")}"))}.";
            yield return $"Calibration error of 'fall > 2 % in {Middle}', in percentage points: "
                + $"{Join(middle.Select(m => $"{m.Pair} {N(ErrorOf(m.Figures), "0.00")}"))} "
                + "(mean distance of stated and observed share over tenths).";
        }
        (string Pair, string Horizon, HorizonEvaluation Figures)[] all = [.. All(evidence)];
        yield return "Losses beyond the value at risk of 99 %: "
            + $"{Join(all.Select(a => $"{a.Pair} {a.Horizon} {N(100 * a.Figures.Var["0.99"].Hits, "0.00")} %"))}.";
        var skills = all.SelectMany(a => a.Figures.Drawdown.Values).ToArray();
        yield return $"Probabilities of a fall: {skills.Count(IsBaseRate)} of {skills.Length} are not shown to be better "
            + "than the base rate, which is the share of such falls known at the time.";
        if (evidence.Gates is { } gates)
        {
            var other = gates.Differences[0];
            yield return $"Gates at an equal blocked time of {gates.BlockedShare:P0}: share of the worst 5 % of entries "
                + $"met, mean of {gates.Cells.Count} cells: "
                + $"{Join(gates.Gates.Select((gate, i) => $"{gate} {N(gates.Means[i], "0.000")}"))}. "
                + $"{gates.Gates[0]} minus {other.Gate}: {With(other.Mean, other.Interval, "0.000")}, below it in "
                + $"{other.CellsBelow} cells. By the rule of decision 100, {gates.Gates[0]} "
                + $"{(gates.RuleHolds ? "is" : "is not")} the default policy.";
        }
        foreach (var sizes in evidence.Sizes.GroupBy(row => row.Sizes))
            yield return $"Sizes by the forecast ({sizes.Key}) beside the constant stake of equal expected shortfall, mean "
                + "return of 24 hours in percent: "
                + $"{Join(sizes.Select(r => $"{r.Market} {With(r.MeanGainPct, r.MeanGain, "0.000")}"))}; "
                + "beside that of "
                + "equal mean exposure, expected shortfall: "
                + $"{Join(sizes.Select(r => $"{r.Market} {With(r.ShortfallGainPct, r.ShortfallGain, "0.00")}"))}.";
    }

    /// <summary>Appends the sections; none without evidence.</summary>
    public static void Append(StringBuilder text, StudyFigures study)
    {
        if (study.Forecast is not { } evidence)
            return;
        text.Append(
            CultureInfo.InvariantCulture,
            $"## The forecast\n\nFrom {evidence.From} to {evidence.Until}, one forecast at each full hour, with the "
                + $"coefficients that were fitted on earlier data only. [Forecasts](forecast.md) explains the "
                + $"figures.\n\n"
        );
        foreach (var finding in Findings(study))
            text.Append(CultureInfo.InvariantCulture, $"- {finding}\n");
        text.Append('\n');
        Models(text, evidence);
        Falls(text, evidence);
        Losses(text, evidence);
        Stops(text, evidence);
        Gates(text, evidence);
        Sizes(text, evidence);
    }

    /// <summary>
    /// Returns the mean distance between stated and observed share over the tenths, weighted by
    /// their hours.
    /// </summary>
    public static double CalibrationError(DrawdownFigures figures) =>
        figures.Reliability.Sum(tenth => tenth[2] * Math.Abs(tenth[0] - tenth[1]))
        / figures.Reliability.Sum(tenth => tenth[2]);

    /// <summary>
    /// Whether the interval of the skill includes 0, so that the base rate is as good.
    /// </summary>
    public static bool IsBaseRate(DrawdownFigures figures) => !(figures.Interval[0] > 0);

    private static void Models(StringBuilder text, ForecastEvidence evidence)
    {
        string[] models = [.. All(evidence).Take(1).SelectMany(a => a.Figures.Models.Keys)];
        text.Append("R² of the log of realised variance / QLIKE (a lower value is better):\n\n");
        Header(text, ["pair", "horizon", "hours", .. models]);
        foreach (var (pair, horizon, figures) in All(evidence))
            Row(
                text,
                [
                    pair,
                    horizon,
                    $"{figures.Hours}",
                    .. models.Select(m =>
                        $"{N(figures.Models[m].R2, "0.000")} / {N(figures.Models[m].Qlike, "0.000")}"
                    ),
                ]
            );
    }

    private static void Falls(StringBuilder text, ForecastEvidence evidence)
    {
        text.Append(
            "\n### Probabilities of a fall\n\nBrier skill against the base rate, with its 95 % interval. Where the "
                + "interval includes 0, the probability is labelled *base rate*: it says no more than how often such "
                + "falls happen. Calibration: mean distance of stated and observed share over tenths of the hours, in "
                + "percentage points, and the share stated and observed in the highest tenth.\n\n"
        );
        Header(text, ["pair", "horizon", "fall", "skill", "label", "calibration", "highest tenth"]);
        foreach (var (pair, horizon, figures) in All(evidence))
        foreach (var (fall, skill) in figures.Drawdown)
        {
            var tenth = skill.Reliability is [.., var last] ? last : null;
            Row(
                text,
                [
                    pair,
                    horizon,
                    $"{100 * double.Parse(fall, CultureInfo.InvariantCulture):0} %",
                    With(skill.BrierSkill, new(skill.Interval[0], skill.Interval[1]), "0.000"),
                    IsBaseRate(skill) ? "base rate" : "better than the base rate",
                    N(100 * CalibrationError(skill), "0.00"),
                    tenth is null ? "" : $"{N(100 * tenth[0], "0.0")} % → {N(100 * tenth[1], "0.0")} %",
                ]
            );
        }
    }

    private static double ErrorOf(HorizonEvaluation figures) => 100 * CalibrationError(figures.Drawdown[Fall]);

    private static void Losses(StringBuilder text, ForecastEvidence evidence)
    {
        text.Append(
            "\n### Value at risk\n\nShare of losses beyond it, over horizons that do not overlap, with the p-values of "
                + "Kupiec (the share is as stated) and Christoffersen (hits are independent).\n\n"
        );
        Header(text, ["pair", "horizon", "level", "periods", "losses beyond it", "Kupiec", "Christoffersen"]);
        foreach (var (pair, horizon, figures) in All(evidence))
        foreach (var (level, var) in figures.Var)
            Row(
                text,
                [
                    pair,
                    horizon,
                    $"{100 * double.Parse(level, CultureInfo.InvariantCulture):0} %",
                    $"{var.N}",
                    $"{N(100 * var.Hits, "0.00")} %",
                    ResultsText.P(var.KupiecP),
                    ResultsText.P(var.ChristoffersenP),
                ]
            );
    }

    private static void Stops(StringBuilder text, ForecastEvidence evidence)
    {
        text.Append(
            "\n### Stops\n\nShare of the stops that were touched, in percent, at the distances stated for each chance: "
                + "of long / of short positions.\n\n"
        );
        Header(text, ["pair", "horizon", "hours", .. StopTouches.Chances.Select(c => $"stated {100 * c:0}")]);
        foreach (var row in evidence.Stops)
            Row(
                text,
                [
                    row.Market,
                    row.Horizon,
                    $"{row.Hours}",
                    .. row.Long.Zip(row.Short, (l, s) => $"{N(100 * l, "0.0")} / {N(100 * s, "0.0")}"),
                ]
            );
    }

    private static void Gates(StringBuilder text, ForecastEvidence evidence)
    {
        if (evidence.Gates is not { } gates)
            return;
        text.Append(
            CultureInfo.InvariantCulture,
            $"\n### Gates at equal blocked time\n\nEach gate blocks while its number is among the highest of its own "
                + $"last 180 days, so that it blocks {gates.BlockedShare:P0} of the hours. Share of the worst 5 % of "
                + $"entries (by the lowest price within the horizon) that it meets; {gates.BlockedShare:P0} is chance. "
                + $"[Decision 100](decisions/0100-how-the-default-policy-is-chosen.md) fixed this before it was "
                + $"computed. It is no profit: a gate that meets more bad hours also meets more good ones.\n\n"
        );
        Header(text, ["pair", "horizon", "entries", .. gates.Gates]);
        foreach (var cell in gates.Cells)
            Row(text, [cell.Market, cell.Horizon, $"{cell.Entries}", .. cell.Met.Select(met => N(met, "0.000"))]);
        Row(text, ["mean", "", "", .. gates.Means.Select(mean => N(mean, "0.000"))]);
        text.Append('\n');
        foreach (var other in gates.Differences)
            text.Append(
                CultureInfo.InvariantCulture,
                $"- {gates.Gates[0]} minus {other.Gate}: {With(other.Mean, other.Interval, "0.000")}; below it in "
                    + $"{other.CellsBelow} of {gates.Cells.Count} cells.\n"
            );
    }

    private static void Sizes(StringBuilder text, ForecastEvidence evidence)
    {
        text.Append(
            "\n### Sizes beside a smaller constant stake\n\nA long position over the 24 hours after each full hour, "
                + "sized by `position_scale` of remora-2 (at most 1), in percent of the full stake. A smaller constant "
                + "stake takes risk away too: first the stake with the same expected shortfall (mean of the worst "
                + "twentieth), then the one with the same mean exposure.\n\n"
        );
        Header(
            text,
            [
                "pair",
                "sizes",
                "entries",
                "mean return",
                "stake of equal shortfall",
                "mean return at it",
                "difference",
                "stake of equal exposure",
                "shortfall",
                "shortfall at it",
                "difference",
            ]
        );
        foreach (var row in evidence.Sizes)
            Row(
                text,
                [
                    row.Market,
                    row.Sizes,
                    $"{row.Entries}",
                    N(row.MeanPct, "0.000"),
                    N(row.StakeOfEqualShortfall, "0.00"),
                    N(row.StakeOfEqualShortfall * row.FullMeanPct, "0.000"),
                    With(row.MeanGainPct, row.MeanGain, "0.000"),
                    N(row.Exposure, "0.00"),
                    N(row.ShortfallPct, "0.00"),
                    N(row.Exposure * row.FullShortfallPct, "0.00"),
                    With(row.ShortfallGainPct, row.ShortfallGain, "0.00"),
                ]
            );
        text.Append('\n');
    }

    private static IEnumerable<(string Pair, string Horizon, HorizonEvaluation Figures)> All(
        ForecastEvidence evidence
    ) =>
        evidence.Pairs.SelectMany(pair =>
            pair.Value.Where(horizon => horizon.Value.Hours > 0).Select(h => (pair.Key, h.Key, h.Value))
        );

    private static IEnumerable<(string Pair, HorizonEvaluation Figures)> Judged(
        ForecastEvidence evidence,
        string horizon
    ) => All(evidence).Where(a => a.Horizon == horizon).Select(a => (a.Pair, a.Figures));

    private static double R2(HorizonEvaluation figures, string model) => figures.Models[model].R2;

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts);

    private static string With(double value, Interval interval, string format) =>
        $"{N(value, format)} ({N(interval.Low, format)} to {N(interval.High, format)})";

    private static void Header(StringBuilder text, IReadOnlyList<string> names)
    {
        Row(text, names);
        text.Append(CultureInfo.InvariantCulture, $"|{string.Concat(names.Select(_ => "---|"))}\n");
    }

    private static void Row(StringBuilder text, IReadOnlyList<string> cells) =>
        text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");

    private static string N(double value, string format) => ResultsText.Number(value, format);
}
