using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Remora.Markets;

namespace Remora.Feeds.Tests.StandIn;

/// <summary>
/// The responses of five exchanges, as far as CCXT reads them. Each has its own page limit, order
/// and parameters.
/// </summary>
internal static class WireFormats
{
    /// <summary>The pair that each exchange trades here.</summary>
    public static readonly IReadOnlyDictionary<string, string> Pairs = new Dictionary<string, string>
    {
        ["binance"] = "BTC/USDT",
        ["kraken"] = "BTC/USD",
        ["coinbase"] = "BTC/USD",
        ["bybit"] = "BTC/USDT",
        ["okx"] = "BTC/USDT",
    };

    private const int KrakenPage = 720;
    private const int OkxRecent = 1440;

    /// <summary>
    /// Returns the response to a request of <c>host/path</c>; null for an unknown path.
    /// </summary>
    public static JsonNode? Answer(
        string path,
        IQueryCollection query,
        StandInMarkets markets,
        Func<List<double?[]>, List<double?[]>> distort
    )
    {
        JsonArray Rows(IEnumerable<Candle> candles, bool newestFirst, Func<double?[], JsonNode> row)
        {
            var ordered = newestFirst ? candles.Reverse() : candles;
            var values = ordered
                .Select(c => new double?[] { c.OpenTime.UnixMilliseconds, c.Open, c.High, c.Low, c.Close, c.Volume })
                .ToList();
            return new([.. distort(values).Select(row)]);
        }

        switch (path)
        {
            case "api.binance.com/api/v3/exchangeInfo":
                return new JsonObject { ["symbols"] = new JsonArray([.. markets.Bases.Select(BinanceSymbol)]) };
            case "api.binance.com/api/v3/klines":
            {
                var timeframe = Timeframe.Parse(query["interval"]!);
                var found = markets
                    .Between(timeframe, At(query["startTime"]), Instant.MaxValue)
                    .Take(Math.Min((int)Number(query["limit"]), 1000));
                return Rows(
                    found,
                    false,
                    r => new JsonArray(
                        r[0],
                        Text(r[1]),
                        Text(r[2]),
                        Text(r[3]),
                        Text(r[4]),
                        Text(r[5]),
                        r[0] + timeframe.Length.TotalMilliseconds - 1,
                        "1",
                        1,
                        "1",
                        "1",
                        "0"
                    )
                );
            }

            case "api.kraken.com/0/public/Assets":
                return Kraken(
                    JsonNode.Parse(
                        """{"XXBT":{"aclass":"currency","altname":"XBT","decimals":10,"display_decimals":5,"status":"enabled"},"ZUSD":{"aclass":"currency","altname":"USD","decimals":4,"display_decimals":2,"status":"enabled"}}"""
                    )!
                );
            case "api.kraken.com/0/public/AssetPairs":
                return Kraken(
                    JsonNode.Parse(
                        """{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT","aclass_quote":"currency","quote":"ZUSD","pair_decimals":1,"lot_decimals":8,"cost_decimals":5,"lot_multiplier":1,"leverage_buy":[],"leverage_sell":[],"fees":[[0,0.4]],"fees_maker":[[0,0.25]],"ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online"}}"""
                    )!
                );
            case "api.kraken.com/0/public/OHLC":
            {
                var timeframe = Of(TimeSpan.FromMinutes(Number(query["interval"])));
                // Only the latest 720, whatever is requested; of those, the ones after 'since'.
                var latest = markets.Between(
                    timeframe,
                    markets.Now.Floor(timeframe.Length) - (timeframe.Length * (KrakenPage - 1)),
                    Instant.MaxValue
                );
                var found = latest.Where(c => c.OpenTime.UnixMilliseconds > Number(query["since"]) * 1000);
                var rows = Rows(
                    found,
                    false,
                    r => new JsonArray(
                        r[0] / 1000,
                        Text(r[1]),
                        Text(r[2]),
                        Text(r[3]),
                        Text(r[4]),
                        "30000",
                        Text(r[5]),
                        10
                    )
                );
                return Kraken(new JsonObject { ["XXBTZUSD"] = rows, ["last"] = 0 });
            }

            case "api.coinbase.com/v2/currencies":
                return JsonNode.Parse("""{"data":[{"id":"USD","name":"US Dollar","min_size":"0.01"}]}""");
            case "api.coinbase.com/v2/currencies/crypto":
                return JsonNode.Parse(
                    """{"data":[{"asset_id":"5b71fc48-3dd3-540c-809b-f8c94d0e68b5","code":"BTC","name":"Bitcoin","color":"#F7931A","sort_index":100,"exponent":8,"type":"crypto","address_regex":""}]}"""
                );
            case "api.coinbase.com/v2/exchange-rates":
                return JsonNode.Parse("""{"data":{"currency":"USD","rates":{"BTC":"0.0000333","USD":"1"}}}""");
            case "api.coinbase.com/api/v3/brokerage/market/products":
                return JsonNode.Parse(
                    query["product_type"] == "FUTURE" || query.ContainsKey("contract_expiry_type")
                        ? """{"products":[],"num_products":0}"""
                        : """{"products":[{"product_id":"BTC-USD","price":"30000","base_increment":"0.00000001","quote_increment":"0.01","quote_min_size":"1","quote_max_size":"150000000","base_min_size":"0.00000001","base_max_size":"3400","base_name":"Bitcoin","quote_name":"US Dollar","is_disabled":false,"new":false,"status":"online","cancel_only":false,"limit_only":false,"post_only":false,"trading_disabled":false,"auction_mode":false,"product_type":"SPOT","quote_currency_id":"USD","base_currency_id":"BTC","base_display_symbol":"BTC","quote_display_symbol":"USD","view_only":false,"price_increment":"0.01","alias":"","alias_to":[]}],"num_products":1}"""
                );
            case "api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles":
            {
                var timeframe = Granularities[query["granularity"]!];
                var start = new Instant((long)Number(query["start"]) * 1000);
                var end = new Instant((long)Number(query["end"]) * 1000);
                var found = markets.Between(timeframe, start, end).TakeLast(300);
                return new JsonObject
                {
                    ["candles"] = Rows(
                        found,
                        true,
                        r => new JsonObject
                        {
                            ["start"] = Text(r[0] / 1000),
                            ["open"] = Text(r[1]),
                            ["high"] = Text(r[2]),
                            ["low"] = Text(r[3]),
                            ["close"] = Text(r[4]),
                            ["volume"] = Text(r[5]),
                        }
                    ),
                };
            }

            case "api.bybit.com/v5/market/instruments-info":
                return Bybit(
                    new JsonObject
                    {
                        ["category"] = "spot",
                        ["nextPageCursor"] = "",
                        ["list"] = JsonNode.Parse(
                            query["category"] != "spot"
                                ? "[]"
                                : """[{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","innovation":"0","status":"Trading","marginTrading":"none","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.00000001","minOrderQty":"0.000048","maxOrderQty":"71.7","minOrderAmt":"1","maxOrderAmt":"2000000"},"priceFilter":{"tickSize":"0.01"}}]"""
                        ),
                    }
                );
            case "api.bybit.com/v5/market/kline":
            {
                var interval = query["interval"].ToString();
                var timeframe = interval == "D" ? Timeframe.OneDay : Of(TimeSpan.FromMinutes(Number(interval)));
                var found = markets
                    .Between(timeframe, At(query["start"]), Instant.MaxValue)
                    .Take(Math.Min((int)Number(query["limit"]), 1000));
                return Bybit(
                    new JsonObject
                    {
                        ["category"] = "spot",
                        ["symbol"] = "BTCUSDT",
                        ["list"] = Rows(
                            found,
                            true,
                            r => new JsonArray(
                                Text(r[0]),
                                Text(r[1]),
                                Text(r[2]),
                                Text(r[3]),
                                Text(r[4]),
                                Text(r[5]),
                                "45000"
                            )
                        ),
                    }
                );
            }

            case "www.okx.com/api/v5/public/instruments":
                return Okx(
                    JsonNode.Parse(
                        query["instType"] != "SPOT"
                            ? "[]"
                            : """[{"instId":"BTC-USDT","instType":"SPOT","baseCcy":"BTC","quoteCcy":"USDT","settleCcy":"","uly":"","instFamily":"","category":"1","ctMult":"","ctVal":"","ctValCcy":"","ctType":"","alias":"","expTime":"","listTime":"1548133413000","lever":"10","lotSz":"0.00000001","minSz":"0.00001","maxLmtSz":"9999999999","maxMktSz":"1000000","state":"live","stk":"","optType":"","tickSz":"0.1"}]"""
                    )!
                );
            case "www.okx.com/api/v5/market/candles" or "www.okx.com/api/v5/market/history-candles":
            {
                var timeframe = Timeframe.Parse(
                    query["bar"].ToString().Replace("utc", "", StringComparison.Ordinal).ToLowerInvariant()
                );
                var after = query.ContainsKey("after") ? At(query["after"]) : Instant.MaxValue;
                var before = At(query["before"]);
                var oldest = path.EndsWith("history-candles")
                    ? Instant.MinValue
                    : markets.Now - (timeframe.Length * OkxRecent);
                var found = markets
                    .Between(
                        timeframe,
                        (before > oldest ? before : oldest) + TimeSpan.FromMilliseconds(1),
                        Instant.MaxValue
                    )
                    .TakeWhile(c => c.OpenTime < after)
                    .TakeLast(Math.Min((int)Number(query["limit"]), 300));
                return Okx(
                    Rows(
                        found,
                        true,
                        r => new JsonArray(
                            Text(r[0]),
                            Text(r[1]),
                            Text(r[2]),
                            Text(r[3]),
                            Text(r[4]),
                            Text(r[5]),
                            "45000",
                            "45000",
                            "1"
                        )
                    )
                );
            }

            default:
                return null;
        }
    }

