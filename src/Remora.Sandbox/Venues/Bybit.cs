using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Bybit V5: spot, and for each market in USDT its perpetual with funding rate and open interest.
/// Candles come newest first, at most 1000; errors have status 200.
/// </summary>
internal sealed class Bybit : Venue
{
    private static readonly IReadOnlyDictionary<string, Timeframe> Intervals = Timeframes(
        ("1", "1m"),
        ("3", "3m"),
        ("5", "5m"),
        ("15", "15m"),
        ("30", "30m"),
        ("60", "1h"),
        ("120", "2h"),
        ("240", "4h"),
        ("360", "6h"),
        ("720", "12h"),
        ("D", "1d")
    );

    private readonly SandboxWorld _world;

    public Bybit(SandboxWorld world)
    {
        _world = world;
        foreach (var (pair, series) in world.Markets)
            List(pair.Base + pair.Quote, pair, series);
    }

    public override string Id => "bybit";

    public override IReadOnlyList<string> Hosts { get; } = ["api.bybit.com"];

    public override VenueAnswer Answer(VenueRequest request) =>
        request.Path switch
        {
            "/v5/market/time" => Ok(
                request,
                new JsonObject
                {
                    ["timeSecond"] = $"{request.Now.UnixMilliseconds / 1000}",
                    ["timeNano"] = $"{request.Now.UnixMilliseconds}000000",
                }
            ),
            "/v5/market/instruments-info" => Instruments(request),
            "/v5/market/kline" => Kline(request),
            "/v5/market/tickers" => ForPerpetual(request, Ticker),
            "/v5/market/open-interest" when request.Query("startTime") is null => ForPerpetual(request, OpenInterest),
            "/v5/market/open-interest" => OpenInterestPast(request),
            _ => Json(
                new JsonObject
                {
                    ["retCode"] = 10404,
                    ["retMsg"] = "Not Found",
                    ["time"] = request.Now.UnixMilliseconds,
                },
                404
            ),
        };

    private VenueAnswer Instruments(VenueRequest request)
    {
        var category = request.Query("category");
        if (category is not ("spot" or "linear" or "inverse" or "option"))
            return Error(request, "Illegal category");
        return Ok(
            request,
            new JsonObject
            {
                ["category"] = category,
                ["list"] = new JsonArray([
                    .. category switch
                    {
                        "spot" => Listings.Values.Select(Instrument),
                        "linear" => Listings.Values.Where(IsPerpetual).Select(PerpetualInstrument),
                        _ => [],
                    },
                ]),
                ["nextPageCursor"] = "",
            }
        );
    }

    private VenueAnswer Kline(VenueRequest request)
    {
        if (request.Query("category") is not (null or "spot"))
            return Error(request, "Not supported category");
        if (!TryFind(request.Query("symbol"), out var listing))
            return Error(request, "Not supported symbols");
        if (!TryTimeframe(Intervals, request.Query("interval"), listing, out var timeframe))
            return Error(request, "Invalid period!");
        // A start alone requests the candles from there on. With an end, or with neither, the
        // latest candles are requested.
        var from = request.Moment("start", Instant.MinValue);
        var to = request.Moment("end", Instant.MaxValue) + TimeSpan.FromMilliseconds(1);
        var newest = request.Query("start") is null || request.Query("end") is not null;
        var candles = Candles(
            request,
            listing,
            new(timeframe, from, to, request.Count("limit", 200, 1000), newest, NewestFirst: true)
        );
        return Json(
            listing,
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("retCode", 0);
                json.WriteString("retMsg", "OK");
                json.WriteStartObject("result");
                json.WriteString("category", "spot");
                json.WriteString("symbol", listing.Id);
                json.WriteStartArray("list");
                foreach (var candle in candles)
                {
                    json.WriteStartArray();
                    json.WriteTextFields(candle);
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteStartObject("retExtInfo");
                json.WriteEndObject();
                json.WriteNumber("time", request.Now.UnixMilliseconds);
                json.WriteEndObject();
            }
        );
    }

    private static bool IsPerpetual(Listing listing) => listing.Pair.Quote == "USDT";

    private VenueAnswer ForPerpetual(VenueRequest request, Func<VenueRequest, Listing, JsonObject?> entry)
    {
        if (request.Query("category") != "linear")
            return Error(request, "Not supported category");
        if (!TryFind(request.Query("symbol"), out var listing) || !IsPerpetual(listing))
            return Error(request, "Not supported symbols");
        return Ok(
            request,
            new JsonObject
            {
                ["category"] = "linear",
                ["symbol"] = listing.Id,
                ["list"] = entry(request, listing) is { } found ? new JsonArray(found) : [],
                ["nextPageCursor"] = "",
            }
        );
    }

