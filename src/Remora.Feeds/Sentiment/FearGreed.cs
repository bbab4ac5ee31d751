using System.Globalization;
using System.Text.Json;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds.Sentiment;

/// <summary>
/// The crypto fear and greed index of alternative.me: one value a day, published at midnight UTC
/// and dated with it.
/// </summary>
public static class FearGreed
{
    /// <summary>
    /// Returns the last two values, so that the previous day is available if the new value is late.
    /// </summary>
    public static HttpSource Source { get; } =
        new(
            Name: "alternative.me",
            Signals: [Signal.FearGreed],
            Url: new("https://api.alternative.me/fng/?limit=2"),
            Interval: TimeSpan.FromMinutes(30),
            TimeToLive: TimeSpan.FromHours(36),
            Read: Read
        );

    /// <summary>All values since 2018-02-01; the source sends the newest first.</summary>
    internal static HttpPast Past { get; } =
        new(new("https://api.alternative.me/fng/?limit=0"), null, (answer, now) => Read(answer, now).Reverse());

    private static IReadOnlyList<SourceReading> Read(JsonElement answer, Instant now)
    {
        if (
            answer.ValueKind != JsonValueKind.Object
            || !answer.TryGetProperty("data", out var data)
            || data.ValueKind != JsonValueKind.Array
            || data.GetArrayLength() == 0
        )
            throw new FormatException("'data' is missing or not a list");
        return [.. data.EnumerateArray().Select(ReadingOf)];
    }

    private static SourceReading ReadingOf(JsonElement entry)
    {
        var value = NumberOf(entry, "value");
        if (value is < 0 or > 100)
            throw new FormatException($"'value' is {value}: expected 0 to 100");
        return new(Signal.FearGreed, null, value, new((long)NumberOf(entry, "timestamp") * 1000));
    }

    private static double NumberOf(JsonElement entry, string name)
    {
        if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty(name, out var field))
            throw new FormatException($"'{name}' is missing");
        var text = field.ValueKind == JsonValueKind.String ? field.GetString() : field.GetRawText();
        return
            double.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            && number is >= 0 and < 1e11
            ? number
            : throw new FormatException($"'{name}' is '{text}', not a whole number");
    }
}
