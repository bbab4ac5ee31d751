using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>
/// OKX: spot, and for each market in USDT its perpetual with funding rate and open interest.
/// Candles come newest first, paged by 'after' (older than) and 'before' (newer than), at most 300.
/// </summary>
internal sealed class Okx : Venue
{
    // Candles that /market/candles reaches back; /market/history-candles reaches the beginning.
    private const int Recent = 1440;

    // From six hours on a bar without 'utc' is aligned to Hong Kong time. The sandbox's
    // clients do not request those, so they are not offered.
    private static readonly IReadOnlyDictionary<string, Timeframe> Bars = Timeframes(
        ("1m", "1m"),
        ("3m", "3m"),
        ("5m", "5m"),
        ("15m", "15m"),
        ("30m", "30m"),
        ("1H", "1h"),
        ("2H", "2h"),
        ("4H", "4h"),
        ("6Hutc", "6h"),
        ("12Hutc", "12h"),
        ("1Dutc", "1d")
    );

    private readonly SandboxWorld _world;

    public Okx(SandboxWorld world)
    {
        _world = world;
        foreach (var (pair, series) in world.Markets)
            List($"{pair.Base}-{pair.Quote}", pair, series);
    }

    public override string Id => "okx";

    public override IReadOnlyList<string> Hosts { get; } = ["www.okx.com"];

    public override VenueAnswer Answer(VenueRequest request) =>
        request.Path switch
        {
            "/api/v5/public/time" => Data([new JsonObject { ["ts"] = $"{request.Now.UnixMilliseconds}" }]),
            "/api/v5/public/instruments" => Data([
                .. request.Query("instType") switch
                {
                    "SPOT" => Listings.Values.Select(Instrument),
                    "SWAP" => Listings.Values.Where(IsPerpetual).Select(SwapInstrument),
                    _ => [],
                },
            ]),
            "/api/v5/public/funding-rate" => ForSwap(request, FundingRate),
            "/api/v5/public/open-interest" => ForSwap(request, OpenInterest),
            "/api/v5/market/candles" => CandleList(request, recent: true),
            "/api/v5/market/history-candles" => CandleList(request, recent: false),
            _ => Error(404, "404", "Not Found"),
        };

    private static bool IsPerpetual(Listing listing) => listing.Pair.Quote == "USDT";

    private VenueAnswer ForSwap(VenueRequest request, Func<VenueRequest, Listing, JsonObject?> entry)
    {
        const string swap = "-SWAP";
        var id = request.Query("instId") ?? "";
        return
            id.EndsWith(swap, StringComparison.Ordinal)
            && TryFind(id[..^swap.Length], out var listing)
            && IsPerpetual(listing)
            ? Data(entry(request, listing) is { } found ? [found] : [])
            : Error(200, "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.");
    }

    private JsonObject? FundingRate(VenueRequest request, Listing listing)
    {
        var set = request.Now.Floor(Perpetual.FundingInterval) + Perpetual.FundingInterval;
        return new()
        {
            ["instId"] = listing.Id + "-SWAP",
            ["instType"] = "SWAP",
            ["fundingRate"] = WireText.Of(Perpetual.Funding(_world, listing.Series, request.Now)),
            ["fundingTime"] = $"{set.UnixMilliseconds}",
            ["nextFundingRate"] = "",
            ["nextFundingTime"] = $"{(set + Perpetual.FundingInterval).UnixMilliseconds}",
            ["ts"] = $"{request.Now.UnixMilliseconds}",
        };
    }

    private static JsonObject? OpenInterest(VenueRequest request, Listing listing) =>
        Perpetual.OpenInterest(listing.Series, request.Now) is not { } interest
            ? null
            : new()
            {
                ["instId"] = listing.Id + "-SWAP",
                ["instType"] = "SWAP",
                ["oi"] = WireText.Of(interest * 30), // contracts of a hundredth, of a part of the market
                ["oiCcy"] = WireText.Of(interest * 0.3),
                ["ts"] = $"{request.Now.UnixMilliseconds}",
            };

    private static JsonObject SwapInstrument(Listing listing) =>
        new()
        {
            ["instId"] = listing.Id + "-SWAP",
            ["instType"] = "SWAP",
            ["uly"] = listing.Id,
            ["instFamily"] = listing.Id,
            ["settleCcy"] = listing.Pair.Quote,
            ["ctType"] = "linear",
            ["ctVal"] = "0.01",
            ["ctMult"] = "1",
            ["ctValCcy"] = listing.Pair.Base,
            ["baseCcy"] = "",
            ["quoteCcy"] = "",
            ["state"] = "live",
            ["listTime"] = "1548133413000",
            ["expTime"] = "",
            ["lever"] = "100",
            ["lotSz"] = "1",
            ["minSz"] = "1",
            ["tickSz"] = listing.Tick,
        };

    private VenueAnswer CandleList(VenueRequest request, bool recent)
    {
        if (!TryFind(request.Query("instId"), out var listing))
            return Error(200, "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.");
        if (!TryTimeframe(Bars, request.Query("bar") ?? "1m", listing, out var timeframe))
            return Error(200, "51000", "Parameter bar error");
        var reach = recent ? request.Now - (timeframe.Length * Recent) : Instant.MinValue;
        var newer = request.Moment("before", Instant.MinValue) + TimeSpan.FromMilliseconds(1);
        var older = request.Moment("after", Instant.MaxValue);
        var count = request.Count("limit", 100, 300);
        var candles = Candles(
            request,
            listing,
            new(timeframe, newer > reach ? newer : reach, older, count, Newest: true, NewestFirst: true)
        );
        return Json(
            listing,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("code", "0");
                json.WriteString("msg", "");
                json.WriteStartArray("data");
                foreach (var candle in candles)
                {
                    json.WriteStartArray();
                    json.WriteTextFields(candle);
                    json.WriteNumber(candle.Turnover());
                    json.WriteStringValue(candle.OpenTime + timeframe.Length <= request.Now ? "1" : "0");
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private static JsonObject Instrument(Listing listing) =>
        new()
        {
            ["instType"] = "SPOT",
            ["instId"] = listing.Id,
            ["uly"] = "",
            ["instFamily"] = "",
            ["category"] = "1",
            ["baseCcy"] = listing.Pair.Base,
            ["quoteCcy"] = listing.Pair.Quote,
            ["settleCcy"] = "",
            ["ctVal"] = "",
            ["ctMult"] = "",
            ["ctValCcy"] = "",
            ["optType"] = "",
            ["stk"] = "",
            ["listTime"] = "1548133413000",
            ["expTime"] = "",
            ["lever"] = "10",
            ["tickSz"] = listing.Tick,
            ["lotSz"] = "0.00000001",
            ["minSz"] = "0.00001",
            ["ctType"] = "",
            ["alias"] = "",
            ["state"] = "live",
            ["maxLmtSz"] = "9999999999",
            ["maxMktSz"] = "1000000",
        };

    private static VenueAnswer Data(IEnumerable<JsonObject> data) =>
        Json(
            new JsonObject
            {
                ["code"] = "0",
                ["msg"] = "",
                ["data"] = new JsonArray([.. data]),
            }
        );

    private static VenueAnswer Error(int status, string code, string message) =>
        Json(
            new JsonObject
            {
                ["code"] = code,
                ["msg"] = message,
                ["data"] = new JsonArray(),
            },
            status
        );
}
