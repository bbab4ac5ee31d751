using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Simulation;
using Remora.Sandbox.Streams;
using static Remora.Sandbox.Venues.WireText;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Binance: spot, and for each market in USDT its perpetual with funding rate and open interest.
/// </summary>
internal sealed class Binance : Venue
{
    private const string Spot = "api.binance.com";
    private const string Futures = "fapi.binance.com";
    private const string FuturesStream = "fstream.binance.com";
    private const int MostLevels = 100;
    private const double LevelStep = 0.0001;
    private const double LevelValue = 100_000; // in the quote currency
    private static readonly IReadOnlyDictionary<string, Timeframe> Intervals = Timeframe.Known.ToDictionary(timeframe =>
        timeframe.Name
    );

    private readonly SandboxWorld _world;

    public Binance(SandboxWorld world)
    {
        _world = world;
        foreach (var (pair, series) in world.Markets)
            List(pair.Base + pair.Quote, pair, series);
    }

    public override string Id => "binance";

    public override IReadOnlyList<string> Hosts { get; } =
    [Spot, Futures, "dapi.binance.com", "eapi.binance.com", FuturesStream];

    public override IVenueStream? Streams(string host) =>
        host == FuturesStream ? new BinanceLiquidations(_world, Listings) : null;

    /// <summary>The limits that Binance documents for an address.</summary>
    public override int? LimitPerMinute(string host) =>
        host switch
        {
            Spot => 6000,
            Futures => 2400,
            _ => null,
        };

    /// <summary>The weights that Binance documents.</summary>
    public override int WeightOf(VenueRequest request) =>
        (request.Host, request.Path) switch
        {
            (Spot, "/api/v3/exchangeInfo") => 20,
            (Spot, "/api/v3/klines") => 2,
            (Spot, "/api/v3/depth") => request.Count("limit", 100, 5000) switch
            {
                <= 100 => 5,
                <= 500 => 25,
                <= 1000 => 50,
                _ => 250,
            },
            (Futures, "/fapi/v1/klines") => request.Count("limit", 500, 1500) switch
            {
                < 100 => 1,
                < 500 => 2,
                <= 1000 => 5,
                _ => 10,
            },
            _ => 1,
        };

    public override VenueAnswer Answer(VenueRequest request) =>
        (request.Host, request.Path) switch
        {
            (Spot, "/api/v3/exchangeInfo") => Json(
                new JsonObject { ["timezone"] = "UTC", ["symbols"] = Array(Listings.Values.Select(SpotSymbol)) }
            ),
            (Futures, "/fapi/v1/exchangeInfo") => Json(
                new JsonObject { ["timezone"] = "UTC", ["symbols"] = Array(Perpetuals.Select(PerpetualSymbol)) }
            ),
            ("dapi.binance.com", "/dapi/v1/exchangeInfo") => Json(new JsonObject { ["symbols"] = new JsonArray() }),
            ("eapi.binance.com", "/eapi/v1/exchangeInfo") => Json(
                new JsonObject { ["optionSymbols"] = new JsonArray() }
            ),
            (Spot, "/api/v3/ping") => Json(new JsonObject()),
            (Spot, "/api/v3/time") or (Futures, "/fapi/v1/time") => Json(
                new JsonObject { ["serverTime"] = request.Now.UnixMilliseconds }
            ),
            (Spot, "/api/v3/klines") or (Futures, "/fapi/v1/klines") => Klines(request),
            (Spot, "/api/v3/depth") or (Futures, "/fapi/v1/depth") => Depth(request),
            (Futures, "/fapi/v1/premiumIndex") => ForPerpetual(request, PremiumIndex),
            (Futures, "/fapi/v1/fundingInfo") => Json(new JsonArray()),
            (Futures, "/fapi/v1/fundingRate") => FundingRates(request),
            (Futures, "/fapi/v1/openInterest") => ForPerpetual(request, OpenInterest),
            _ => Error(404, -5000, $"Path {request.Path}, Method GET is invalid"),
        };

