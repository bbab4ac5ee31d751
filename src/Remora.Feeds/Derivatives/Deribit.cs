using System.Globalization;
using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>
/// Deribit's volatility index (DVOL): the volatility that options imply for the next 30 days, in
/// percent a year. Uses the close of each hour once the hour is over.
/// </summary>
public static class Deribit
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>The index for bitcoin.</summary>
    public static HttpSource Bitcoin { get; } = Source("deribit-dvol-btc", "BTC");

    /// <summary>The index for ether.</summary>
    public static HttpSource Ether { get; } = Source("deribit-dvol-eth", "ETH");

    private static HttpSource Source(string name, string currency) =>
        new(
            Name: name,
            Signals: [Signal.ImpliedVolatility],
            Url: new(
                $"https://www.deribit.com/api/v2/public/get_volatility_index_data?currency={currency}&resolution=3600"
            ),
            Interval: TimeSpan.FromMinutes(15),
            TimeToLive: TimeSpan.FromHours(3),
            Read: (answer, now) => Read(answer, now, currency)
        )
        {
            QueryAt = now =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"start_timestamp={(now - (6 * Hour)).UnixMilliseconds}&end_timestamp={now.UnixMilliseconds}"
                ),
        };

    private static List<SourceReading> Read(JsonElement answer, Instant now, string currency)
    {
        var rows = answer.GetObject("result").GetList("data");
        if (rows.GetArrayLength() == 0)
            throw new FormatException("'data' is empty");
        var readings = new List<SourceReading>();
        foreach (var row in rows.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 5)
                throw new FormatException("a row of 'data' does not have the five fields time, open, high, low, close");
            var close = row[4].Within("close", 1, 500);
            var over = new Instant((long)row[0].Within("time", 0, 1e14)) + Hour;
            if (readings.Count > 0 && over <= readings[^1].HeldAt)
                throw new FormatException("the times in 'data' are not ascending");
            if (over <= now)
                readings.Add(new(Signal.ImpliedVolatility, currency, close, over));
        }
        return readings;
    }
}
