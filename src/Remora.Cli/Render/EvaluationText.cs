using System.Globalization;
using Remora.Backtest.Forecasts;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>Prints an evaluation of forecasts.</summary>
internal static class EvaluationText
{
    /// <summary>Prints the tables of all pairs and horizons.</summary>
    public static void Print(ForecastEvaluation evaluation)
    {
        Console.WriteLine(
            $"Forecasts from {evaluation.From} to {evaluation.Until}, coefficients "
                + string.Join(", ", evaluation.Coefficients)
        );
        Print(evaluation.Pairs);
        if (evaluation.InSample is null)
            return;
        Console.WriteLine();
        Console.WriteLine(
            "IN SAMPLE: the hours before the first coefficients were valid. The model has seen their outcomes, so the "
                + "figures prove nothing."
        );
        Print(evaluation.InSample);
    }

    private static void Print(IReadOnlyDictionary<string, IReadOnlyDictionary<string, HorizonEvaluation>> pairs)
    {
        foreach (var (pair, horizons) in pairs)
        {
            foreach (var (horizon, evaluation) in horizons)
            {
                Console.WriteLine();
                Console.WriteLine($"{pair}, {horizon} ahead, {evaluation.Hours} hours");
                if (evaluation.Hours == 0)
                    continue;
                Models(evaluation);
                Falls(evaluation);
                ValuesAtRisk(evaluation);
            }
        }
    }

    private static void Models(HorizonEvaluation evaluation)
    {
        var table = NewTable("model", "IC", "R2", "QLIKE", "DM");
        foreach (var (name, figures) in evaluation.Models)
            table.AddRow(
                name,
                Number(figures.Ic, "0.000"),
                Number(figures.R2, "0.000"),
                Number(figures.Qlike, "0.000"),
                Number(figures.Dm, "0.0")
            );
        Terminal.Data.Write(table);
    }

    private static void Falls(HorizonEvaluation evaluation)
    {
        var table = NewTable("fall beyond", "Brier skill", "95 % interval", "", "predicted → observed, by tenths");
        foreach (var (fall, figures) in evaluation.Drawdown)
        {
            // An interval that includes 0, or that does not exist, shows no skill.
            var isShown = figures.Interval[0] > 0;
            table.AddRow(
                fall,
                Number(figures.BrierSkill, "0.000"),
                $"{Number(figures.Interval[0], "0.000")} to {Number(figures.Interval[1], "0.000")}",
                isShown ? "" : "base rate",
                string.Join(
                    "  ",
                    figures.Reliability.Select(tenth => $"{Number(tenth[0], "0.000")}→{Number(tenth[1], "0.000")}")
                )
            );
        }
        Terminal.Data.Write(table);
    }

    private static void ValuesAtRisk(HorizonEvaluation evaluation)
    {
        var table = NewTable("value at risk", "hits", "horizons", "p (Kupiec)", "p (Christoffersen)");
        foreach (var (level, figures) in evaluation.Var)
            table.AddRow(
                level,
                Number(figures.Hits, "0.0000"),
                Number(figures.N, "0"),
                Number(figures.KupiecP, "0.000"),
                Number(figures.ChristoffersenP, "0.000")
            );
        Terminal.Data.Write(table);
    }

    private static Table NewTable(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).NoWrap());
        return table;
    }

    private static string Number(double value, string format) =>
        double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);
}