    private IEnumerable<Listing> Perpetuals => Listings.Values.Where(listing => listing.Pair.Quote == "USDT");

    private VenueAnswer Klines(VenueRequest request)
    {
        if (!TryFind(request.Query("symbol"), out var listing))
            return Error(400, -1121, "Invalid symbol.");
        if (!TryTimeframe(Intervals, request.Query("interval"), listing, out var timeframe))
            return Error(400, -1120, "Invalid interval.");
        var from = request.Moment("startTime", Instant.MinValue);
        var to = request.Moment("endTime", Instant.MaxValue) + TimeSpan.FromMilliseconds(1);
        var count = request.Count("limit", 500, 1000);
        var candles = Candles(
            request,
            listing,
            new(timeframe, from, to, count, Newest: request.Query("startTime") is null)
        );
        return Json(
            listing,
            json =>
            {
                json.WriteStartArray();
                foreach (var candle in candles)
                    WriteKline(json, candle, timeframe);
                json.WriteEndArray();
            }
        );
    }

    private static void WriteKline(Utf8JsonWriter json, in Candle candle, Timeframe timeframe)
    {
        json.WriteStartArray();
        json.WriteNumberValue(candle.OpenTime.UnixMilliseconds);
        json.WriteNumber(candle.Open, 8);
        json.WriteNumber(candle.High, 8);
        json.WriteNumber(candle.Low, 8);
        json.WriteNumber(candle.Close, 8);
        json.WriteNumber(candle.Volume, 8);
        json.WriteNumberValue((candle.OpenTime + timeframe.Length).UnixMilliseconds - 1);
        json.WriteNumber(candle.Turnover(), 8);
        json.WriteNumberValue(candle.Trades());
        json.WriteNumber(Math.Round(candle.Volume / 2, 8), 8);
        json.WriteNumber(Math.Round(candle.Turnover() / 2, 8), 8);
        json.WriteStringValue("0");
        json.WriteEndArray();
    }

    /// <summary>
    /// Returns an order book around the last price, in steps of a ten-thousandth of it.
    /// </summary>
    private VenueAnswer Depth(VenueRequest request)
    {
        if (!TryFind(request.Query("symbol"), out var listing))
            return Error(400, -1121, "Invalid symbol.");
        var levels = Math.Min(request.Count("limit", 100, 5000), MostLevels);
        var price = listing
            .Series.Last(listing.Series.Base, Instant.MinValue, Instant.MaxValue, 1, request.Now)
            .Select(candle => candle.Close)
            .FirstOrDefault();
        var body = new JsonObject
        {
            ["lastUpdateId"] = request.Now.UnixMilliseconds,
            ["bids"] = Side(-LevelStep),
            ["asks"] = Side(LevelStep),
        };
        return Json(body) with { Origin = listing.Series.Origin };

        JsonArray Side(double step) =>
            new([
                .. Enumerable
                    .Range(1, price > 0 ? levels : 0)
                    .Select(level => Math.Round(price * (1 + (step * level)), listing.Decimals))
                    .Select(at => new JsonArray(Of(at, 8), Of(Math.Round(LevelValue / at, 8), 8))),
            ]);
    }

    private VenueAnswer ForPerpetual(VenueRequest request, Func<VenueRequest, Listing, JsonObject?> answer)
    {
        if (!TryFind(request.Query("symbol"), out var listing) || listing.Pair.Quote != "USDT")
            return Error(400, -1121, "Invalid symbol.");
        return answer(request, listing) is { } body
            ? Json(body) with
            {
                Origin = listing.Series.Origin,
            }
            : Error(400, -4108, "Symbol is on delivering or delivered or settling or closed or pre-trading.");
    }

