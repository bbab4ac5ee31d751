using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Real;

/// <summary>
/// An independent implementation of the same model on the same data gave these figures. A large
/// difference means an error in one of the two.
/// Score compared with the outcome of the next four hours, 2021-12 to 2023-10, after 30 days of
/// warm-up, with the fear index as the only outside value.
/// </summary>
[Collection(nameof(BtcReplay))]
public sealed class YardstickTests(BtcReplay replay)
{
    private const int Ahead = 48;
    private const double Tolerance = 0.15;

    [Fact]
    public void The_score_says_how_rough_it_will_be()
    {
        var rows = Rows();
        var (v, score) = (Correlation(rows, r => r.Volatility), Correlation(rows, r => r.Score));
        var deciles = rows.OrderBy(r => r.Score).Chunk((rows.Count + 9) / 10).ToArray();
        var (lowest, highest) = (100 * deciles[0].Average(r => r.Realised), 100 * deciles[^1].Average(r => r.Realised));
        var (calmFall, roughFall) = (
            -100 * deciles[0].Average(r => r.WorstFall),
            -100 * deciles[^1].Average(r => r.WorstFall)
        );
        var blocked = rows.Count(r => r.Blocked) / (double)rows.Count;
        var (fallBlocked, fallElse) = (
            -100 * rows.Where(r => r.Blocked).Average(r => r.WorstFall),
            -100 * rows.Where(r => !r.Blocked).Average(r => r.WorstFall)
        );
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rows.Count} candles: rank correlation of v {v:f3} and score {score:f3}; realised volatility "
                + $"{lowest:f2} % to {highest:f2} %, worst fall {calmFall:f2} % to {roughFall:f2} %; "
                + $"blocked {blocked:P1} of the time, with a worst fall of {fallBlocked:f2} % against {fallElse:f2} %"
        );
        Near(0.46, v);
        Near(0.44, score);
        Near(0.66, lowest);
        Near(1.88, highest);
        Near(0.42, calmFall);
        Near(1.33, roughFall);
        Near(0.29, blocked);
        Near(1.00, fallBlocked);
        Near(0.54, fallElse);
    }

    private static void Near(double yardstick, double measured) =>
        Assert.InRange(measured, yardstick * (1 - Tolerance), yardstick * (1 + Tolerance));

    private List<Row> Rows()
    {
        var (candles, assessments) = (replay.Candles, replay.Assessments);
        Instant from = Some.At("2021-12-31"),
            to = Some.At("2023-10-01");
        var rows = new List<Row>();
        for (var i = 0; i + Ahead < candles.Length; i++)
        {
            var assessment = assessments[i];
            if (assessment.AsOf < from || assessment.AsOf >= to || double.IsNaN(assessment.RiskScore))
                continue;
            // A gap in the outcome.
            if (candles[i + Ahead].OpenTime - candles[i].OpenTime != Ahead * TimeSpan.FromMinutes(5))
                continue;
            double squares = 0,
                worst = 0;
            for (var k = i + 1; k <= i + Ahead; k++)
            {
                var step = Math.Log(candles[k].Close / candles[k - 1].Close);
                squares += step * step;
                worst = Math.Min(worst, (candles[k].Close / candles[i].Close) - 1);
            }
            var blocked =
                assessment.RiskScore >= 0.70
                || assessment.EventFlags[RiskFlag.ExtremeFear] == true
                || assessment.EventFlags[RiskFlag.HighVolatility] == true;
            rows.Add(new(assessment.Volatility, assessment.RiskScore, Math.Sqrt(squares), worst, blocked));
        }
        return rows;
    }

    /// <summary>Spearman's rank correlation with later volatility.</summary>
    private static double Correlation(List<Row> rows, Func<Row, double> value)
    {
        double[] x = Ranks([.. rows.Select(value)]),
            y = Ranks([.. rows.Select(r => r.Realised)]);
        var mean = (rows.Count - 1) / 2.0;
        double xy = 0,
            xx = 0,
            yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }
        return xy / Math.Sqrt(xx * yy);
    }

    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort((double[])values.Clone(), order);
        var ranks = new double[values.Length];
        for (int i = 0, end; i < order.Length; i = end)
        {
            for (end = i + 1; end < order.Length && values[order[end]] == values[order[i]]; end++) { }
            // Ties have their mean rank.
            for (var k = i; k < end; k++)
                ranks[order[k]] = (i + end - 1) / 2.0;
        }
        return ranks;
    }

    private readonly record struct Row(
        double Volatility,
        double Score,
        double Realised,
        double WorstFall,
        bool Blocked
    );
}
