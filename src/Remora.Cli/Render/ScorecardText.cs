using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>Prints a track record.</summary>
internal static class ScorecardText
{
    /// <summary>Prints the record of all horizons, and its alarm.</summary>
    public static void Print(JsonElement scorecard)
    {
        var since = scorecard.GetProperty("since").GetString();
        Console.WriteLine(
            since is null
                ? $"{Name(scorecard)}: no forecast was published in time yet"
                : $"{Name(scorecard)}: forecasts from {scorecard.GetProperty("from")} to "
                    + $"{scorecard.GetProperty("to")}, published since {since}"
        );
        foreach (var horizon in scorecard.GetProperty("horizons").EnumerateObject())
            Print(horizon.Name, horizon.Value);
        Console.WriteLine();
        PrintAlarm(scorecard.GetProperty("alarm"));
    }

    /// <summary>Prints the record of books.</summary>
    public static void PrintBooks(JsonElement scorecard)
    {
        Console.WriteLine($"Books, {scorecard.GetProperty("horizon")} ahead, as if the positions had been held");
        var table = NewTable(
            "book",
            "since",
            "graded",
            "of hours",
            "bias",
            "level",
            "hits",
            "expected",
            "p",
            "shortfall"
        );
        foreach (var book in scorecard.GetProperty("books").EnumerateArray())
        foreach (var level in book.GetProperty("value_at_risk").EnumerateObject())
            table.AddRow(
                Markup.Escape(book.GetProperty("name").GetString()!),
                book.GetProperty("since").GetString()!,
                book.GetProperty("graded").ToString(),
                book.GetProperty("hours").ToString(),
                Number(book, "bias", "+0.00;-0.00"),
                level.Name,
                $"{level.Value.GetProperty("hits")} of {level.Value.GetProperty("n")}",
                Number(level.Value, "expected", "0.0"),
                Number(level.Value, "kupiec_p", "0.000"),
                Number(level.Value, "shortfall", "0.00")
            );
        if (table.Rows.Count == 0)
            Console.WriteLine("Nothing was stored yet: the fixed books need BTC/USDT, ETH/USDT and SOL/USDT");
        else
            Terminal.Data.Write(table);
    }

    private static string Name(JsonElement scorecard) =>
        $"{scorecard.GetProperty("pair")} on {scorecard.GetProperty("exchange")}, {scorecard.GetProperty("timeframe")}";

    private static void Print(string name, JsonElement horizon)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"{name} ahead: {horizon.GetProperty("graded")} of {horizon.GetProperty("hours")} hours graded, "
                + $"{horizon.GetProperty("independent")} horizons do not overlap"
        );
        foreach (var reason in horizon.GetProperty("not_graded").EnumerateObject())
            Console.WriteLine(
                $"  not graded, {reason.Name.Replace('_', ' ')}: {reason.Value.GetProperty("hours")} hours, "
                    + $"{reason.Value.GetProperty("in_storms")} of them in storms"
            );
        if (horizon.GetProperty("graded").GetInt64() == 0)
            return;
        var models = NewTable("model", "R2", "QLIKE", "hours");
        foreach (var model in horizon.GetProperty("models").EnumerateObject())
            models.AddRow(
                model.Name,
                Number(model.Value, "r2", "0.000"),
                Number(model.Value, "qlike", "0.000"),
                horizon.GetProperty("compared").ToString()
            );
        Terminal.Data.Write(models);
        var falls = NewTable("fall beyond", "predicted", "observed", "hours", "predicted → observed, by tenths");
        foreach (var fall in horizon.GetProperty("probability_of_drawdown").EnumerateObject())
            falls.AddRow(
                fall.Name,
                Number(fall.Value, "predicted", "0.000"),
                Number(fall.Value, "observed", "0.000"),
                fall.Value.GetProperty("n").ToString(),
                string.Join(
                    "  ",
                    fall.Value.GetProperty("reliability")
                        .EnumerateArray()
                        .Select(tenth => $"{Number(tenth, "predicted", "0.000")}→{Number(tenth, "observed", "0.000")}")
                )
            );
        Terminal.Data.Write(falls);
        var losses = NewTable("value at risk", "hits", "horizons", "share", "p (Kupiec)", "p (Christoffersen)");
        foreach (var level in horizon.GetProperty("value_at_risk").EnumerateObject())
            losses.AddRow(
                level.Name,
                level.Value.GetProperty("hits").ToString(),
                level.Value.GetProperty("n").ToString(),
                Number(level.Value, "share", "0.0000"),
                Number(level.Value, "kupiec_p", "0.000"),
                Number(level.Value, "christoffersen_p", "0.000")
            );
        Terminal.Data.Write(losses);
    }

    private static void PrintAlarm(JsonElement alarm)
    {
        var numbers =
            $"evidence {Number(alarm, "evidence", "0.##")}, highest this year {Number(alarm, "highest", "0.##")}, "
            + $"alarm at {alarm.GetProperty("threshold")} (false alarms a year: at most "
            + $"{alarm.GetProperty("false_alarms_per_year")})";
        if (!alarm.GetProperty("raised").GetBoolean())
        {
            Console.WriteLine($"The record does not contradict the claims: {numbers}");
            return;
        }
        Console.WriteLine($"THE RECORD CONTRADICTS THE CLAIMS since {alarm.GetProperty("raised_on")}: {numbers}");
        foreach (var day in alarm.GetProperty("days").EnumerateArray())
        {
            var claims = day.GetProperty("claims")
                .EnumerateArray()
                .Select(claim =>
                    $"{claim.GetProperty("horizon")} {claim.GetProperty("level")}: {claim.GetProperty("hits")} hits in "
                    + $"{claim.GetProperty("n")}"
                );
            Console.WriteLine(
                $"  {day.GetProperty("day")}: × {Number(day, "factor", "0.##")}  {string.Join(", ", claims)}"
            );
        }
    }

    private static Table NewTable(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).NoWrap());
        return table;
    }

    private static string Number(JsonElement owner, string name, string format) =>
        owner.GetProperty(name) is { ValueKind: JsonValueKind.Number } number
            ? number.GetDouble().ToString(format, CultureInfo.InvariantCulture)
            : "-";
}
