using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Remora.Cli.Render;

/// <summary>Renders tracked pairs as a table.</summary>
internal static class PairTable
{
    public static IRenderable Render(IReadOnlyList<JsonElement> pairs)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in new[] { "pair", "exchange", "timeframe", "state", "last candle", "revised" })
            table.AddColumn(new TableColumn(name) { NoWrap = true });
        table.AddColumn("reason");
        foreach (var pair in pairs)
        {
            var (exchange, source) = (Word(pair, "exchange"), Word(pair, "source"));
            string[] cells =
            [
                Word(pair, "pair") + (IsAdded(pair) ? " (added)" : ""),
                exchange == source ? exchange : $"{exchange} (from {source})",
                Word(pair, "timeframe"),
                pair.GetProperty("refused_level").ValueKind == JsonValueKind.Object ? "refused" : Word(pair, "state"),
                (Word(pair, "as_of") is { Length: > 0 } asOf ? asOf : "none")
                    + (pair.GetProperty("stale").GetBoolean() ? ", stale" : ""),
                pair.GetProperty("candles_revised").GetRawText(),
                Word(pair, "reason"),
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }
        return table;
    }

    private static bool IsAdded(JsonElement pair) =>
        pair.TryGetProperty("added", out var added) && added.ValueKind == JsonValueKind.True;

    private static string Word(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString()! : "";
}
