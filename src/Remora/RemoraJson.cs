using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using Remora.Markets;
using Remora.Risk;

namespace Remora;

/// <summary>
/// The JSON format of all types: snake_case names, null for unknown values, times in ISO-8601.
/// </summary>
public static class RemoraJson
{
    /// <summary>The shared options.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Returns the JSON name of an enumeration value: <c>no_entry</c>.</summary>
    public static string NameOf<T>(T value) where T : struct, Enum => Names<T>.All[value];

    /// <summary>Applies the format to existing options.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.NumberHandling = JsonNumberHandling.Strict;
        // Answers are parsed as JSON and never inserted into a page.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new KnownNumberConverter());
        options.Converters.Add(new TextConverter<Instant>((string? text, out Instant value) => Instant.TryParse(text, out value), "a time in ISO-8601"));
        options.Converters.Add(new TextConverter<Pair>((string? text, out Pair value) => Pair.TryParse(text, out value!), "a pair such as BTC/USDT"));
        options.Converters.Add(new TextConverter<Timeframe>((string? text, out Timeframe value) => Timeframe.TryParse(text, out value!), "a timeframe such as 5m"));
        options.Converters.Add(new DurationConverter());
        options.Converters.Add(new FlagsConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static class Names<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
    }

    /// <summary>Writes NaN as null.</summary>
    private sealed class KnownNumberConverter : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }

    /// <summary>Writes time spans in ISO-8601: <c>PT36H</c>.</summary>
    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return XmlConvert.ToTimeSpan(reader.GetString() ?? "");
            }
            catch (Exception e) when (e is FormatException or OverflowException or InvalidOperationException)
            {
                throw new JsonException("expected a span of time in ISO-8601 such as PT36H", e);
            }
        }

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(XmlConvert.ToString(value));
    }

    /// <summary>Writes all flags as an object, each true, false or null.</summary>
    private sealed class FlagsConverter : JsonConverter<EventFlags>
    {
        public override EventFlags Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("flags are only written");

        public override void Write(Utf8JsonWriter writer, EventFlags value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var row in FlagTable.All)
            {
                if (value[row.Flag] is { } isRaised) writer.WriteBoolean(row.Name, isRaised);
                else writer.WriteNull(row.Name);
            }
            writer.WriteEndObject();
        }
    }

    private delegate bool TryParse<T>(string? text, out T value);

    private sealed class TextConverter<T>(TryParse<T> parse, string expected) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && parse(reader.GetString(), out var value) ? value : throw new JsonException($"expected {expected}");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value!.ToString());
    }
}