    private JsonObject? PremiumIndex(VenueRequest request, Listing listing)
    {
        if (Perpetual.Last(listing.Series, request.Now, 1) is not [var latest])
            return null;
        var price = Of(latest.Close, 8);
        return new()
        {
            ["symbol"] = listing.Id,
            ["markPrice"] = price,
            ["indexPrice"] = price,
            ["estimatedSettlePrice"] = price,
            ["lastFundingRate"] = Of(Perpetual.Funding(_world, listing.Series, request.Now), 8),
            ["interestRate"] = "0.00010000",
            ["nextFundingTime"] = (
                request.Now.Floor(Perpetual.FundingInterval) + Perpetual.FundingInterval
            ).UnixMilliseconds,
            ["time"] = request.Now.UnixMilliseconds,
        };
    }

    private VenueAnswer FundingRates(VenueRequest request)
    {
        if (!TryFind(request.Query("symbol"), out var listing) || listing.Pair.Quote != "USDT")
            return Error(400, -1121, "Invalid symbol.");
        var times = Perpetual.Times(
            listing.Series,
            Perpetual.FundingInterval,
            request.Moment("startTime", Instant.MinValue),
            request.Moment("endTime", request.Now),
            request.Now,
            request.Count("limit", 100, 1000)
        );
        return Json(
            new JsonArray([
                .. times.Select(time => new JsonObject
                {
                    ["symbol"] = listing.Id,
                    ["fundingTime"] = time.UnixMilliseconds,
                    ["fundingRate"] = Of(Perpetual.Funding(_world, listing.Series, time), 8),
                }),
            ])
        ) with
        {
            Origin = listing.Series.Origin,
        };
    }

    private static JsonObject? OpenInterest(VenueRequest request, Listing listing) =>
        Perpetual.OpenInterest(listing.Series, request.Now) is not { } interest
            ? null
            : new()
            {
                ["openInterest"] = Of(interest, 3),
                ["symbol"] = listing.Id,
                ["time"] = request.Now.UnixMilliseconds,
            };

    private static JsonObject SpotSymbol(Listing listing) =>
        new()
        {
            ["symbol"] = listing.Id,
            ["status"] = "TRADING",
            ["baseAsset"] = listing.Pair.Base,
            ["baseAssetPrecision"] = 8,
            ["quoteAsset"] = listing.Pair.Quote,
            ["quotePrecision"] = 8,
            ["quoteAssetPrecision"] = 8,
            ["isSpotTradingAllowed"] = true,
            ["isMarginTradingAllowed"] = false,
            ["filters"] = Filters(listing),
            ["permissions"] = new JsonArray(),
            ["permissionSets"] = new JsonArray(new JsonArray("SPOT")),
        };

    private static JsonObject PerpetualSymbol(Listing listing) =>
        new()
        {
            ["symbol"] = listing.Id,
            ["pair"] = listing.Id,
            ["contractType"] = "PERPETUAL",
            ["deliveryDate"] = 4133404800000,
            ["onboardDate"] = 1569398400000,
            ["status"] = "TRADING",
            ["baseAsset"] = listing.Pair.Base,
            ["quoteAsset"] = listing.Pair.Quote,
            ["marginAsset"] = listing.Pair.Quote,
            ["underlyingType"] = "COIN",
            ["pricePrecision"] = listing.Decimals,
            ["quantityPrecision"] = 3,
            ["filters"] = Filters(listing),
        };

    private static JsonArray Filters(Listing listing) =>
        new([
            new JsonObject
            {
                ["filterType"] = "PRICE_FILTER",
                ["minPrice"] = listing.Tick,
                ["maxPrice"] = "1000000.00000000",
                ["tickSize"] = listing.Tick,
            },
            new JsonObject
            {
                ["filterType"] = "LOT_SIZE",
                ["minQty"] = "0.00001000",
                ["maxQty"] = "9000000.00000000",
                ["stepSize"] = "0.00001000",
            },
            new JsonObject { ["filterType"] = "NOTIONAL", ["minNotional"] = "5.00000000" },
        ]);

    private static JsonArray Array(IEnumerable<JsonObject> items) => new([.. items]);

    private static VenueAnswer Error(int status, int code, string message) =>
        Json(new JsonObject { ["code"] = code, ["msg"] = message }, status);
}
