using System.Globalization;
using System.Text.Json;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds.Macro;

/// <summary>
/// Indices from Yahoo's chart interface (v8): a month of daily closes, and the price of the running
/// session. A close is dated 21:15 UTC of its day and never used before that. The running price is
/// dated by its own time and knowable when it was read.
/// </summary>
public static class YahooChart
{
    /// <summary>
    /// The offset to local time is today's. A day that opened at midnight, when daylight saving
    /// time was different, would otherwise belong to the day before.
    /// </summary>
    private static readonly TimeSpan OffsetError = TimeSpan.FromHours(1);

    /// <summary>The VIX, in points.</summary>
    public static HttpSource Vix { get; } = Source("yahoo-vix", Signal.Vix, "^VIX", least: 1, most: 200);

    /// <summary>
    /// The dollar index of ICE, in points. Its change over five days needs the month of closes.
    /// </summary>
    public static HttpSource DollarIndex { get; } =
        Source("yahoo-dollar", Signal.DollarIndex, "DX-Y.NYB", least: 50, most: 200);

    /// <summary>The daily closes of the VIX since 1990.</summary>
    internal static HttpPast VixPast { get; } = Past(new(Signal.Vix, "^VIX", 1, 200, TradingDays.CloseKnown));

    /// <summary>The daily closes of the dollar index since 1971.</summary>
    internal static HttpPast DollarPast { get; } =
        Past(new(Signal.DollarIndex, "DX-Y.NYB", 50, 200, TradingDays.CloseKnown));

    /// <summary>
    /// The front future of the S&amp;P 500, in points. It trades until 22:00 UTC in winter, so its
    /// closes are dated an hour later than the others.
    /// </summary>
    public static HttpSource EquityFuture { get; } =
        Source(
            "yahoo-sp500-future",
            Signal.EquityFuture,
            "ES=F",
            least: 100,
            most: 100_000,
            TradingDays.CloseKnown + TimeSpan.FromHours(1)
        );

    private static HttpSource Source(
        string name,
        Signal signal,
        string symbol,
        double least,
        double most,
        TimeSpan? closeKnown = null
    ) =>
        new(
            Name: name,
            Signals: [signal],
            Url: new(AddressOf(symbol) + "&range=1mo"),
            Interval: TimeSpan.FromMinutes(15),
            TimeToLive: TimeSpan.FromDays(1),
            Read: (answer, now) =>
                Read(answer, now, new(signal, symbol, least, most, closeKnown ?? TradingDays.CloseKnown))
        )
        {
            GoodUntil = TradingDays.GoodUntil,
        };

    private static string AddressOf(string symbol) =>
        $"https://query1.finance.yahoo.com/v8/finance/chart/{Uri.EscapeDataString(symbol)}?interval=1d";

    private static HttpPast Past(Index index) =>
        new(
            new(AddressOf(index.Symbol)),
            (from, to) =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    // Rows are dated by the opening, which is later than midnight UTC.
                    $"period1={from.UnixMilliseconds / 1000}"
                        + $"&period2={(to + TimeSpan.FromDays(1)).UnixMilliseconds / 1000}"
                ),
            (answer, now) => Read(answer, now, index).Where(reading => !reading.IsLive)
        );

    private static IReadOnlyList<SourceReading> Read(JsonElement answer, Instant now, Index index)
    {
        var chart = answer.GetObject("chart");
        if (chart.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            throw new FormatException($"the source returned an error: {Short(error)}");
        var results = chart.GetList("result");
        if (results.GetArrayLength() != 1)
            throw new FormatException("'result' does not have exactly one entry");
        var meta = results[0].GetObject("meta");
        Require(meta, "symbol", index.Symbol);
        Require(meta, "dataGranularity", "1d");

        var readings = Closes(
            results[0],
            TimeSpan.FromSeconds(meta.GetNumber("gmtoffset", -86_400, 86_400)),
            now,
            index
        );
        var live = new SourceReading(
            index.Signal,
            null,
            meta.GetNumber("regularMarketPrice", index.Least, index.Most),
            meta.GetSeconds("regularMarketTime"),
            IsLive: true
        );
        if (readings.Count == 0 || live.HeldAt > readings[^1].HeldAt)
            readings.Add(live);
        return readings;
    }

    /// <summary>
    /// Returns the closes that are known by now. A day without a close has null, and the running
    /// day has its last price.
    /// </summary>
    private static List<SourceReading> Closes(JsonElement result, TimeSpan offset, Instant now, Index index)
    {
        var readings = new List<SourceReading>();
        // No session within the range.
        if (!result.TryGetProperty("timestamp", out _))
            return readings;
        var times = result.GetList("timestamp");
        var quotes = result.GetObject("indicators").GetList("quote");
        if (quotes.GetArrayLength() != 1)
            throw new FormatException("'quote' does not have exactly one entry");
        var closes = quotes[0].GetList("close");
        if (times.GetArrayLength() != closes.GetArrayLength())
            throw new FormatException($"there are {times.GetArrayLength()} times and {closes.GetArrayLength()} closes");
        for (var i = 0; i < times.GetArrayLength(); i++)
        {
            var opened = times[i].Seconds("timestamp") + offset + OffsetError;
            var known = opened.Floor(TimeSpan.FromDays(1)) + index.CloseKnown;
            if (closes[i].ValueKind == JsonValueKind.Null || known > now)
                continue;
            if (readings.Count > 0 && known < readings[^1].HeldAt)
                throw new FormatException("'timestamp' is not ascending");
            var close = closes[i].Within("close", index.Least, index.Most);
            // The running day sometimes comes twice; the later row wins.
            if (readings.Count > 0 && known == readings[^1].HeldAt)
                readings.RemoveAt(readings.Count - 1);
            readings.Add(new(index.Signal, null, close, known));
        }
        return readings;
    }

    private static void Require(JsonElement meta, string name, string expected)
    {
        var field = meta.Get(name);
        if (field.ValueKind != JsonValueKind.String || field.GetString() != expected)
            throw new FormatException($"'{name}' is {Short(field)}, not {expected}");
    }

    private static string Short(JsonElement element) =>
        element.GetRawText() is { Length: > 100 } text ? text[..100] : element.GetRawText();

    private readonly record struct Index(Signal Signal, string Symbol, double Least, double Most, TimeSpan CloseKnown);
}