    public static bool IsCandles(string path) =>
        path.EndsWith("/klines") || path.EndsWith("/OHLC") || path.EndsWith("candles") || path.EndsWith("/kline");

    private static readonly Dictionary<string, Timeframe> Granularities = new()
    {
        ["ONE_MINUTE"] = Timeframe.Parse("1m"),
        ["FIVE_MINUTE"] = Timeframe.FiveMinutes,
        ["ONE_HOUR"] = Timeframe.OneHour,
        ["ONE_DAY"] = Timeframe.OneDay,
    };

    private static Timeframe Of(TimeSpan length) => Timeframe.Known.Single(timeframe => timeframe.Length == length);

    private static double Number(string? text) =>
        text is null or "" ? 0 : double.Parse(text, CultureInfo.InvariantCulture);

    private static Instant At(string? milliseconds) => new((long)Number(milliseconds));

    private static JsonNode? Text(double? value) => value?.ToString("R", CultureInfo.InvariantCulture);

    private static JsonObject Kraken(JsonNode result) => new() { ["error"] = new JsonArray(), ["result"] = result };

    private static JsonObject Bybit(JsonNode result) =>
        new()
        {
            ["retCode"] = 0,
            ["retMsg"] = "OK",
            ["result"] = result,
            ["retExtInfo"] = new JsonObject(),
            ["time"] = 0,
        };

    private static JsonObject Okx(JsonNode data) =>
        new()
        {
            ["code"] = "0",
            ["msg"] = "",
            ["data"] = data,
        };

    private static JsonNode? BinanceSymbol(string code) =>
        JsonNode.Parse(
            $$"""
            {"symbol":"{{code}}USDT","status":"TRADING","baseAsset":"{{code}}","quoteAsset":"USDT","baseAssetPrecision":8,"quotePrecision":8,
             "isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"permissions":["SPOT"],"permissionSets":[["SPOT"]],
             "filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000","stepSize":"0.00001"}]}
            """
        );
}
