using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// Validates the JSON of a policy before it is read: known fields, each once, of the right kind.
/// The JSON of a policy with all fields is the pattern, so a new field of the policy needs no line
/// here.
/// </summary>
internal static class PolicySyntax
{
    private const int LongestQuote = 40;
    private static readonly JsonElement Pattern = JsonElement.Parse(PolicyFile.Write(BuiltInPolicies.Forecast));

    /// <summary>Validates a text.</summary>
    /// <exception cref="PolicyException">The text is not JSON, or has a field that is unknown,
    /// repeated or of another kind. The message names the field, what is allowed and the
    /// position.</exception>
    public static void Check(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            CheckValue(ref reader, json, Pattern, "");
            reader.Read(); // throws if anything follows
        }
        catch (JsonException e)
        {
            throw new PolicyException($"invalid JSON (line {e.LineNumber + 1}, column {e.BytePositionInLine + 1})", e);
        }
        catch (InvalidOperationException e)
        {
            throw Error(ref reader, json, "", "invalid UTF-8", e);
        }
    }

    private static void CheckValue(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        JsonElement pattern,
        string field
    )
    {
        var choices = ChoicesOf(field);
        switch (pattern.ValueKind)
        {
            case JsonValueKind.Object:
                if (reader.TokenType != JsonTokenType.StartObject)
                    throw Wrong(ref reader, json, field, "an object");
                CheckFields(ref reader, json, pattern, field);
                break;
            case JsonValueKind.Array:
                if (reader.TokenType != JsonTokenType.StartArray)
                    throw Wrong(ref reader, json, field, $"a list out of {string.Join(", ", choices!)}");
                for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                    CheckText(ref reader, json, $"{field}[{i}]", choices);
                break;
            case JsonValueKind.String when field == "target_volatility":
                if (reader.TokenType != JsonTokenType.Number && !IsText(ref reader, TargetVolatility.MedianName))
                    throw Wrong(ref reader, json, field, $"'{TargetVolatility.MedianName}' or a number");
                break;
            case JsonValueKind.String:
                CheckText(ref reader, json, field, choices);
                break;
            default:
                var isWhole = field == "regime.confirm_candles";
                if (reader.TokenType != JsonTokenType.Number || (isWhole && !reader.TryGetInt32(out _)))
                    throw Wrong(ref reader, json, field, isWhole ? "a whole number" : "a number");
                break;
        }
    }

    private static void CheckFields(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        JsonElement pattern,
        string parent
    )
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            var field = parent.Length == 0 ? name : $"{parent}.{name}";
            if (!pattern.TryGetProperty(name, out var inner))
                throw Error(
                    ref reader,
                    json,
                    field,
                    $"unknown field, expected one of {string.Join(", ", pattern.EnumerateObject().Select(p => p.Name))}"
                );
            if (!seen.Add(name))
                throw Error(ref reader, json, field, "the field is repeated");
            reader.Read();
            CheckValue(ref reader, json, inner, field);
        }
    }

    private static void CheckText(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        string field,
        IReadOnlyList<string>? choices
    )
    {
        var expected = choices is null ? "text" : $"one of {string.Join(", ", choices)}";
        if (reader.TokenType != JsonTokenType.String)
            throw Wrong(ref reader, json, field, expected);
        var text = reader.GetString()!;
        if (choices?.Contains(text) == false)
            throw Wrong(ref reader, json, field, expected);
    }

    private static bool IsText(ref Utf8JsonReader reader, string text) =>
        reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(text);

    private static string[]? ChoicesOf(string field) =>
        field switch
        {
            "model" => [RiskPolicy.Default.Model, BuiltInPolicies.Forecast.Model],
            "score" => Names<ScoreKind>(),
            "horizon" => [.. Horizon.All.Select(horizon => horizon.Name)],
            "decision.blocking_flags" => Names<RiskFlag>(),
            "decision.blocking_regimes" => Names<Regime>(),
            "decision.block_without" => Names<Signal>(),
            "decision.on_stale" => Names<OnStale>(),
            _ => field.StartsWith("mirrored_regime.", StringComparison.Ordinal) ? Names<Regime>() : null,
        };

    private static string[] Names<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(RemoraJson.NameOf)];

    private static PolicyException Wrong(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        string field,
        string expected
    )
    {
        var found = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => $"'{Short(reader.GetString()!)}'",
            _ => Short(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
        };
        return Error(ref reader, json, field.Length == 0 ? "policy" : field, $"must be {expected}, not {found}");
    }

    private static string Short(string text) => text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";

    private static PolicyException Error(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        string field,
        string problem,
        Exception? inner = null
    )
    {
        var before = json[..(int)reader.TokenStartIndex];
        var (line, column) = (before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
        return new($"{(field.Length == 0 ? "" : Short(field) + ": ")}{problem} (line {line}, column {column})", inner);
    }
}
