using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Csv;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.Macro;

/// <summary>
/// The Federal Reserve's broad dollar index (DTWEXBGS) from FRED: the page's CSV without a key, the
/// API with one. A rate describes noon in New York. The rates of a week are released together
/// (H.10) in the afternoon of the Monday after it, or of the Tuesday if that Monday is a holiday.
/// Therefore they are certainly known on the Wednesday at 00:00 UTC. Values of the first response
/// are knowable from then, later values from the moment at which they were read.
/// </summary>
public static class Fred
{
    private const string Name = "fred-dollar";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // In winter; an hour late in summer.
    private static readonly TimeSpan NoonInNewYork = TimeSpan.FromHours(17);

    /// <summary>The source without a key.</summary>
    public static HttpSource Dollar { get; } =
        Source(
            new("https://fred.stlouisfed.org/graph/fredgraph.csv?id=DTWEXBGS"),
            (answer, _) => [.. RowsOf(answer).Select(row => ReadingOf(row[0], row[1])).OfType<SourceReading>()]
        ) with
        {
            QueryAt = now => "cosd=" + From(now),
            Decode = Rows,
        };

    /// <summary>Returns the source with a key, from the API.</summary>
    public static HttpSource ByKey(SourceKey key) =>
        Source(
            new("https://api.stlouisfed.org/fred/series/observations?series_id=DTWEXBGS&file_type=json"),
            (answer, _) =>
                [
                    .. answer
                        .GetList("observations")
                        .EnumerateArray()
                        .Select(row => ReadingOf(row.Get("date"), row.Get("value")))
                        .OfType<SourceReading>(),
                ]
        ) with
        {
            QueryAt = now => "observation_start=" + From(now),
            Credential = Credential.InQuery("api_key", key),
        };

    private static HttpSource Source(Uri url, Func<JsonElement, Instant, IReadOnlyList<SourceReading>> read) =>
        new(
            Name,
            [Signal.DollarIndex],
            url,
            Interval: TimeSpan.FromHours(2),
            TimeToLive: TimeSpan.FromDays(1),
            (answer, now) => Checked(read(answer, now))
        )
        {
            // By then the release after the next has existed for a day.
            GoodUntil = heldAt => Released(heldAt) + (8 * Day),
        };

    private static string From(Instant now) =>
        (now - (60 * Day)).ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Returns the Wednesday after the week of a moment.</summary>
    private static Instant Released(Instant heldAt)
    {
        var day = heldAt.Floor(Day);
        var sinceMonday = ((int)day.ToDateTimeOffset().DayOfWeek + 6) % 7;
        return day + ((9 - sinceMonday) * Day);
    }

    private static IReadOnlyList<SourceReading> Checked(IReadOnlyList<SourceReading> readings)
    {
        if (readings.Count == 0)
            throw new FormatException("it contains no value");
        for (var i = 1; i < readings.Count; i++)
            if (readings[i].HeldAt <= readings[i - 1].HeldAt)
                throw new FormatException("the dates are not ascending");
        return readings;
    }

    /// <summary>Parses one row; null on a holiday, whose value is a dot or empty.</summary>
    private static SourceReading? ReadingOf(JsonElement date, JsonElement value)
    {
        if (
            date.ValueKind != JsonValueKind.String
            || !DateOnly.TryParseExact(
                date.GetString(),
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var day
            )
        )
            throw new FormatException("'date' is not a date such as 2025-03-07");
        if (value.ValueKind != JsonValueKind.String)
            throw new FormatException("'value' is not a string");
        var text = value.GetString();
        if (text is "." or "")
            return null;
        if (
            !double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number is not (>= 50 and <= 250)
        )
            throw new FormatException(
                $"'value' is '{(text!.Length > 40 ? text[..40] : text)}': expected a number from 50 to 250"
            );
        var heldAt = Instant.From(new(day.ToDateTime(default), TimeSpan.Zero)) + NoonInNewYork;
        return new(Signal.DollarIndex, null, number, heldAt, PublishedAt: Released(heldAt));
    }

    private static IEnumerable<JsonElement> RowsOf(JsonElement table)
    {
        if (table.ValueKind != JsonValueKind.Array)
            throw new FormatException("it is not a table");
        foreach (var row in table.EnumerateArray())
            yield return row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == 2
                ? row
                : throw new FormatException("a line does not have the two cells date and value");
    }

    /// <summary>Returns the rows of the CSV, each a date and a text.</summary>
    private static JsonElement Rows(byte[] csv)
    {
        using var rows = new CsvRows(new MemoryStream(csv));
        if (!rows.Read() || rows.ToArray() is not ["observation_date" or "DATE", "DTWEXBGS"])
            throw new FormatException("the first line is not 'observation_date,DTWEXBGS'");
        var table = new JsonArray();
        while (rows.Read())
            table.Add((JsonNode)new JsonArray([.. rows.ToArray().Select(cell => (JsonNode)cell)]));
        return JsonElement.Parse(table.ToJsonString());
    }
}
