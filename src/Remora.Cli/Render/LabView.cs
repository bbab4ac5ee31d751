using Remora.Backtest.Chance;
using Remora.Backtest.Lab;
using Remora.Markets;
using Spectre.Console;
using static System.FormattableString;

namespace Remora.Cli.Render;

/// <summary>Prints what the lab found.</summary>
internal static class LabView
{
    /// <summary>Prints the figures of a tried policy.</summary>
    public static void Print(LabTrial trial)
    {
        var span = trial.Span;
        Console.WriteLine(
            $"{trial.Exchange} {trial.Pair} {trial.Timeframe}, {Day(span.From)} to {Day(span.SealedFrom)}"
        );
        Console.WriteLine(trial.Summary);
        if (trial.Beside is { } beside)
            Console.WriteLine(beside);
        Console.WriteLine(trial.Odds);
        Print(trial.Comparison);
        foreach (var note in trial.Notes)
            Console.WriteLine(note);
    }

    /// <summary>Prints a policy that was saved.</summary>
    public static void Print(LabSaved saved, string file)
    {
        Print(saved.Trial);
        Console.WriteLine();
        Console.WriteLine(saved.SealedSummary);
        if (saved.Sealed is { } opened)
            Print(opened);
        Console.WriteLine($"Saved to {file}: start the service with 'remora serve --policy {file}'.");
    }

    private static void Print(LabComparison comparison)
    {
        var gates = Columns("gate", "time blocked", "worst hours met", "95 %", "lift", "95 %");
        foreach (
            var (gate, what) in new[]
            {
                (comparison.Tried, "tried"),
                (comparison.Today, "today's"),
                (comparison.TodayAtEqualTime, "today's, at equal time"),
                (comparison.Simple, "ATR / price, at equal time"),
            }
        )
            gates.AddRow(
                Cells(
                    gate == comparison.Simple ? what : $"{gate.Gate} ({what})",
                    Percent(gate.TimeBlocked),
                    Percent(gate.WorstMet),
                    Between(gate.WorstMetInterval, Percent),
                    Number(gate.Lift),
                    Between(gate.LiftInterval, Number)
                )
            );
        Terminal.Data.Write(gates);
        if (comparison.Tried.Tails.Count == 0)
            return;
        var tails = Columns("worst twentieth", "gate", "trades", "mean size", "tail", "constant stake", "gain", "95 %");
        foreach (var (tried, today) in comparison.Tried.Tails.Zip(comparison.TodayAtEqualTime.Tails))
        {
            tails.AddRow(Cells(tried.Strategy, "tried", tried));
            tails.AddRow(Cells("", "today's, at equal time", today));
        }
        Terminal.Data.Write(tails);
    }

    private static Text[] Cells(string strategy, string gate, LabTail tail) =>
        Cells(
            strategy,
            gate,
            Invariant($"{tail.Trades}"),
            Number(tail.MeanSize),
            Points(tail.TailPct),
            Points(tail.ConstantPct),
            Points(tail.GainPct),
            Between(tail.Gain, Points)
        );

    private static Text[] Cells(params IEnumerable<string> cells) => [.. cells.Select(cell => new Text(cell))];

    private static Table Columns(params IReadOnlyList<string> names)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in names)
            table.AddColumn(new TableColumn(new Text(name)) { NoWrap = true });
        return table;
    }

    private static string Day(Instant midnight) => midnight.ToString()[..10];

    private static string Between(Interval interval, Func<double, string> format) =>
        double.IsNaN(interval.Low) ? "unknown" : $"{format(interval.Low)} to {format(interval.High)}";

    private static string Percent(double ratio) => double.IsNaN(ratio) ? "unknown" : Invariant($"{100 * ratio:0.0} %");

    private static string Points(double percent) => double.IsNaN(percent) ? "unknown" : Invariant($"{percent:0.00} %");

    private static string Number(double value) => double.IsNaN(value) ? "unknown" : Invariant($"{value:0.00}");
}
