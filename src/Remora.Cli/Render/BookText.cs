using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>Prints the risk of a portfolio.</summary>
internal static class BookText
{
    /// <summary>Prints the sentence, the positions, the candidate and the named days.</summary>
    public static void Print(JsonElement answer)
    {
        Console.WriteLine(answer.GetProperty("summary").GetString());
        Console.WriteLine();
        var horizon = answer.GetProperty("horizon").GetString()!;
        PrintFigures(answer, horizon);
        PrintPositions(answer, horizon);
        PrintCandidate(answer.GetProperty("candidate"), answer.GetProperty("limit"));
        PrintStress(answer.GetProperty("stress"));
        foreach (var unknown in answer.GetProperty("unknown").EnumerateArray())
            Console.WriteLine($"not counted: {unknown.GetProperty("pair")}, {Words(unknown.GetProperty("reason"))}");
        foreach (var note in answer.GetProperty("notes").EnumerateArray())
            Console.WriteLine(note.GetString());
    }

    private static void PrintFigures(JsonElement answer, string horizon)
    {
        var (risk, shortfall) = (answer.GetProperty("value_at_risk"), answer.GetProperty("expected_shortfall"));
        var table = NewTable($"within {horizon}", "of the wallet", "money");
        Row("volatility", answer.GetProperty("volatility"));
        Row("loss exceeded 1 time in 20", risk.GetProperty("0.95"));
        Row("loss exceeded 1 time in 100", risk.GetProperty("0.99"));
        Row("mean loss beyond the first", shortfall.GetProperty("0.95"));
        Row("mean loss beyond the second", shortfall.GetProperty("0.99"));
        Terminal.Data.Write(table);

        void Row(string name, JsonElement ratio) =>
            table.AddRow(name, Percent(ratio), Money(ratio, answer.GetProperty("wallet").GetDouble()));
    }

    private static void PrintPositions(JsonElement answer, string horizon)
    {
        var table = NewTable("pair", "side", "notional", "volatility", "share", "without it", "stop", "liquidation");
        foreach (var position in answer.GetProperty("positions").EnumerateArray())
            table.AddRow(
                position.GetProperty("pair").GetString()!,
                position.GetProperty("side").GetString()!,
                Number(position.GetProperty("notional"), "0.##"),
                Percent(position.GetProperty("volatility")),
                Number(position.GetProperty("share_percent"), "0.0") + " %",
                Percent(position.GetProperty("without").GetProperty("volatility")),
                Chance(position.GetProperty("stop"), horizon),
                Chance(position.GetProperty("liquidation"), horizon)
            );
        Terminal.Data.Write(table);
        Console.WriteLine(
            $"share: of the volatility of the book, below 0 for a hedge; without it: the volatility when it is closed; "
                + $"stop, liquidation: the chance that it is touched within {horizon}"
        );
    }

    private static void PrintCandidate(JsonElement candidate, JsonElement limit)
    {
        if (candidate.ValueKind != JsonValueKind.Object)
            return;
        var with = candidate.GetProperty("with");
        var name = $"{candidate.GetProperty("pair")} {candidate.GetProperty("side")}";
        if (with.ValueKind == JsonValueKind.Object)
            Console.WriteLine(
                $"with {name} {Number(candidate.GetProperty("notional"), "0.##")}: "
                    + $"volatility {Percent(with.GetProperty("volatility"))}, "
                    + $"value at risk at 95 % {Percent(with.GetProperty("value_at_risk").GetProperty("0.95"))}"
            );
        if (limit.ValueKind == JsonValueKind.Number)
            Console.WriteLine(
                $"largest {name} that keeps the value at risk at {Percent(limit)}: "
                    + Number(candidate.GetProperty("largest_notional"), "0.##")
            );
    }

    private static void PrintStress(JsonElement stress)
    {
        var table = NewTable("if it happened again", "of the wallet", "money", "moved as BTC times its beta");
        foreach (var day in stress.EnumerateArray())
            table.AddRow(
                Words(day.GetProperty("name")),
                Percent(day.GetProperty("return")),
                Number(day.GetProperty("money"), "0.00"),
                string.Join(", ", day.GetProperty("by_beta").EnumerateArray().Select(pair => pair.GetString()))
            );
        Terminal.Data.Write(table);
    }

    private static string Chance(JsonElement level, string horizon) =>
        level.ValueKind == JsonValueKind.Object ? Percent(level.GetProperty("probability").GetProperty(horizon)) : "-";

    private static string Words(JsonElement name) => name.GetString()!.Replace('_', ' ');

    private static Table NewTable(params IReadOnlyList<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).NoWrap());
        return table;
    }

    private static string Percent(JsonElement ratio) =>
        ratio.ValueKind == JsonValueKind.Number
            ? (ratio.GetDouble() * 100).ToString("0.00", CultureInfo.InvariantCulture) + " %"
            : "-";

    private static string Money(JsonElement ratio, double wallet) =>
        ratio.ValueKind == JsonValueKind.Number
            ? (ratio.GetDouble() * wallet).ToString("0.00", CultureInfo.InvariantCulture)
            : "-";

    private static string Number(JsonElement number, string format) =>
        number.ValueKind == JsonValueKind.Number
            ? number.GetDouble().ToString(format, CultureInfo.InvariantCulture)
            : "-";
}