    private JsonObject? Ticker(VenueRequest request, Listing listing)
    {
        if (Perpetual.Last(listing.Series, request.Now, 1) is not [var latest])
            return null;
        var price = WireText.Of(latest.Close);
        return new()
        {
            ["symbol"] = listing.Id,
            ["lastPrice"] = price,
            ["indexPrice"] = price,
            ["markPrice"] = price,
            ["openInterest"] = WireText.Of(Perpetual.OpenInterest(listing.Series, request.Now) ?? 0),
            ["fundingRate"] = WireText.Of(Perpetual.Funding(_world, listing.Series, request.Now)),
            ["nextFundingTime"] =
                $"{(request.Now.Floor(Perpetual.FundingInterval) + Perpetual.FundingInterval).UnixMilliseconds}",
        };
    }

    private static JsonObject? OpenInterest(VenueRequest request, Listing listing) =>
        OpenInterest(listing, request.Now, request.Now.Floor(Timeframe.OneHour.Length));

    private static JsonObject? OpenInterest(Listing listing, Instant now, Instant dated) =>
        Perpetual.OpenInterest(listing.Series, now) is not { } interest
            ? null
            : new()
            {
                ["openInterest"] = WireText.Of(interest * 0.6), // a part of the same market
                ["timestamp"] = $"{dated.UnixMilliseconds}",
            };

    /// <summary>Returns the values of a span, the newest first, by day only.</summary>
    private VenueAnswer OpenInterestPast(VenueRequest request)
    {
        if (request.Query("category") != "linear" || request.Query("intervalTime") != "1d")
            return Error(request, "the sandbox supports only category linear and intervalTime 1d");
        if (!TryFind(request.Query("symbol"), out var listing) || !IsPerpetual(listing))
            return Error(request, "Not supported symbols");
        var times = Perpetual
            .Times(
                listing.Series,
                Timeframe.OneDay.Length,
                request.Moment("startTime", Instant.MinValue),
                request.Moment("endTime", request.Now),
                request.Now,
                int.MaxValue
            )
            .Reverse()
            .Take(request.Count("limit", 50, 200));
        return Ok(
            request,
            new JsonObject
            {
                ["category"] = "linear",
                ["symbol"] = listing.Id,
                ["list"] = new JsonArray([.. times.Select(time => OpenInterest(listing, time, time)!)]),
                ["nextPageCursor"] = "",
            }
        );
    }

    private static JsonObject PerpetualInstrument(Listing listing) =>
        new()
        {
            ["symbol"] = listing.Id,
            ["contractType"] = "LinearPerpetual",
            ["status"] = "Trading",
            ["baseCoin"] = listing.Pair.Base,
            ["quoteCoin"] = listing.Pair.Quote,
            ["settleCoin"] = listing.Pair.Quote,
            ["launchTime"] = "1585526400000",
            ["deliveryTime"] = "0",
            ["deliveryFeeRate"] = "",
            ["priceScale"] = $"{listing.Decimals}",
            ["leverageFilter"] = new JsonObject
            {
                ["minLeverage"] = "1",
                ["maxLeverage"] = "100.00",
                ["leverageStep"] = "0.01",
            },
            ["priceFilter"] = new JsonObject
            {
                ["minPrice"] = listing.Tick,
                ["maxPrice"] = "1999999.80",
                ["tickSize"] = listing.Tick,
            },
            ["lotSizeFilter"] = new JsonObject
            {
                ["maxOrderQty"] = "1190.000",
                ["minOrderQty"] = "0.001",
                ["qtyStep"] = "0.001",
            },
            ["unifiedMarginTrade"] = true,
            ["fundingInterval"] = (int)Perpetual.FundingInterval.TotalMinutes,
        };

    private static JsonObject Instrument(Listing listing) =>
        new()
        {
            ["symbol"] = listing.Id,
            ["baseCoin"] = listing.Pair.Base,
            ["quoteCoin"] = listing.Pair.Quote,
            ["innovation"] = "0",
            ["status"] = "Trading",
            ["marginTrading"] = "none",
            ["lotSizeFilter"] = new JsonObject
            {
                ["basePrecision"] = "0.000001",
                ["quotePrecision"] = "0.00000001",
                ["minOrderQty"] = "0.000048",
                ["maxOrderQty"] = "7100000",
                ["minOrderAmt"] = "1",
                ["maxOrderAmt"] = "2000000",
            },
            ["priceFilter"] = new JsonObject { ["tickSize"] = listing.Tick },
        };

    private static VenueAnswer Ok(VenueRequest request, JsonObject result) => Envelope(request, 0, "OK", result);

    private static VenueAnswer Error(VenueRequest request, string message) => Envelope(request, 10001, message, []);

    private static VenueAnswer Envelope(VenueRequest request, int code, string message, JsonObject result) =>
        Json(
            new JsonObject
            {
                ["retCode"] = code,
                ["retMsg"] = message,
                ["result"] = result,
                ["retExtInfo"] = new JsonObject(),
                ["time"] = request.Now.UnixMilliseconds,
            }
        );
}
