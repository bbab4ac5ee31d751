using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Remora.Cli.Render;

/// <summary>Renders an assessment as a card in the terminal.</summary>
internal static class RiskCard
{
    private const int BarLength = 24;

    public static IRenderable Render(JsonElement answer)
    {
        var (verdict, colour) = PairVerdict(answer);
        var rows = new List<IRenderable>
        {
            new Markup($"[bold {colour}]{verdict}[/]  {Blocked(answer)}".TrimEnd()),
            Text.Empty,
        };
        rows.Add(Figures(answer));
        rows.Add(Text.Empty);
        if (ForecastLine.Of(answer) is { } forecast)
        {
            rows.Add(new Text(forecast));
            rows.Add(Text.Empty);
        }
        if (answer.TryGetProperty("risk_breakdown", out var breakdown))
        {
            rows.Add(Parts(breakdown));
            rows.Add(Text.Empty);
        }
        if (answer.TryGetProperty("reasoning", out var reasoning))
            foreach (var sentence in reasoning.EnumerateArray())
                rows.Add(new Markup("[grey]·[/] " + Markup.Escape(sentence.GetString() ?? "")));
        return new Panel(new Rows(rows))
        {
            Header = new PanelHeader($" {Title(answer)} "),
            Border = BoxBorder.Rounded,
            BorderStyle = Style.Parse(colour),
            Padding = new(2, 1),
        };
    }

    private static (string, string) PairVerdict(JsonElement answer) =>
        Name(answer, "recommendation") switch
        {
            "no_entry" => ("NO ENTRY", "red"),
            _ when Name(answer, "state") == "unknown" => ("UNKNOWN", "yellow"),
            "entry_ok" => ("ENTRY OK", "green"),
            _ => ("CAUTION", "yellow"),
        };

    private static string Blocked(JsonElement answer)
    {
        var names = answer.TryGetProperty("blocked_by", out var list)
            ? list.EnumerateArray().Select(n => n.GetString()).ToArray()
            : [];
        return names.Length == 0 ? "" : Markup.Escape("blocked by " + string.Join(", ", names));
    }

    private static string Title(JsonElement answer) =>
        Markup.Escape(
            answer.TryGetProperty("pair", out var pair) && pair.ValueKind == JsonValueKind.String
                ? $"{pair.GetString()} · {Name(answer, "exchange")} · {Name(answer, "timeframe")} · "
                    + $"{Name(answer, "side")}"
                : "the whole market"
        );

    private static Grid Figures(JsonElement answer)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        void Row(string name, string value) =>
            grid.AddRow(new Markup($"[grey]{name}[/]"), new Markup(Markup.Escape(value)));
        Row("risk", $"{Number(answer, "risk_score", "0.00")}  {Name(answer, "risk_class")}");
        Row(
            "regime",
            Name(answer, "regime") + (Known(answer, "regime_since") ? $" since {Name(answer, "regime_since")}" : "")
        );
        if (Known(answer, "volatility"))
            Row("volatility", $"{Number(answer, "volatility", "0.00")}  {Name(answer, "volatility_classification")}");
        if (answer.TryGetProperty("trend_classification", out _))
            Row("trend", $"{Name(answer, "trend_classification")}, momentum {Name(answer, "momentum_classification")}");
        if (Known(answer, "fear_greed_index"))
            Row("fear and greed", Number(answer, "fear_greed_index", "0"));
        Row("position", Number(answer, "position_scale", "0 %"));
        Row(
            "confidence",
            Number(answer, "risk_confidence", "0 %")
                + (
                    Known(answer, "state") && Name(answer, "state") is not "ok" and var state
                        ? "  " + state.Replace('_', ' ')
                        : ""
                )
        );
        Row(
            "as of",
            Known(answer, "as_of")
                ? $"{Name(answer, "as_of")}, {AgeText.Of(answer.GetProperty("age_seconds").GetDouble())} ago"
                : "no data yet"
        );
        Row("policy", Name(answer, "policy"));
        return grid;
    }

    private static Grid Parts(JsonElement breakdown)
    {
        var grid = new Grid()
            .AddColumn(new GridColumn().NoWrap().PadRight(3))
            .AddColumn(new GridColumn().NoWrap())
            .AddColumn(new GridColumn().NoWrap().RightAligned());
        foreach (var part in breakdown.EnumerateObject())
        {
            double? value = part.Value.ValueKind == JsonValueKind.Number ? part.Value.GetDouble() : null;
            var filled = (int)Math.Round(Math.Clamp((value ?? 0) / 0.35, 0, 1) * BarLength);
            grid.AddRow(
                new Markup($"[grey]{Markup.Escape(part.Name.Replace('_', ' '))}[/]"),
                new Markup($"[blue]{new string('█', filled)}[/][grey]{new string('░', BarLength - filled)}[/]"),
                new Markup(value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "unknown")
            );
        }
        return grid;
    }

    private static bool Known(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null;

    private static string Name(JsonElement answer, string name) =>
        Known(answer, name) ? answer.GetProperty(name).ToString() : "unknown";

    private static string Number(JsonElement answer, string name, string format) =>
        Known(answer, name)
            ? answer.GetProperty(name).GetDouble().ToString(format, CultureInfo.InvariantCulture)
            : "unknown";
}
