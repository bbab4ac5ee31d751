using System.Text.Json.Nodes;
using Remora.Markets;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Kraken: old names for old assets, errors with status 200, and always only the last 720 candles.
/// </summary>
internal sealed class Kraken : Venue
{
    private const int Kept = 720;

    private static readonly IReadOnlyDictionary<string, Timeframe> Intervals = Timeframes(
        ("1", "1m"),
        ("5", "5m"),
        ("15", "15m"),
        ("30", "30m"),
        ("60", "1h"),
        ("240", "4h"),
        ("1440", "1d")
    );

    private static readonly Dictionary<string, (string Asset, string Short)> OldNames = new()
    {
        ["BTC"] = ("XXBT", "XBT"),
        ["ETH"] = ("XETH", "ETH"),
        ["XRP"] = ("XXRP", "XRP"),
        ["LTC"] = ("XLTC", "LTC"),
        ["DOGE"] = ("XXDG", "XDG"),
        ["XLM"] = ("XXLM", "XLM"),
        ["USD"] = ("ZUSD", "USD"),
        ["EUR"] = ("ZEUR", "EUR"),
    };

    private readonly Dictionary<string, string> _byOtherNames = [];

    public Kraken(SandboxWorld world)
    {
        foreach (var (pair, series) in WithDollarPairs(world))
        {
            var (@base, quote) = (Name(pair.Base), Name(pair.Quote));
            // Only pairs of two old assets use their full names, and dogecoin never does.
            var old = @base.Asset != @base.Short && quote.Asset != quote.Short && pair.Base != "DOGE";
            var id = old ? @base.Asset + quote.Asset : @base.Short + quote.Short;
            List(id, pair, series);
            _byOtherNames[@base.Short + quote.Short] = id;
            _byOtherNames[$"{@base.Short}/{quote.Short}"] = id;
        }
    }

    public override string Id => "kraken";

    public override IReadOnlyList<string> Hosts { get; } = ["api.kraken.com"];

    public override VenueAnswer Answer(VenueRequest request) =>
        request.Path switch
        {
            "/0/public/Time" => Result(new JsonObject { ["unixtime"] = request.Now.UnixMilliseconds / 1000 }),
            "/0/public/Assets" => Result(Assets()),
            "/0/public/AssetPairs" => Result(
                new JsonObject(
                    Listings.Values.Select(listing =>
                        KeyValuePair.Create<string, JsonNode?>(listing.Id, AssetPair(listing))
                    )
                )
            ),
            "/0/public/OHLC" => Ohlc(request),
            _ => Error("EGeneral:Unknown method"),
        };

    private VenueAnswer Ohlc(VenueRequest request)
    {
        var id = request.Query("pair");
        if (id is not null && _byOtherNames.TryGetValue(id, out var full))
            id = full;
        if (!TryFind(id, out var listing))
            return Error("EQuery:Unknown asset pair");
        if (!TryTimeframe(Intervals, request.Query("interval") ?? "1", listing, out var timeframe))
            return Error("EGeneral:Invalid arguments");
        var since = request.Moment("since", Instant.MinValue, 1000);
        // 'since' filters the last 720 candles and does not reach further back. The candle at
        // 'since' itself is not sent.
        var candles = Candles(request, listing, new(timeframe, Instant.MinValue, Instant.MaxValue, Kept, Newest: true));
        candles.RemoveAll(candle => candle.OpenTime <= since);
        var last =
            candles.Count > 1 ? candles[^2].OpenTime
            : since > Instant.MinValue ? since
            : default;
        return Json(
            listing,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("error");
                json.WriteEndArray();
                json.WriteStartObject("result");
                json.WriteStartArray(listing.Id);
                foreach (var candle in candles)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue(candle.OpenTime.UnixMilliseconds / 1000);
                    json.WriteNumber(candle.Open);
                    json.WriteNumber(candle.High);
                    json.WriteNumber(candle.Low);
                    json.WriteNumber(candle.Close);
                    json.WriteNumber(Math.Round((candle.High + candle.Low + candle.Close) / 3, listing.Decimals));
                    json.WriteNumber(candle.Volume, 8);
                    json.WriteNumberValue(candle.Trades());
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                json.WriteNumber("last", last.UnixMilliseconds / 1000);
                json.WriteEndObject();
                json.WriteEndObject();
            }
        );
    }

    private JsonObject Assets()
    {
        var assets = new JsonObject();
        foreach (
            var code in Listings
                .Values.SelectMany(listing => new[] { listing.Pair.Base, listing.Pair.Quote })
                .Distinct()
        )
        {
            var (asset, altname) = Name(code);
            assets[asset] = new JsonObject
            {
                ["aclass"] = "currency",
                ["altname"] = altname,
                ["decimals"] = 10,
                ["display_decimals"] = 5,
                ["status"] = "enabled",
            };
        }
        return assets;
    }

    private static JsonObject AssetPair(Listing listing)
    {
        var (@base, quote) = (Name(listing.Pair.Base), Name(listing.Pair.Quote));
        return new()
        {
            ["altname"] = @base.Short + quote.Short,
            ["wsname"] = $"{@base.Short}/{quote.Short}",
            ["aclass_base"] = "currency",
            ["base"] = @base.Asset,
            ["aclass_quote"] = "currency",
            ["quote"] = quote.Asset,
            ["lot"] = "unit",
            ["cost_decimals"] = 5,
            ["pair_decimals"] = listing.Decimals,
            ["lot_decimals"] = 8,
            ["lot_multiplier"] = 1,
            ["leverage_buy"] = new JsonArray(),
            ["leverage_sell"] = new JsonArray(),
            ["fees"] = new JsonArray(new JsonArray(0, 0.4)),
            ["fees_maker"] = new JsonArray(new JsonArray(0, 0.25)),
            ["fee_volume_currency"] = "ZUSD",
            ["ordermin"] = "0.00005",
            ["costmin"] = "0.5",
            ["tick_size"] = listing.Tick,
            ["status"] = "online",
        };
    }

    private static (string Asset, string Short) Name(string code) =>
        OldNames.TryGetValue(code, out var old) ? old : (code, code);

    private static VenueAnswer Result(JsonObject result) =>
        Json(new JsonObject { ["error"] = new JsonArray(), ["result"] = result });

    private static VenueAnswer Error(string error) => Json(new JsonObject { ["error"] = new JsonArray(error) });
}
