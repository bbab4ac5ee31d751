using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>
/// Hourly liquidations of a currency from Coinglass, for keys whose plan includes hourly data: the
/// sum over Binance, OKX and Bybit, both sides, in US dollars. The first response contains the
/// month from which the usual size is computed. An hour counts when it is over.
/// </summary>
public static class Coinglass
{
    private const double MaxUsd = 1e12;
    private const int MonthOfHours = 720;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Returns the source for a base currency.</summary>
    public static HttpSource Source(string @base, SourceKey key) =>
        new(
            Name: $"coinglass-{@base}",
            Signals: [Signal.Liquidations],
            Url: new(
                "https://open-api-v4.coinglass.com/api/futures/liquidation/aggregated-history"
                    + $"?exchange_list=Binance,OKX,Bybit&symbol={Uri.EscapeDataString(@base)}"
                    + $"&interval=1h&limit={MonthOfHours + 1}"
            ),
            Interval: TimeSpan.FromMinutes(5),
            TimeToLive: TimeSpan.FromHours(2),
            Read: (answer, now) => Read(answer, now, @base)
        )
        {
            Credential = Credential.InHeader("CG-API-KEY", key),
        };

    private static IReadOnlyList<SourceReading> Read(JsonElement answer, Instant now, string @base)
    {
        var code = answer.Get("code");
        if ((code.ValueKind == JsonValueKind.String ? code.GetString() : code.GetRawText()) != "0")
            throw new FormatException($"the source returned an error: {MessageOf(answer)}");
        var readings = new List<SourceReading>();
        foreach (var row in answer.GetList("data").EnumerateArray())
        {
            var open = new Instant((long)row.GetNumber("time", 0, 1e14));
            if (open != open.Floor(Hour))
                throw new FormatException($"'time' is {open}, not a full hour");
            if (readings.Count > 0 && open + Hour <= readings[^1].HeldAt)
                throw new FormatException("'time' is not ascending");
            var usd =
                row.GetNumber("aggregated_long_liquidation_usd", 0, MaxUsd)
                + row.GetNumber("aggregated_short_liquidation_usd", 0, MaxUsd);
            if (open + Hour <= now)
                readings.Add(new(Signal.Liquidations, @base, usd, open + Hour));
        }
        return readings.Count > 0 ? readings : throw new FormatException("'data' contains no completed hour");
    }

    private static string MessageOf(JsonElement answer) =>
        answer.TryGetProperty("msg", out var message)
        && message.ValueKind == JsonValueKind.String
        && message.GetString() is { Length: > 0 and <= 200 } text
            ? News.PlainText.Title(text)
            : "no message";
}
