using System.Globalization;
using System.Text;
using Remora.Backtest.Chance;
using Remora.Backtest.Portfolios;

namespace Remora.Backtest.Report;

/// <summary>Writes an evaluation of books as Markdown.</summary>
public static class PortfolioEvaluationText
{
    /// <summary>Returns the text.</summary>
    public static string Of(PortfolioEvaluation evaluation)
    {
        var text = new StringBuilder();
        text.AppendLine($"# Books of {string.Join(", ", evaluation.Pairs)}");
        text.AppendLine();
        text.AppendLine(
            $"From {evaluation.From} to {evaluation.Until}, at each full hour with the coefficients and tables that were"
        );
        text.AppendLine("known then. [Portfolio risk](portfolio.md) explains the figures.");
        text.AppendLine();
        text.AppendLine("## Variance");
        text.AppendLine();
        text.AppendLine("R² of the log of realised variance / QLIKE / mean log bias (above 0: forecast too large).");
        foreach (var horizon in evaluation.Variances.GroupBy(row => row.Horizon))
        {
            var books = horizon.Select(row => row.Book).Distinct().ToArray();
            Header(text, $"{horizon.Key} ahead", books);
            foreach (var model in horizon.GroupBy(row => row.Model))
                Row(
                    text,
                    [model.Key, .. model.Select(row => $"{Two(row.R2)} / {Two(row.Qlike)} / {Signed(row.Bias)}")]
                );
            Row(text, ["hours", .. horizon.GroupBy(row => row.Book).Select(book => $"{book.First().Hours}")]);
        }
        text.AppendLine();
        text.AppendLine("## Value at risk and expected shortfall");
        text.AppendLine();
        text.AppendLine(
            "Horizons that do not overlap; every model has tables of its own, by kind of book. Losses beyond"
        );
        text.AppendLine(
            "the value at risk in percent (Kupiec's p); then the losses beyond it over the expected shortfall"
        );
        text.AppendLine("with a 95 % interval: 1 is right, above 1 losses are larger than expected.");
        foreach (var group in evaluation.Losses.GroupBy(row => (row.Horizon, row.Level)))
        {
            var books = group.Select(row => row.Book).Distinct().ToArray();
            Header(text, $"{group.Key.Horizon}, {Percent(group.Key.Level)} %", books);
            foreach (var model in group.GroupBy(row => row.Model))
            {
                Row(text, [model.Key, .. model.Select(row => $"{Percent(row.Hits)} ({P(row.KupiecP)})")]);
                Row(text, ["shortfall", .. model.Select(row => $"{Two(row.Shortfall)} {Between(row.Interval, Two)}")]);
            }
            Row(text, ["periods", .. group.GroupBy(row => row.Book).Select(book => $"{book.First().Periods}")]);
        }
        text.AppendLine();
        text.AppendLine("## Sizes");
        text.AppendLine();
        text.AppendLine(
            "Random books that change daily, held for 24 hours. Sizes are 1 on average and at most 2. Shortfall:"
        );
        text.AppendLine(
            "mean loss of the worst twentieth of days, in percent of the wallet. Equal stake: the constant size"
        );
        text.AppendLine("with the same shortfall, and its mean return.");
        Header(
            text,
            "books",
            ["sizes by", "days", "shortfall", "less than constant", "mean", "equal stake", "its mean"]
        );
        foreach (var row in evaluation.Sizes)
            Row(
                text,
                [
                    row.Books,
                    row.Sizes,
                    $"{row.Days}",
                    Percent(row.Shortfall),
                    $"{Percent(row.Saved)} {Between(row.Interval, Percent)}",
                    Fine(row.Mean),
                    Two(row.EqualStake),
                    Fine(row.EqualMean),
                ]
            );
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static void Header(StringBuilder text, string first, IReadOnlyList<string> rest)
    {
        text.AppendLine();
        Row(text, [first, .. rest]);
        text.AppendLine("|---" + string.Concat(Enumerable.Repeat("|---", rest.Count)) + "|");
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendLine($"| {string.Join(" | ", cells)} |");

    private static string Two(double value) => Format(value, "0.00");

    private static string Signed(double value) => Format(value, "+0.00;-0.00;0.00");

    private static string Percent(double value) => Format(100 * value, "0.##");

    private static string Fine(double value) => Format(100 * value, "0.000");

    private static string P(double value) => value < 0.001 ? "<.001" : Format(value, "0.000");

    private static string Between(Interval interval, Func<double, string> format) =>
        double.IsNaN(interval.Low) ? "" : $"({format(interval.Low)} to {format(interval.High)})";

    private static string Format(double value, string format) =>
        double.IsNaN(value) ? "n/a" : value.ToString(format, CultureInfo.InvariantCulture);
}
