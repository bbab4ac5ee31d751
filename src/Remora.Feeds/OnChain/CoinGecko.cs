using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds.OnChain;

/// <summary>
/// Bitcoin's share of the market's value, and that value, from CoinGecko. Without a key the source
/// has no history, so the change over seven days is unknown for the first seven days. Another
/// source cannot replace the history, because each counts the whole market differently.
/// </summary>
public static class CoinGecko
{
    /// <summary>The global figures, which change about every ten minutes.</summary>
    public static HttpSource Source { get; } =
        new(
            Name: "coingecko",
            Signals: [Signal.BtcDominance, Signal.TotalMarketCap],
            Url: new("https://api.coingecko.com/api/v3/global"),
            Interval: TimeSpan.FromMinutes(15),
            TimeToLive: TimeSpan.FromHours(6),
            Read: Read
        );

    private static IReadOnlyList<SourceReading> Read(JsonElement answer, Instant now)
    {
        var data = answer.GetObject("data");
        var share = data.GetObject("market_cap_percentage").GetNumber("btc", 1, 99);
        var value = data.GetObject("total_market_cap").GetNumber("usd", 1e9, 5e14);
        var updated = data.GetSeconds("updated_at");
        return
        [
            new(Signal.BtcDominance, null, share, updated, IsLive: true),
            new(Signal.TotalMarketCap, null, value, updated, IsLive: true),
        ];
    }
}
