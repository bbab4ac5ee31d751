using Remora.Backtest.Chance;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report.Charts;

/// <summary>Draws the charts that results begin with.</summary>
internal static class StudyCharts
{
    /// <summary>Returns the charts that the study has figures for.</summary>
    public static IReadOnlyList<Chart> Of(StudyFigures study)
    {
        var charts = new List<Chart>();
        CalibrationFigures[] markets =
        [
            .. Verdict.Markets(study).Where(market => Verdict.ScoreOf(market).Bins.Count > 1),
        ];
        if (markets.Length > 0)
        {
            var title = $"Volatility in the {ResultsText.Hours} hours after low and high scores";
            charts.Add(
                new(
                    "volatility",
                    title,
                    $"Mean realised volatility with 95 % intervals, period {markets[0].Period}.",
                    VolatilityChart.Draw(title, markets)
                )
            );
        }
        AddRows(
            charts,
            study,
            "worst-entries",
            "How often the worst tenth of entries is blocked, relative to all entries",
            "Dot: the gate with its 95 % interval. Bar: 90 % of gates that block as many other entries. 1: no effect.",
            1,
            2,
            row =>
                new(
                    row.Name,
                    row.EqualCount["worst_lift"].Value,
                    row.Intervals["worst_lift"],
                    new(row.EqualCount["worst_lift"].PlaceboLow, row.EqualCount["worst_lift"].PlaceboHigh),
                    double.NaN
                )
        );
        AddRows(
            charts,
            study,
            "cost",
            "What the gate adds per year, in percent of the stake",
            "Dot with 95 % interval: compared with a smaller stake of equal expected shortfall. Square: with "
                + "the full stake.",
            0,
            1,
            row =>
                new(
                    row.Name,
                    row.EqualCount["gain_at_shortfall_pct_per_year"].Value,
                    row.Intervals["gain_at_shortfall_pct_per_year"],
                    Interval.None,
                    row.EqualCount["gain_pct_per_year"].Value
                )
        );
        return charts;
    }

    private static void AddRows(
        List<Chart> charts,
        StudyFigures study,
        string name,
        string title,
        string legend,
        double neutral,
        int digits,
        Func<PooledEntries, Row> rowOf
    )
    {
        Row[] rows = [.. study.Pooled.Select(rowOf).Where(row => !double.IsNaN(row.Value))];
        if (rows.Length > 0)
            charts.Add(new(name, title, legend, RowChart.Draw(name, title, legend, neutral, digits, rows)));
    }
}

/// <summary>A chart.</summary>
/// <param name="Name">The end of its file's name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Caption">What it shows, in one or two sentences.</param>
/// <param name="Svg">The text of its SVG file.</param>
internal sealed record Chart(string Name, string Title, string Caption, string Svg);
