using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Coinglass's liquidations by the hour, without a key: the sandbox does not check keys in headers.
/// </summary>
internal sealed class Coinglass(SandboxWorld world) : Venue
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public override string Id => "coinglass";

    public override IReadOnlyList<string> Hosts { get; } = ["open-api-v4.coinglass.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path != "/api/futures/liquidation/aggregated-history")
            return Error("404", "not found");
        if (request.Query("interval") != "1h" || request.Query("exchange_list") is null)
            return Error("400", "interval must be 1h, and exchange_list is required");
        if (world.Markets.FirstOrDefault(market => market.Key.Base == request.Query("symbol")).Value is not { } series)
            return Error("400", "symbol is not supported");
        var rows = new JsonArray();
        for (var back = request.Count("limit", 1000, 1000) - 1; back >= 0; back--)
        {
            var open = request.Now.Floor(Hour) - (Hour * back);
            var (longs, shorts) = SimulatedLiquidations.Between(
                world,
                series,
                open,
                request.Now < open + Hour ? request.Now : open + Hour
            );
            rows.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["time"] = open.UnixMilliseconds,
                        ["aggregated_long_liquidation_usd"] = longs,
                        ["aggregated_short_liquidation_usd"] = shorts,
                    }
            );
        }
        return Json(
            new JsonObject
            {
                ["code"] = "0",
                ["msg"] = "success",
                ["data"] = rows,
            }
        ) with
        {
            Origin = series.Origin,
        };
    }

    private static VenueAnswer Error(string code, string message) =>
        Json(new JsonObject { ["code"] = code, ["msg"] = message });
}
