using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Remora.Cli.Render;

/// <summary>
/// Renders outside sources as a table: one row per value, or one row for a source without values.
/// </summary>
internal static class SourceTable
{
    public static IRenderable Render(IReadOnlyList<JsonElement> sources)
    {
        if (sources.Count == 0)
            return new Text("outside sources are disabled (sources = false)\n");
        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in new[] { "source", "state", "signal", "value", "age", "next attempt" })
            table.AddColumn(new TableColumn(name) { NoWrap = true });
        table.AddColumn("last error");
        foreach (var source in sources)
        {
            var health = source.GetProperty("health");
            var values = source.GetProperty("values").EnumerateArray().ToList();
            foreach (var value in values)
                AddRow(table, health, Signal(value), Number(value.GetProperty("value")), Age(value));
            if (values.Count == 0)
                AddRow(table, health, "", "", "");
            if (!health.TryGetProperty("stand_ins", out var standIns))
                continue;
            foreach (var standIn in standIns.EnumerateArray())
                AddRow(table, standIn, "fallback", "", "");
        }
        return table;
    }

    private static void AddRow(Table table, JsonElement health, string signal, string value, string age)
    {
        string[] cells =
        [
            Word(health, "name"),
            Word(health, "state"),
            signal,
            value,
            age,
            Word(health, "next_try"),
            Error(health),
        ];
        table.AddRow([.. cells.Select(cell => new Text(cell))]);
    }

    private static string Signal(JsonElement value) =>
        Word(value, "signal") + (Word(value, "base") is { Length: > 0 } name ? " " + name : "");

    /// <summary>
    /// Formats the calendar: its state and the next event, then until when forecasts know dates.
    /// </summary>
    public static string Calendar(JsonElement calendar)
    {
        var events = calendar.GetProperty("upcoming").EnumerateArray().ToList();
        var next =
            events.Count == 0 ? "no event is scheduled" : $"next {Word(events[0], "name")} at {Word(events[0], "at")}";
        var state = Word(calendar, "state") switch
        {
            "starting" => "the file does not exist",
            "degraded" => $"degraded, {next}; {Error(calendar)}",
            var other => $"{other}, {next}",
        };
        return $"calendar {Word(calendar, "file")}: {state}{Forecasts(calendar)}";
    }

    private static string Forecasts(JsonElement calendar)
    {
        if (!calendar.TryGetProperty("forecasts", out var forecasts) || forecasts.ValueKind != JsonValueKind.Object)
            return "";
        var kinds = forecasts
            .GetProperty("kinds")
            .EnumerateObject()
            .Select(kind => $"{kind.Name} {kind.Value.GetString()}");
        var known = string.Join(", ", kinds);
        return $"\nforecasts know dates until: {(known.Length == 0 ? "unknown" : known)}"
            + (Word(forecasts, "problem") is { Length: > 0 } problem ? $"\n{problem}" : "");
    }

    private static string Age(JsonElement value)
    {
        var text = AgeText.Of(value.GetProperty("age_seconds").GetDouble());
        return value.GetProperty("stale").GetBoolean() ? text + ", stale" : text;
    }

    private static string Error(JsonElement health) =>
        health.TryGetProperty("last_error", out var error) && error.ValueKind == JsonValueKind.Object
            ? $"{Word(error, "kind")}: {Word(error, "message")}"
            : "";

    private static string Number(JsonElement value) =>
        value.GetDouble().ToString("0.######", CultureInfo.InvariantCulture);

    private static string Word(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString()! : "";
}
