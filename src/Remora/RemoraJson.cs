using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Xml;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Volatility;

namespace Remora;

/// <summary>
/// The JSON format of all types: snake_case names, null for unknown values, times in ISO-8601.
/// </summary>
public static class RemoraJson
{
    /// <summary>The options for the types of the engine.</summary>
    public static JsonSerializerOptions Options => EngineJson.Shared.Options;

    /// <summary>Returns the JSON name of an enumeration value: <c>no_entry</c>.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => Names<T>.All[value];

    /// <summary>Creates options in this format for the types of another project.</summary>
    /// <param name="enums">Its enumerations, each by <see cref="EnumNames{T}"/>.</param>
    public static JsonSerializerOptions NewOptions(params IEnumerable<JsonConverter> enums)
    {
        var options = new JsonSerializerOptions();
        Apply(options, enums);
        return options;
    }

    /// <summary>Applies the format to existing options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="enums">Further enumerations, each by <see cref="EnumNames{T}"/>.</param>
    public static void Apply(JsonSerializerOptions options, params IEnumerable<JsonConverter> enums)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.NumberHandling = JsonNumberHandling.Strict;
        // Answers are parsed as JSON and never inserted into a page.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new KnownNumberConverter());
        options.Converters.Add(
            new TextConverter<Instant>(
                (string? text, out Instant value) => Instant.TryParse(text, out value),
                "a time in ISO-8601"
            )
        );
        options.Converters.Add(
            new TextConverter<Pair>(
                (string? text, out Pair value) => Pair.TryParse(text, out value!),
                "a pair such as BTC/USDT"
            )
        );
        options.Converters.Add(
            new TextConverter<Timeframe>(
                (string? text, out Timeframe value) => Timeframe.TryParse(text, out value!),
                "a timeframe such as 5m"
            )
        );
        options.Converters.Add(
            new TextConverter<Horizon>(
                (string? text, out Horizon value) => Horizon.TryParse(text, out value!),
                "a horizon such as 4h"
            )
        );
        options.Converters.Add(new TargetVolatility.Converter());
        options.Converters.Add(new DurationConverter());
        options.Converters.Add(new FlagsConverter());
        foreach (var names in EngineEnums.Concat(enums))
            options.Converters.Add(names);
        options.Converters.Add(new UnlistedEnumConverter());
    }

    /// <summary>
    /// Returns the converter of an enumeration, which writes <c>no_entry</c> and reads only that.
    /// </summary>
    public static JsonConverter EnumNames<T>()
        where T : struct, Enum =>
        new JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

    /// <summary>Returns how the options write a type.</summary>
    /// <exception cref="NotSupportedException">The options do not list the type.</exception>
    public static JsonTypeInfo<T> TypeOf<T>(this JsonSerializerOptions options) =>
        (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    private static IEnumerable<JsonConverter> EngineEnums =>
        [
            EnumNames<AssessmentState>(),
            EnumNames<CalendarEventKind>(),
            EnumNames<CandleFault>(),
            EnumNames<MomentumClass>(),
            EnumNames<NoForecast>(),
            EnumNames<OnStale>(),
            EnumNames<Recommendation>(),
            EnumNames<Regime>(),
            EnumNames<Reliance>(),
            EnumNames<RiskClass>(),
            EnumNames<RiskFlag>(),
            EnumNames<ScoreKind>(),
            EnumNames<Side>(),
            EnumNames<Signal>(),
            EnumNames<TrendClass>(),
            EnumNames<VolatilityClass>(),
        ];

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Enum.GetValues<T>()
            .ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
    }

    /// <summary>Writes NaN as null.</summary>
    private sealed class KnownNumberConverter : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
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

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteStringValue(XmlConvert.ToString(value));
    }

    /// <summary>
    /// Refuses an enumeration that has no converter, which would otherwise be written as a number.
    /// </summary>
    private sealed class UnlistedEnumConverter : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException(
                $"{typeToConvert} has no names in JSON: list it where these options are created, by "
                    + $"{nameof(RemoraJson)}.{nameof(EnumNames)}<{typeToConvert.Name}>()"
            );
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
                if (value[row.Flag] is { } isRaised)
                    writer.WriteBoolean(row.Name, isRaised);
                else
                    writer.WriteNull(row.Name);
            }
            writer.WriteEndObject();
        }
    }

    private delegate bool TryParse<T>(string? text, out T value);

    private sealed class TextConverter<T>(TryParse<T> parse, string expected) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && parse(reader.GetString(), out var value)
                ? value
                : throw new JsonException($"expected {expected}");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value!.ToString());
    }
}
