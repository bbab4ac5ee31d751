using System.Globalization;
using System.Text;
using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>
/// What a study shows for the gate and against it, in sentences that a trader reads in a minute.
/// docs/decisions/0087 has the rules.
/// </summary>
public static class Verdict
{
    private const int MarketsInText = 3;

    private static readonly (ClaimKind Kind, string Heading, string Prefix)[] s_groups =
    [
        (ClaimKind.For, "What it is good for", "Good for"),
        (ClaimKind.Against, "What it is not good for", "Not good for"),
        (ClaimKind.Open, "What is not shown", "Not shown"),
    ];

    /// <summary>Returns every claim that the study has figures for.</summary>
    public static IReadOnlyList<Claim> Of(StudyFigures study)
    {
        var claims = new List<Claim?>
        {
            Volatility(study),
            Pooled(
                study,
                "worst_lift",
                1,
                "It blocks the worst entries more often than others.",
                "It blocks the worst entries less often than others.",
                "It is not shown to block the worst entries more often than others.",
                f => $"It blocks the worst tenth of entries {f} times as often as entries in general."
            ),
            Pooled(
                study,
                "excursion_gain_pct",
                0,
                "It avoids entries that move far against the position.",
                "It allows entries that move further against the position.",
                "It is not shown to avoid entries that move far against the position.",
                f => $"Blocked entries move {f} percentage points further against the position than allowed ones."
            ),
            Pooled(
                study,
                "loser_lift",
                1,
                "It blocks losing entries more often than others.",
                "It does not avoid losing entries.",
                "It is not shown to avoid losing entries.",
                f => $"It blocks losing entries {f} times as often as entries in general."
            ),
            Pooled(
                study,
                "edge_pct",
                0,
                "Blocked entries earn less than allowed ones.",
                "Blocked entries earn more than allowed ones.",
                "Blocked entries are not shown to earn less than allowed ones.",
                f => $"The mean profit of allowed minus that of blocked entries, in percent of the stake, is {f}."
            ),
            Money(study),
            Stake(study),
            Direction(study),
            Forecast(study),
        };
        return [.. claims.OfType<Claim>()];
    }

    /// <summary>Returns each claim as one sentence that begins with its group.</summary>
    internal static IEnumerable<string> Sentences(StudyFigures study)
    {
        var claims = Of(study);
        return s_groups.SelectMany(group =>
            claims.Where(claim => claim.Kind == group.Kind).Select(c => $"{group.Prefix}: {c.Title} {c.Text}")
        );
    }

