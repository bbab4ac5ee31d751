using System.Text.Json.Nodes;
using Remora.Markets;

namespace Remora.Sandbox.Venues;

/// <summary>Deribit's volatility index by the hour, the running hour included.</summary>
internal sealed class Deribit(SandboxWorld world) : Venue
{
    private const int MostRows = 1000;

    public override string Id => "deribit";

    public override IReadOnlyList<string> Hosts { get; } = ["www.deribit.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path != "/api/v2/public/get_volatility_index_data")
            return Error(404, -32601, "Method not found");
        var currency = request.Query("currency");
        if (currency is not ("BTC" or "ETH"))
            return Error(400, -32602, "Invalid params: currency");
        if (request.Query("resolution") != "3600")
            return Error(400, -32602, "Invalid params: the sandbox supports only 3600");
        if (request.Query("start_timestamp") is null || request.Query("end_timestamp") is null)
            return Error(400, -32602, "Invalid params: start_timestamp and end_timestamp");

        var hour = TimeSpan.FromHours(1);
        var end = request.Moment("end_timestamp", request.Now);
        var last = (end < request.Now ? end : request.Now).Floor(hour);
        var rows = new JsonArray();
        for (var i = MostRows - 1; i >= 0; i--)
        {
            var open = last - (hour * i);
            if (open >= request.Moment("start_timestamp", request.Now))
                rows.Add((JsonNode)Row(currency, open, open + hour < request.Now ? open + hour : request.Now));
        }
        return Json(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["result"] = new JsonObject { ["data"] = rows, ["continuation"] = null },
                ["testnet"] = false,
            }
        );
    }

    private JsonArray Row(string currency, Instant open, Instant close)
    {
        var (first, last) = (
            world.Signals.ImpliedVolatility(currency, open),
            world.Signals.ImpliedVolatility(currency, close)
        );
        return new(open.UnixMilliseconds, first, Math.Max(first, last), Math.Min(first, last), last);
    }

    private static VenueAnswer Error(int status, int code, string message) =>
        Json(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
            },
            status
        );
}
