using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Risk;

/// <summary>
/// The volatility over the next 24 hours at which a position is full: the market's own median, or
/// a number. In JSON, <c>median</c> or the number.
/// </summary>
public sealed record TargetVolatility
{
    private TargetVolatility(double ratio) => Ratio = ratio;

    /// <summary>The median of the market's own forecasts of the last 180 days.</summary>
    public static TargetVolatility Median { get; } = new(double.NaN);

    /// <summary>
    /// The standard deviation of the log return over 24 hours, a ratio; NaN for the median.
    /// </summary>
    public double Ratio { get; }

    /// <summary>The name of the median in JSON.</summary>
    public const string MedianName = "median";

    /// <summary>Returns a number as target.</summary>
    /// <param name="ratio">The standard deviation of the log return over 24 hours.</param>
    public static TargetVolatility Of(double ratio) => new(ratio);

    internal sealed class Converter : JsonConverter<TargetVolatility>
    {
        public override TargetVolatility Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        ) =>
            reader.TokenType == JsonTokenType.Number ? Of(reader.GetDouble())
            : reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(MedianName) ? Median
            : throw new JsonException($"expected '{MedianName}' or a number");

        public override void Write(Utf8JsonWriter writer, TargetVolatility value, JsonSerializerOptions options)
        {
            if (double.IsNaN(value.Ratio))
                writer.WriteStringValue(MedianName);
            else
                writer.WriteNumberValue(value.Ratio);
        }
    }
}