    internal static void Append(StringBuilder text, StudyFigures study)
    {
        var claims = Of(study);
        text.Append(
            CultureInfo.InvariantCulture,
            $"Numbers in parentheses are 95 % intervals; of {claims.Count} claims, {0.05 * claims.Count:0.0} would be "
                + $"decided by chance if nothing had an effect. [Methodology](methodology.md) has the definitions.\n\n"
        );
        foreach (var (kind, heading, _) in s_groups)
        {
            Claim[] own = [.. claims.Where(claim => claim.Kind == kind)];
            if (own.Length == 0 && kind != ClaimKind.For)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"## {heading}\n\n");
            if (own.Length == 0)
                text.Append("Nothing that this study shows.\n");
            foreach (var claim in own)
                text.Append(CultureInfo.InvariantCulture, $"- **{claim.Title}** {claim.Text}\n");
            text.Append('\n');
        }
    }

    private static Claim? Volatility(StudyFigures study)
    {
        (CalibrationFigures Market, DecileTable Score)[] markets =
        [
            .. Markets(study)
                .Select(market => (market, Score: ScoreOf(market)))
                .Where(market => market.Score.Bins.Count > 1),
        ];
        if (markets.Length == 0)
            return null;
        var kind = Together(
            markets.Select(m =>
            {
                var intervals = m.Market.Result.Intervals;
                var (ratio, rank) = (Of(intervals.VolatilityRatio, 1), Of(intervals.VolatilityCorrelation, 0));
                return ratio == rank ? ratio : ClaimKind.Open;
            })
        );
        var each = markets.Select(m =>
        {
            var (bins, intervals) = (m.Score.Bins, m.Market.Result.Intervals);
            return $"{In(study, m.Market)}{Percent(bins[0].Volatility, intervals.BinVolatility[0], 2)} after the "
                + $"lowest tenth of scores and {Percent(bins[^1].Volatility, intervals.BinVolatility[^1], 2)} after "
                + "the highest, with a rank correlation of "
                + $"{With(m.Score.VolatilityCorrelation, intervals.VolatilityCorrelation)}";
        });
        return new(
            kind,
            Title(
                kind,
                "It ranks how volatile the next hours are.",
                "It ranks how volatile the next hours are in the wrong order.",
                "It is not shown to rank how volatile the next hours are."
            ),
            $"Over the next {ResultsText.Hours} hours, mean realised volatility is {Join(each)}."
        );
    }

    private static Claim? Pooled(
        StudyFigures study,
        string figure,
        double neutral,
        string good,
        string bad,
        string open,
        Func<string, string> text
    )
    {
        if (study.Pooled is not [var all, ..] || double.IsNaN(all.EqualCount[figure].Value))
            return null;
        var (test, interval) = (all.EqualCount[figure], all.Intervals[figure]);
        var kind = Of(interval, neutral) switch
        {
            ClaimKind.For when test.P < 0.05 => ClaimKind.For,
            ClaimKind.Against when test.P > 0.95 => ClaimKind.Against,
            _ => ClaimKind.Open,
        };
        return new(
            kind,
            Title(kind, good, bad, open),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{text(With(test.Value, interval))} 90 % of gates that block as many other entries reach "
                    + $"{test.PlaceboLow:0.00} to {test.PlaceboHigh:0.00}."
            )
        );
    }

    private static Claim Money(StudyFigures study)
    {
        var v = study.GateConclusion;
        var cells = study.Cells.Where(c => c.Role == GateRole.Policy).ToArray();
        // The opposite one-sided p-value.
        var worse = cells.Select(c => 1 - c.Tests[GatedFigures.Primary].P + (1.0 / (study.Shifts + 1))).ToArray();
        static int Significant(double[] p) => MultipleTests.Holm(p).Count(adjusted => adjusted < 0.05);
        static double Change(Cell c) => Math.Round(c.Gated.ProfitTotalPct - c.Ungated.ProfitTotalPct, 2);
        var kind =
            v.Beats ? ClaimKind.For
            : Significant(worse) > 0 ? ClaimKind.Against
            : ClaimKind.Open;
        return new(
            kind,
            Title(kind, "It raises profit.", "It does not raise profit.", "It is not shown to change profit."),
            $"Of {cells.Length} strategies and periods, {cells.Count(c => Change(c) > 0)} end with more money than "
                + $"without the gate and {cells.Count(c => Change(c) < 0)} with less. Against gates that block as much "
                + $"at random times, {v.Surviving} are better and {Significant(worse)} worse after correction for the "
                + "number of tests."
        );
    }

    // For a strategy that loses, any smaller stake is better. So those with a profit decide.
    private static Claim? Stake(StudyFigures study)
    {
        const string name = "gain_at_shortfall_pct_per_year";
        if (study.Pooled is not [var all, ..] || double.IsNaN(all.EqualCount[name].Value))
            return null;
        static string Of(PooledEntries row, string figure) =>
            With(row.EqualCount[figure].Value, row.Intervals[figure], 1);
        var earning = study.Pooled.FirstOrDefault(row => row.Name == EntryPool.Profitable);
        var kind = Verdict.Of((earning ?? all).Intervals[name], 0);
        var text =
            $"Per strategy, pair and year, it adds {Of(all, name)} percent of the stake to the profit of a constant "
            + $"stake that has the same expected shortfall, and {Of(all, "gain_pct_per_year")} to that of the full "
            + "stake.";
        if (earning is not null)
            text +=
                $" For strategies that have a profit without it, these are {Of(earning, name)} and "
                + $"{Of(earning, "gain_pct_per_year")}.";
        return new(
            kind,
            Title(
                kind,
                "It earns more than a smaller stake of the same risk.",
                "A smaller stake of the same risk earns more.",
                "It is not shown to earn more than a smaller stake of the same risk."
            ),
            text
        );
    }

    private static Claim? Direction(StudyFigures study)
    {
        (CalibrationFigures Market, BlockedRow Row)[] markets =
        [
            .. Markets(study)
                .Select(m => (m, m.Result.Blocked.First(row => row.HorizonHours == ResultsText.Hours)))
                .Where(m => double.IsFinite(m.Item2.ReturnBlocked - m.Item2.ReturnAllowed)),
        ];
        if (markets.Length == 0)
            return null;
        // Lower returns after blocked hours are for the gate.
        var kind = Together(
            markets.Select(m =>
                Of(m.Market.Result.Intervals.ReturnDifference, 0) switch
                {
                    ClaimKind.For => ClaimKind.Against,
                    ClaimKind.Against => ClaimKind.For,
                    _ => ClaimKind.Open,
                }
            )
        );
        var each = markets.Select(m =>
        {
            var intervals = m.Market.Result.Intervals;
            var difference = m.Row.ReturnBlocked - m.Row.ReturnAllowed;
            return $"{In(study, m.Market)}{Percent(difference, intervals.ReturnDifference, 3)}, and the rank "
                + $"correlation of score and return {With(ScoreOf(m.Market).ReturnCorrelation, intervals.ReturnCorrelation)}";
        });
        return new(
            kind,
            Title(
                kind,
                "Prices do worse after blocked hours.",
                "Prices do better after blocked hours.",
                "It is not shown to predict the direction of the price."
            ),
            $"Over the next {ResultsText.Hours} hours, the mean return after blocked minus that after allowed hours is "
                + $"{Join(each)}."
        );
    }

    private static Claim? Forecast(StudyFigures study)
    {
        (CalibrationFigures Market, ForecastRow Own, ForecastRow Rival)[] markets =
        [
            .. Markets(study)
                .Select(m =>
                {
                    var rows = m.Result.Forecasts.First(f => f.HorizonHours == ResultsText.Hours).Rows;
                    return (
                        m,
                        rows.First(r => r.Name == "remora_score"),
                        rows.First(r => r.Name == VolatilityForecasts.Benchmark)
                    );
                })
                .Where(m => double.IsFinite(m.Item2.DieboldMariano)),
        ];
        if (markets.Length == 0)
            return null;
        var kind = Together(
            markets.Select(m =>
                m.Own.P >= 0.05 ? ClaimKind.Open
                : m.Own.DieboldMariano > 0 ? ClaimKind.Against
                : ClaimKind.For
            )
        );
        var each = markets.Select(m =>
        {
            var loss = m.Own.Qlike - m.Rival.Qlike;
            var error = 1.96 * Math.Abs(loss / m.Own.DieboldMariano);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{In(study, m.Market)}{With(loss, new(loss - error, loss + error), 3)}, with an R² of "
                    + $"{m.Own.R2:0.00} against {m.Rival.R2:0.00}"
            );
        });
        return new(
            kind,
            Title(
                kind,
                "It forecasts volatility better than past volatility alone.",
                "Past volatility alone is the better forecast of volatility.",
                "It is not shown to forecast volatility better than past volatility alone."
            ),
            $"The loss (QLIKE) of the score as a forecast {ResultsText.Hours} hours ahead, minus that of HAR-RV, is "
                + $"{Join(each)}."
        );
    }

    /// <summary>
    /// Returns the calibration of each pair over the first period, with its first timeframe.
    /// </summary>
    internal static IEnumerable<CalibrationFigures> Markets(StudyFigures study) =>
        study
            .Calibration.Where(c => c.Period == study.Calibration[0].Period)
            .DistinctBy(PairOf)
            .Where(c => c.Result.Deciles.Any(IsScore));

    /// <summary>Returns the market's name without its timeframe.</summary>
    internal static string PairOf(CalibrationFigures market) => market.Market[..market.Market.LastIndexOf(' ')];

    internal static DecileTable ScoreOf(CalibrationFigures market) => market.Result.Deciles.First(IsScore);

    private static bool IsScore(DecileTable table) =>
        table.Measure == "score" && table.HorizonHours == ResultsText.Hours;

    private static string In(StudyFigures study, CalibrationFigures market) =>
        Markets(study).Skip(1).Any() ? $"for {PairOf(market)} " : "";

    private static string Join(IEnumerable<string> parts)
    {
        string[] all = [.. parts];
        var shown = string.Join("; ", all.Take(MarketsInText));
        return all.Length <= MarketsInText ? shown : $"{shown}; and {all.Length - MarketsInText} more markets below";
    }

    // The kind of a figure whose whole interval is on one side of a value.
    private static ClaimKind Of(Interval interval, double neutral) =>
        interval.Low > neutral ? ClaimKind.For
        : interval.High < neutral ? ClaimKind.Against
        : ClaimKind.Open;

    private static ClaimKind Together(IEnumerable<ClaimKind> kinds)
    {
        ClaimKind[] all = [.. kinds.Distinct()];
        return all.Length == 1 ? all[0] : ClaimKind.Open;
    }

    private static string Title(ClaimKind kind, string good, string bad, string open) =>
        kind switch
        {
            ClaimKind.For => good,
            ClaimKind.Against => bad,
            _ => open,
        };

    private static string Percent(double ratio, Interval interval, int digits) =>
        With(100 * ratio, new(100 * interval.Low, 100 * interval.High), digits, " %");

    /// <summary>Writes a value with its interval.</summary>
    internal static string With(double value, Interval interval, int digits = 2, string unit = "")
    {
        var format = "0." + new string('0', digits);
        string Number(double number) => number.ToString(format, CultureInfo.InvariantCulture);
        return double.IsNaN(interval.Low)
            ? $"{Number(value)}{unit} (no interval)"
            : $"{Number(value)}{unit} ({Number(interval.Low)} to {Number(interval.High)})";
    }
}

/// <summary>A statement about the gate that the figures decide.</summary>
/// <param name="Kind">Whether it is for the gate.</param>
/// <param name="Title">The statement.</param>
/// <param name="Text">Its numbers with 95 % intervals.</param>
public sealed record Claim(ClaimKind Kind, string Title, string Text);

/// <summary>What the figures say about a claim.</summary>
public enum ClaimKind
{
    /// <summary>The interval is beyond the neutral value, in favour of the gate.</summary>
    For,

    /// <summary>The interval is beyond the neutral value, against the gate.</summary>
    Against,

    /// <summary>The interval includes the neutral value, or markets disagree.</summary>
    Open,
}
