using System.Globalization;
using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox.Tests.Venues;

/// <summary>Details of each exchange's wire format that CCXT does not check.</summary>
public sealed class WireFormatTests : IAsyncLifetime
{
    private static readonly long Open = SandboxRig.Now.Floor(Timeframe.FiveMinutes.Length).UnixMilliseconds;
    private static readonly long Step = (long)Timeframe.FiveMinutes.Length.TotalMilliseconds;
    private SandboxServer? _sandbox;
    private HttpClient? _client;

    private HttpClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxRig.Sandbox();
        _client = SandboxRig.Client(_sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Binance_sends_the_earliest_from_a_start_and_the_latest_up_to_an_end()
    {
        const string klines = "/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m";
        var latest = await Client.Json($"{klines}&limit=3");
        var from = await Client.Json($"{klines}&limit=3&startTime={Open - (10 * Step) + 1}");
        var until = await Client.Json($"{klines}&limit=3&endTime={Open - Step}");

        Assert.Equal([Open - (2 * Step), Open - Step, Open], OpenTimes(latest));
        Assert.Equal([Open - (9 * Step), Open - (8 * Step), Open - (7 * Step)], OpenTimes(from));
        Assert.Equal([Open - (3 * Step), Open - (2 * Step), Open - Step], OpenTimes(until));
        Assert.Equal(500, (await Client.Json(klines)).GetArrayLength());
        Assert.Equal(1000, (await Client.Json($"{klines}&limit=5000")).GetArrayLength());

        var row = latest[0];
        Assert.Equal(12, row.GetArrayLength());
        Assert.Matches(@"^\d+\.\d{8}$", row[1].GetString());
        Assert.Equal(Open - Step - 1, row[6].GetInt64());
    }

    [Fact]
    public async Task Kraken_excludes_since_and_returns_last()
    {
        var since = (Open - (5 * Step)) / 1000;
        var answer = await Client.Json($"/api.kraken.com/0/public/OHLC?pair=XXBTZUSD&interval=5&since={since}");
        var rows = answer.GetProperty("result").GetProperty("XXBTZUSD");

        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => since + (i * 300)),
            rows.EnumerateArray().Select(row => row[0].GetInt64())
        );
        Assert.Equal((Open - Step) / 1000, answer.GetProperty("result").GetProperty("last").GetInt64());
        Assert.Equal(8, rows[0].GetArrayLength());
        foreach (var name in new[] { "XBTUSD", "XBT/USD" })
        {
            var same = await Client.Json($"/api.kraken.com/0/public/OHLC?pair={name}&interval=5");
            Assert.Equal(720, same.GetProperty("result").GetProperty("XXBTZUSD").GetArrayLength());
        }
    }

    [Fact]
    public async Task Coinbase_sends_newest_first_and_refuses_long_spans()
    {
        const string candles =
            "/api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles?granularity=FIVE_MINUTE";
        var answer = await Client.Json($"{candles}&start={(Open - (3 * Step)) / 1000}&end={(Open - Step) / 1000}");

        Assert.Equal(
            [$"{(Open - Step) / 1000}", $"{(Open - (2 * Step)) / 1000}", $"{(Open - (3 * Step)) / 1000}"],
            answer.GetProperty("candles").EnumerateArray().Select(candle => candle.GetProperty("start").GetString()!)
        );
        var refused = await Client.Json(
            $"{candles}&start={(Open - (350 * Step)) / 1000}&end={Open / 1000}",
            HttpStatusCode.BadRequest
        );
        Assert.Contains("less than 350", refused.GetProperty("message").GetString());
        await Client.Json($"{candles}&start={Open / 1000}", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Bybit_sends_newest_first_and_the_earliest_with_a_start()
    {
        const string kline = "/api.bybit.com/v5/market/kline?category=spot&symbol=BTCUSDT&interval=5";
        Assert.Equal([Open, Open - Step], BybitTimes(await Client.Json($"{kline}&limit=2")));
        Assert.Equal(
            [Open - (8 * Step), Open - (9 * Step)],
            BybitTimes(await Client.Json($"{kline}&limit=2&start={Open - (9 * Step)}"))
        );
        Assert.Equal(
            [Open - (3 * Step), Open - (4 * Step)],
            BybitTimes(await Client.Json($"{kline}&limit=2&start={Open - (9 * Step)}&end={Open - (3 * Step)}"))
        );
        Assert.Equal(200, BybitTimes(await Client.Json(kline)).Count);
    }

    [Fact]
    public async Task Okx_pages_exclude_both_bounds()
    {
        const string candles = "/www.okx.com/api/v5/market/candles?instId=BTC-USDT&bar=5m";
        var latest = await Client.Json($"{candles}&limit=2");
        Assert.Equal([Open, Open - Step], OkxTimes(latest));
        Assert.Equal(["0", "1"], latest.GetProperty("data").EnumerateArray().Select(row => row[8].GetString()!));
        Assert.Equal(
            [Open - (5 * Step), Open - (6 * Step)],
            OkxTimes(await Client.Json($"{candles}&limit=2&after={Open - (4 * Step)}"))
        );
        Assert.Equal(
            [Open - (5 * Step), Open - (6 * Step)],
            OkxTimes(await Client.Json($"{candles}&after={Open - (4 * Step)}&before={Open - (7 * Step)}"))
        );
        Assert.Equal(100, OkxTimes(await Client.Json(candles)).Count);
        Assert.Equal(300, OkxTimes(await Client.Json($"{candles}&limit=1000")).Count);

        var old = $"limit=2&after={Open - (2000 * Step)}";
        Assert.Empty(OkxTimes(await Client.Json($"{candles}&{old}")));
        Assert.Equal(2, OkxTimes(await Client.Json($"{candles.Replace("/candles", "/history-candles")}&{old}")).Count);
    }

    [Theory]
    [InlineData("/api.binance.com/api/v3")]
    [InlineData("/fapi.binance.com/fapi/v1")]
    public async Task Binances_order_book_is_sorted_around_the_last_close(string api)
    {
        var klines = await Client.Json($"{api}/klines?symbol=BTCUSDT&interval=5m&limit=1");
        var close = Number(klines[0][4]);
        var book = await Client.Json($"{api}/depth?symbol=BTCUSDT&limit=5");
        var (bids, asks) = (Prices("bids"), Prices("asks"));
        Assert.True(bids.Length == 5 && asks.Length == 5);
        Assert.Equal(bids.OrderDescending(), bids);
        Assert.Equal(asks.Order(), asks);
        Assert.True(bids[0] < close && close < asks[0] && asks[0] / bids[0] < 1.001);

        double[] Prices(string side) => [.. book.GetProperty(side).EnumerateArray().Select(level => Number(level[0]))];
        static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("/api.binance.com/api/v3/klines?symbol=NOPE&interval=5m", 400, "-1121")]
    [InlineData("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=7m", 400, "-1120")]
    [InlineData("/api.binance.com/api/v3/depth?symbol=NOPE", 400, "-1121")]
    [InlineData("/api.binance.com/api/v9/nothing", 404, "invalid")]
    [InlineData("/fapi.binance.com/fapi/v1/premiumIndex?symbol=NOPE", 400, "-1121")]
    [InlineData("/api.kraken.com/0/public/OHLC?pair=NOPE", 200, "EQuery:Unknown asset pair")]
    [InlineData("/api.kraken.com/0/public/OHLC?pair=XXBTZUSD&interval=7", 200, "EGeneral:Invalid arguments")]
    [InlineData(
        "/api.coinbase.com/api/v3/brokerage/market/products/NO-PE/candles?granularity=FIVE_MINUTE&start=1&end=2",
        404,
        "NOT_FOUND"
    )]
    [InlineData("/api.bybit.com/v5/market/kline?category=spot&symbol=NOPE&interval=5", 200, "Not supported symbols")]
    [InlineData("/www.okx.com/api/v5/market/candles?instId=NO-PE", 200, "51001")]
    [InlineData("/www.okx.com/api/v5/market/candles?instId=BTC-USDT&bar=7m", 200, "51000")]
    [InlineData("/www.unknown-exchange.com/api", 404, "api.binance.com")]
    public async Task Errors_have_the_format_of_the_exchange(string path, int status, string says)
    {
        using var answer = await Client.GetAsync(path);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync());
        Assert.Equal("simulated", Assert.Single(answer.Headers.GetValues("X-Remora-Sandbox")));
    }

    [Theory]
    [InlineData("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=99999999999999999999&limit=-5")]
    [InlineData(
        "/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=1d&startTime=-9223372036854775808&endTime=9223372036854775807"
    )]
    [InlineData("/api.kraken.com/0/public/OHLC?pair=XXBTZUSD&interval=1440&since=9223372036854775807")]
    [InlineData(
        "/api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles?granularity=ONE_DAY&start=1&end=9223372036854775807"
    )]
    [InlineData("/api.bybit.com/v5/market/kline?category=spot&symbol=BTCUSDT&interval=D&start=-1&limit=x")]
    [InlineData(
        "/www.okx.com/api/v5/market/history-candles?instId=BTC-USDT&before=-9223372036854775808&after=9223372036854775807"
    )]
    [InlineData("/api.alternative.me/fng/?limit=-9223372036854775808")]
    public async Task Invalid_numbers_are_handled(string path)
    {
        using var answer = await Client.GetAsync(path);

        Assert.InRange((int)answer.StatusCode, 200, 499);
    }

    [Fact]
    public async Task Alternative_me_sends_a_value_a_day_newest_first()
    {
        var answer = await Client.Json("/api.alternative.me/fng/?limit=30");
        var values = answer.GetProperty("data").EnumerateArray().ToList();
        var today = SandboxRig.Now.Floor(TimeSpan.FromDays(1)).UnixMilliseconds / 1000;

        Assert.Equal(
            Enumerable.Range(0, 30).Select(day => $"{today - (day * 86_400)}"),
            values.Select(value => value.GetProperty("timestamp").GetString()!)
        );
        Assert.All(values, value => Assert.InRange(int.Parse(value.GetProperty("value").GetString()!), 0, 100));
        Assert.Equal(
            $"{86_400 - (long)SandboxRig.Morning.TimeOfDay.TotalSeconds}",
            values[0].GetProperty("time_until_update").GetString()
        );
        Assert.False(values[1].TryGetProperty("time_until_update", out _));
        Assert.Single((await Client.Json("/api.alternative.me/fng/")).GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData(0.1 + 0.2, 0, "0.30000000000000004")]
    [InlineData(62000, 8, "62000.00000000")]
    [InlineData(0.5, 2, "0.50")]
    [InlineData(0.000012345678901234568, 0, "0.000012345678901234568")]
    [InlineData(1e-30, 8, "1E-30")]
    [InlineData(123456789012345680, 0, "123456789012345680")]
    public void Numbers_are_decimals_that_parse_exactly(double value, int decimals, string text)
    {
        Assert.Equal(text, WireText.Of(value, decimals));
        Assert.Equal(value, double.Parse(text));
    }

    private static List<long> OpenTimes(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => row[0].GetInt64())];

    private static List<long> BybitTimes(JsonElement answer) =>
        [
            .. answer
                .GetProperty("result")
                .GetProperty("list")
                .EnumerateArray()
                .Select(row => long.Parse(row[0].GetString()!)),
        ];

    private static List<long> OkxTimes(JsonElement answer) =>
        [.. answer.GetProperty("data").EnumerateArray().Select(row => long.Parse(row[0].GetString()!))];
}
