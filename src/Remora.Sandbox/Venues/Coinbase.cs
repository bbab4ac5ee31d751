using System.Text.Json.Nodes;
using Remora.Markets;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Coinbase Advanced Trade: candles newest first between two moments that are both required, at
/// most 350.
/// </summary>
internal sealed class Coinbase : Venue
{
    private const string Products = "/api/v3/brokerage/market/products";
    private const int Most = 350;

    private static readonly IReadOnlyDictionary<string, Timeframe> Granularities = Timeframes(
        ("ONE_MINUTE", "1m"),
        ("FIVE_MINUTE", "5m"),
        ("FIFTEEN_MINUTE", "15m"),
        ("THIRTY_MINUTE", "30m"),
        ("ONE_HOUR", "1h"),
        ("TWO_HOUR", "2h"),
        ("FOUR_HOUR", "4h"),
        ("SIX_HOUR", "6h"),
        ("ONE_DAY", "1d")
    );

    public Coinbase(SandboxWorld world)
    {
        foreach (var (pair, series) in WithDollarPairs(world))
            List($"{pair.Base}-{pair.Quote}", pair, series);
    }

    public override string Id => "coinbase";

    public override IReadOnlyList<string> Hosts { get; } = ["api.coinbase.com"];

    public override VenueAnswer Answer(VenueRequest request) =>
        request.Path switch
        {
            "/v2/time" => Json(
                new JsonObject
                {
                    ["data"] = new JsonObject
                    {
                        ["iso"] = request.Now.ToString(),
                        ["epoch"] = request.Now.UnixMilliseconds / 1000,
                    },
                }
            ),
            "/v2/currencies" => Json(
                new JsonObject
                {
                    ["data"] = new JsonArray(
                        new JsonObject
                        {
                            ["id"] = "USD",
                            ["name"] = "US Dollar",
                            ["min_size"] = "0.01",
                        }
                    ),
                }
            ),
            "/v2/currencies/crypto" => Json(new JsonObject { ["data"] = CryptoCurrencies() }),
            "/v2/exchange-rates" => Json(
                new JsonObject
                {
                    ["data"] = new JsonObject
                    {
                        ["currency"] = "USD",
                        ["rates"] = new JsonObject { ["USD"] = "1.0" },
                    },
                }
            ),
            Products => Json(ProductList(request)),
            _ when request.Path.StartsWith(Products + "/") && request.Path.EndsWith("/candles") => CandleList(
                request,
                request.Path[(Products.Length + 1)..^"/candles".Length]
            ),
            _ => Error(404, "NOT_FOUND", "route not found"),
        };

    private VenueAnswer CandleList(VenueRequest request, string id)
    {
        if (!TryFind(id, out var listing))
            return Error(404, "NOT_FOUND", "valid product_id is required");
        if (!TryTimeframe(Granularities, request.Query("granularity"), listing, out var timeframe))
            return Error(400, "INVALID_ARGUMENT", "granularity argument is invalid");
        var (from, to) = (
            request.Moment("start", Instant.MinValue, 1000),
            request.Moment("end", Instant.MinValue, 1000)
        );
        if (from == Instant.MinValue || to <= from)
            return Error(400, "INVALID_ARGUMENT", "start and end argument is invalid");
        if ((to - from).Ticks / timeframe.Length.Ticks >= Most)
            return Error(
                400,
                "INVALID_ARGUMENT",
                $"start and end argument is invalid - number of candles requested should be less than {Most} "
            );

        var count = request.Count("limit", Most, Most);
        var query = new CandleQuery(
            timeframe,
            from,
            to + TimeSpan.FromMilliseconds(1),
            count,
            Newest: true,
            NewestFirst: true
        );
        var candles = Candles(request, listing, query);
        return Json(
            listing,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("candles");
                foreach (var candle in candles)
                {
                    json.WriteStartObject();
                    json.WriteString("start", WireText.Of(candle.OpenTime.UnixMilliseconds / 1000));
                    json.WritePropertyName("low");
                    json.WriteNumber(candle.Low);
                    json.WritePropertyName("high");
                    json.WriteNumber(candle.High);
                    json.WritePropertyName("open");
                    json.WriteNumber(candle.Open);
                    json.WritePropertyName("close");
                    json.WriteNumber(candle.Close);
                    json.WritePropertyName("volume");
                    json.WriteNumber(candle.Volume);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private JsonObject ProductList(VenueRequest request)
    {
        // Futures are a separate list, which is empty here.
        var products = request.Query("product_type") is "FUTURE" ? [] : Listings.Values.Select(Product);
        var list = new JsonArray([.. products]);
        return new() { ["num_products"] = list.Count, ["products"] = list };
    }

    private JsonArray CryptoCurrencies() =>
        new([
            .. Listings
                .Values.Select(listing => listing.Pair.Base)
                .Distinct()
                .Select(
                    (code, index) =>
                        new JsonObject
                        {
                            ["asset_id"] = new Guid(index + 1, 0, 0, new byte[8]).ToString(),
                            ["code"] = code,
                            ["name"] = code,
                            ["color"] = "#808080",
                            ["sort_index"] = 100 + index,
                            ["exponent"] = 8,
                            ["type"] = "crypto",
                            ["address_regex"] = "",
                        }
                ),
        ]);

    private static JsonObject Product(Listing listing) =>
        new()
        {
            ["product_id"] = listing.Id,
            ["price"] = "",
            ["base_increment"] = "0.00000001",
            ["quote_increment"] = listing.Tick,
            ["price_increment"] = listing.Tick,
            ["quote_min_size"] = "1",
            ["quote_max_size"] = "150000000",
            ["base_min_size"] = "0.00000001",
            ["base_max_size"] = "3400000",
            ["base_name"] = listing.Pair.Base,
            ["quote_name"] = listing.Pair.Quote,
            ["is_disabled"] = false,
            ["new"] = false,
            ["status"] = "online",
            ["cancel_only"] = false,
            ["limit_only"] = false,
            ["post_only"] = false,
            ["trading_disabled"] = false,
            ["auction_mode"] = false,
            ["product_type"] = "SPOT",
            ["quote_currency_id"] = listing.Pair.Quote,
            ["base_currency_id"] = listing.Pair.Base,
            ["base_display_symbol"] = listing.Pair.Base,
            ["quote_display_symbol"] = listing.Pair.Quote,
            ["view_only"] = false,
            ["alias"] = "",
            ["alias_to"] = new JsonArray(),
        };

    private static VenueAnswer Error(int status, string error, string message) =>
        Json(
            new JsonObject
            {
                ["error"] = error,
                ["error_details"] = message,
                ["message"] = message,
            },
            status
        );
}
