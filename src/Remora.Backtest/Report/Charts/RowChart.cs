using Remora.Backtest.Chance;

namespace Remora.Backtest.Report.Charts;

/// <summary>
/// Draws one row per strategy and pair: a value with its interval, beside a neutral value and what
/// it is compared with.
/// </summary>
internal static class RowChart
{
    private const int MaxRows = 60;
    private const int Width = 760;
    private const double Left = 210;
    private const double Right = Width - 180;
    private const double Top = 66;
    private const double RowHeight = 26;

    /// <param name="name">The name of the chart, which its ids begin with.</param>
    /// <param name="title">The title.</param>
    /// <param name="legend">What the marks mean.</param>
    /// <param name="neutral">The value at which the gate changes nothing.</param>
    /// <param name="digits">The number of decimals of printed values.</param>
    /// <param name="rows">The rows.</param>
    public static string Draw(
        string name,
        string title,
        string legend,
        double neutral,
        int digits,
        IReadOnlyList<Row> rows
    )
    {
        rows = [.. rows.Take(MaxRows)];
        var bottom = Top + (rows.Count * RowHeight);
        string Words(Row row) => Verdict.With(row.Value, row.Interval, digits);
        var svg = new Svg(
            name,
            Width,
            (int)bottom + 40,
            title,
            $"{legend} {string.Join(' ', rows.Select(row => $"{row.Label}: {Words(row)}."))}"
        );
        svg.Text(16, 46, legend, "faint");
        var (low, high) = Range(neutral, rows);
        var scale = new Scale(low, high, Left, Right);
        foreach (var tick in scale.Ticks)
        {
            svg.Line(scale.At(tick), Top, scale.At(tick), bottom, "grid");
            svg.Text(scale.At(tick), bottom + 20, scale.Label(tick), "number faint middle");
        }
        svg.Line(scale.At(neutral), Top, scale.At(neutral), bottom, "zero");
        for (var i = 0; i < rows.Count; i++)
        {
            var (row, y) = (rows[i], Top + ((i + 0.5) * RowHeight));
            svg.Text(Left - 12, y + 4, row.Label, "end");
            svg.Text(Width - 16, y + 4, Words(row), "number end");
            if (!double.IsNaN(row.Band.Low))
                svg.Rectangle(
                    scale.At(row.Band.Low),
                    y - 6,
                    scale.At(row.Band.High) - scale.At(row.Band.Low),
                    12,
                    "band"
                );
            if (!double.IsNaN(row.Other))
                svg.Mark(scale.At(row.Other), y, 1, isHollow: true);
            if (!double.IsNaN(row.Interval.Low))
                svg.Whisker(scale.At(row.Interval.Low), scale.At(row.Interval.High), y, (Left, Right), 0);
            svg.Mark(scale.At(row.Value), y, 0);
        }
        return svg.Write();
    }

    // Includes every value. A few wide intervals must not squeeze the others: their ends are drawn
    // as arrows.
    private static (double Low, double High) Range(double neutral, IReadOnlyList<Row> rows)
    {
        double[] values =
        [
            neutral,
            .. rows.SelectMany(row => new[] { row.Value, row.Band.Low, row.Band.High, row.Other })
                .Where(double.IsFinite),
        ];
        var (low, high) = (values.Min(), values.Max());
        var room = Math.Max(high - low, 1e-9) / 2;
        double[] ends =
        [
            low,
            high,
            .. rows.SelectMany(row => new[] { row.Interval.Low, row.Interval.High })
                .Where(end => end >= low - room && end <= high + room),
        ];
        return (ends.Min(), ends.Max());
    }
}

/// <summary>A row of a chart.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Value">The value.</param>
/// <param name="Interval">Its interval.</param>
/// <param name="Band">The range of the placebos; NaN for none.</param>
/// <param name="Other">A second value; NaN for none.</param>
internal readonly record struct Row(string Label, double Value, Interval Interval, Interval Band, double Other);
