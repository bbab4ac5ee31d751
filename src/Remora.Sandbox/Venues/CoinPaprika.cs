using System.Text.Json.Nodes;

namespace Remora.Sandbox.Venues;

/// <summary>
/// CoinPaprika's global figures, updated every five minutes. It counts more currencies than
/// CoinGecko.
/// </summary>
internal sealed class CoinPaprika(SandboxWorld world) : Venue
{
    private const double OtherCurrencies = 0.6;

    public override string Id => "coinpaprika";

    public override IReadOnlyList<string> Hosts { get; } = ["api.coinpaprika.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path != "/v1/global")
            return Json(new JsonObject { ["error"] = "not found" }, 404);
        var updated = request.Now.Floor(TimeSpan.FromMinutes(5));
        return Json(
            new JsonObject
            {
                ["market_cap_usd"] = Math.Round(world.Signals.TotalMarketCap(updated) * (1 + (OtherCurrencies / 100))),
                ["bitcoin_dominance_percentage"] = Math.Round(
                    world.Signals.BtcDominance(updated) * (1 - (OtherCurrencies / 100)),
                    2
                ),
                ["cryptocurrencies_number"] = 12_940,
                ["last_updated"] = updated.UnixMilliseconds / 1000,
            }
        );
    }
}
