using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>Prints the entries that bots wanted, and what became of them.</summary>
internal static class DecisionsText
{
    /// <summary>Prints the summary, and the newest entries as a table.</summary>
    public static void Print(JsonElement answer)
    {
        Console.WriteLine($"Decisions from {answer.GetProperty("from")} to {answer.GetProperty("to")}");
        Console.WriteLine(answer.GetProperty("sentence").GetString());
        if (!answer.GetProperty("is_complete").GetBoolean())
            Console.WriteLine("Only the newest 5,000 entries of this span count.");
        var summary = answer.GetProperty("summary");
        foreach (var group in (string[])["refused", "allowed"])
            Print(group, summary.GetProperty(group));
        if (summary.GetProperty("overlapping").GetInt32() is > 0 and var overlapping)
            Console.WriteLine(
                $"  {overlapping} more refused entries do not count: an earlier one of the same bot and pair would "
                    + "still have been open."
            );
        foreach (var test in summary.GetProperty("equal_count").EnumerateObject())
            if (test.Value.GetProperty("p").ValueKind == JsonValueKind.Number)
                Console.WriteLine(
                    $"  {test.Name} {Number(test.Value, "value", "0.000")}: refusing as many other entries does at "
                        + $"least as well with probability {Number(test.Value, "p", "0.000")}."
                );
        if (answer.GetProperty("decisions").GetArrayLength() > 0)
            PrintEntries(answer.GetProperty("decisions"));
    }

    private static void Print(string name, JsonElement group)
    {
        if (group.GetProperty("entries").GetInt32() == 0)
            return;
        var horizons = group.GetProperty("horizons").EnumerateObject();
        Console.WriteLine(
            $"  {name}: {group.GetProperty("entries")} entries, {group.GetProperty("ended")} ended, "
                + $"{group.GetProperty("losers")} of these with a loss, mean profit {Percent(group, "mean_profit")}; "
                + $"after {string.Join(", ", horizons.Select(one => $"{one.Name} {Percent(one.Value)}"))}"
        );
    }

    private static void PrintEntries(JsonElement entries)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in (string[])["at", "bot", "pair", "side", "verdict", "by", "1h", "4h", "24h", "end"])
            table.AddColumn(new TableColumn(column).NoWrap());
        foreach (var entry in entries.EnumerateArray())
        {
            var (report, outcome) = (entry.GetProperty("report"), entry.GetProperty("outcome"));
            var horizons = outcome.GetProperty("horizons");
            var reasons = report.GetProperty("blocked_by");
            var end = outcome.GetProperty("exit_reason").GetString() ?? outcome.GetProperty("state").GetString();
            table.AddRow([
                .. new[]
                {
                    report.GetProperty("at").ToString(),
                    report.GetProperty("bot").ToString(),
                    report.GetProperty("pair").ToString(),
                    report.GetProperty("side").ToString(),
                    report.GetProperty("verdict").ToString(),
                    reasons.ValueKind == JsonValueKind.Array ? string.Join(", ", reasons.EnumerateArray()) : "",
                    Percent(horizons, "1h"),
                    Percent(horizons, "4h"),
                    Percent(horizons, "24h"),
                    $"{end} {Percent(outcome, "profit")}",
                }.Select(Markup.Escape),
            ]);
        }
        Terminal.Data.Write(table);
    }

    private static string Percent(JsonElement owner, string name) => Percent(owner.GetProperty(name));

    private static string Percent(JsonElement ratio) =>
        ratio.ValueKind == JsonValueKind.Number
            ? (100 * ratio.GetDouble()).ToString("0.00", CultureInfo.InvariantCulture) + " %"
            : "-";

    private static string Number(JsonElement owner, string name, string format) =>
        owner.GetProperty(name).GetDouble().ToString(format, CultureInfo.InvariantCulture);
}
