using System.Text.Json.Nodes;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>alternative.me's fear and greed index, one value a day at 00:00 UTC.</summary>
internal sealed class AlternativeMe(SandboxWorld world) : Venue
{
    public override string Id => "alternative.me";

    public override IReadOnlyList<string> Hosts { get; } = ["api.alternative.me"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path.TrimEnd('/') != "/fng")
            return Json(new JsonObject { ["error"] = "not found" }, 404);
        var limit = request.Number("limit", 1);
        var most = limit is > 0 and <= int.MaxValue ? (int)limit : int.MaxValue;
        var values = world.Signals.HeldAt("fear_greed") is { } held
            ? FearIndex.Held(held, request.Now, most)
            : FearIndex.Published(world.Leader, request.Now, most);
        var answer = Json(
            new JsonObject
            {
                ["name"] = "Fear and Greed Index",
                ["data"] = new JsonArray([
                    .. values.Select((value, index) => Entry(request, value.Day, value.Value, newest: index == 0)),
                ]),
                ["metadata"] = new JsonObject { ["error"] = null },
            }
        );
        return answer with { Origin = world.Leader.Origin };
    }

    private static JsonObject Entry(VenueRequest request, Markets.Instant day, int value, bool newest)
    {
        var entry = new JsonObject
        {
            ["value"] = $"{value}",
            ["value_classification"] = value switch
            {
                < 25 => "Extreme Fear",
                < 47 => "Fear",
                < 55 => "Neutral",
                < 76 => "Greed",
                _ => "Extreme Greed",
            },
            ["timestamp"] = $"{day.UnixMilliseconds / 1000}",
        };
        if (newest)
            entry["time_until_update"] =
                $"{Math.Max(0, (long)(day + TimeSpan.FromDays(1) - request.Now).TotalSeconds)}";
        return entry;
    }
}
