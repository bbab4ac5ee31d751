using System.Globalization;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report.Charts;

/// <summary>Draws the volatility after each tenth of the scores, one line per pair.</summary>
internal static class VolatilityChart
{
    private const int Width = 760;
    private const int Height = 400;
    private const double Left = 60;
    private const double Right = Width - 24;
    private const double Top = 72;
    private const double Bottom = Height - 56;

    public static string Draw(string title, IReadOnlyList<CalibrationFigures> markets)
    {
        var drawn = markets.Take(Svg.MaxSeries).ToArray();
        var description = string.Join(
            ' ',
            drawn.Select(market =>
            {
                var bins = Verdict.ScoreOf(market).Bins;
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Verdict.PairOf(market)}: {bins[0].Volatility:P2} after the lowest scores, "
                        + $"{bins[^1].Volatility:P2} after the highest."
                );
            })
        );
        var svg = new Svg("volatility", Width, Height, title, description);
        var highest = drawn.Max(market =>
            Verdict
                .ScoreOf(market)
                .Bins.Zip(
                    market.Result.Intervals.BinVolatility,
                    (bin, interval) => Math.Max(bin.Volatility, double.IsNaN(interval.High) ? 0 : interval.High)
                )
                .Max()
        );
        var scale = new Scale(0, 100 * highest, Bottom, Top);
        foreach (var tick in scale.Ticks)
        {
            svg.Line(Left, scale.At(tick), Right, scale.At(tick), "grid");
            svg.Text(Left - 8, scale.At(tick) + 4, scale.Label(tick), "number faint end");
        }
        var most = drawn.Max(market => Verdict.ScoreOf(market).Bins.Count);
        for (var bin = 0; bin < most; bin++)
            svg.Text(
                X(bin, most),
                Bottom + 20,
                (bin + 1).ToString(CultureInfo.InvariantCulture),
                "number faint middle"
            );
        svg.Text(
            (Left + Right) / 2,
            Bottom + 42,
            "tenth of the scores, the lowest first; volatility in percent",
            "faint middle"
        );
        var at = Left;
        for (var series = 0; series < drawn.Length; series++)
        {
            var name = Verdict.PairOf(drawn[series]);
            svg.Mark(at + 6, 46, series);
            svg.Text(at + 16, 50, name, "faint");
            at += 40 + (7.5 * name.Length);
            Series(svg, scale, drawn[series], series, drawn.Length);
        }
        return svg.Write();
    }

    private static double X(int bin, int bins) => Left + ((bin + 0.5) / bins * (Right - Left));

    private static void Series(Svg svg, Scale scale, CalibrationFigures market, int series, int count)
    {
        var bins = Verdict.ScoreOf(market).Bins;
        var intervals = market.Result.Intervals.BinVolatility;
        var aside = (series - ((count - 1) / 2.0)) * 7; // keeps intervals apart
        svg.Polyline(bins.Select((bin, i) => (X(i, bins.Count) + aside, scale.At(100 * bin.Volatility))), series);
        for (var i = 0; i < bins.Count; i++)
        {
            var x = X(i, bins.Count) + aside;
            if (!double.IsNaN(intervals[i].Low))
            {
                var (low, high) = (scale.At(100 * intervals[i].Low), scale.At(100 * intervals[i].High));
                svg.Line(x, low, x, high, $"line s{series}");
                svg.Line(x - 3, low, x + 3, low, $"line s{series}");
                svg.Line(x - 3, high, x + 3, high, $"line s{series}");
            }
            svg.Mark(x, scale.At(100 * bins[i].Volatility), series);
        }
    }
}
