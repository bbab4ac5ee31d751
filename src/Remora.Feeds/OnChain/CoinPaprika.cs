using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Feeds.OnChain;

/// <summary>
/// The same figures as CoinGecko's, from CoinPaprika, as a fallback. It counts other currencies, so
/// its share differs by about one point, and the change over seven days is unknown unless the
/// fallback has been in use for that long.
/// </summary>
public static class CoinPaprika
{
    /// <summary>The global figures, which change every few minutes.</summary>
    public static HttpSource Source { get; } =
        new(
            Name: "coinpaprika",
            Signals: [Signal.BtcDominance, Signal.TotalMarketCap],
            Url: new("https://api.coinpaprika.com/v1/global"),
            Interval: TimeSpan.FromMinutes(15),
            TimeToLive: TimeSpan.FromHours(6),
            Read: Read
        )
        {
            FallbackFor = "coingecko",
        };

    private static IReadOnlyList<SourceReading> Read(JsonElement answer, Instant now)
    {
        var updated = answer.GetSeconds("last_updated");
        return
        [
            new(
                Signal.BtcDominance,
                null,
                answer.GetNumber("bitcoin_dominance_percentage", 1, 99),
                updated,
                IsLive: true
            ),
            new(Signal.TotalMarketCap, null, answer.GetNumber("market_cap_usd", 1e9, 5e14), updated, IsLive: true),
        ];
    }
}
