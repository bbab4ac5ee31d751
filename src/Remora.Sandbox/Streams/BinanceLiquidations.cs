using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Simulation;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox.Streams;

/// <summary>
/// Binance's <c>forceOrder</c> streams: one order for the longs and one for the shorts that were
/// closed within a span.
/// </summary>
internal sealed class BinanceLiquidations(SandboxWorld world, IReadOnlyDictionary<string, Listing> listings)
    : IVenueStream
{
    private const string Stream = "@forceOrder";
    private readonly ConcurrentDictionary<string, Listing> _subscribed = new();

    public string Answer(string frame)
    {
        try
        {
            var request = JsonNode.Parse(frame)!.AsObject();
            var id = request["id"]?.DeepClone();
            var names = request["params"]!.AsArray().Select(name => name!.GetValue<string>()).ToList();
            if ((string?)request["method"] != "SUBSCRIBE" || !names.TrueForAll(IsKnown))
                return new JsonObject
                {
                    ["error"] = new JsonObject { ["code"] = 2, ["msg"] = "Invalid request: unknown stream" },
                    ["id"] = id,
                }.ToJsonString();
            foreach (var name in names)
                _subscribed[name] = listings[CodeOf(name)];
            return new JsonObject { ["result"] = null, ["id"] = id }.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            return """{"error":{"code":3,"msg":"Invalid JSON"},"id":null}""";
        }
    }

    public IEnumerable<string> Between(Instant from, Instant to, bool invalid)
    {
        foreach (var listing in _subscribed.Values.OrderBy(listing => listing.Id, StringComparer.Ordinal))
        {
            if (Perpetual.Last(listing.Series, to, 1) is not [var candle])
                continue;
            var (longs, shorts) = SimulatedLiquidations.Between(world, listing.Series, from, to);
            if (longs > 0)
                yield return Order(listing, "SELL", longs, candle.Close, to, invalid);
            if (shorts > 0)
                yield return Order(listing, "BUY", shorts, candle.Close, to, invalid);
        }
    }

    private static string Order(Listing listing, string side, double usd, double price, Instant at, bool invalid)
    {
        var (quantity, average) = (WireText.Of(usd / price), invalid ? "-1" : WireText.Of(price));
        return new JsonObject
        {
            ["e"] = "forceOrder",
            ["E"] = at.UnixMilliseconds,
            ["o"] = new JsonObject
            {
                ["s"] = listing.Id,
                ["S"] = side,
                ["o"] = "LIMIT",
                ["f"] = "IOC",
                ["q"] = quantity,
                ["p"] = average,
                ["ap"] = average,
                ["X"] = "FILLED",
                ["l"] = quantity,
                ["z"] = quantity,
                ["T"] = at.UnixMilliseconds - 1,
            },
        }.ToJsonString();
    }

    private bool IsKnown(string name) =>
        name.EndsWith(Stream, StringComparison.Ordinal)
        && listings.TryGetValue(CodeOf(name), out var listing)
        && listing.Pair.Quote == "USDT";

    private static string CodeOf(string name) => name[..^Stream.Length].ToUpperInvariant();
}
