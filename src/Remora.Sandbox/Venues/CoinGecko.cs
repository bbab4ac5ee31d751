using System.Text.Json.Nodes;

namespace Remora.Sandbox.Venues;

/// <summary>CoinGecko's global figures, updated every ten minutes.</summary>
internal sealed class CoinGecko(SandboxWorld world) : Venue
{
    public override string Id => "coingecko";

    public override IReadOnlyList<string> Hosts { get; } = ["api.coingecko.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path != "/api/v3/global")
            return Json(
                new JsonObject { ["error"] = "Incorrect path. Please check https://www.coingecko.com/api/" },
                404
            );
        var updated = request.Now.Floor(TimeSpan.FromMinutes(10));
        var share = world.Signals.BtcDominance(updated);
        return Json(
            new JsonObject
            {
                ["data"] = new JsonObject
                {
                    ["active_cryptocurrencies"] = 21_141,
                    ["markets"] = 1_496,
                    ["total_market_cap"] = new JsonObject { ["usd"] = world.Signals.TotalMarketCap(updated) },
                    ["market_cap_percentage"] = new JsonObject { ["btc"] = share, ["eth"] = (100 - share) / 4 },
                    ["updated_at"] = updated.UnixMilliseconds / 1000,
                },
            }
        );
    }
}
