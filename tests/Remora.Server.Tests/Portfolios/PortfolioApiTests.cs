using System.Net;
using System.Text;
using System.Text.Json;
using Remora.Markets;
using Remora.Server.Tests.OpenApi;
using Remora.Testing;

namespace Remora.Server.Tests.Portfolios;

public sealed class PortfolioApiTests
{
    private const string Path = "/api/v1/portfolio/risk";

    [Fact]
    public async Task A_book_is_answered_by_the_document_and_its_parts_add_up()
    {
        await using var service = await WarmAsync();
        var schemas = await ApiSchemas.OfAsync(service.Http);
        var answer = await AskAsync(
            service,
            """
            {"wallet":10000,"limit":0.5,"candidate":{"pair":"ETH/USDT","notional":1000},"positions":[
              {"pair":"btc/usdt","notional":4000,"stop_price":1,"liquidation_price":1e9},
              {"pair":"ETH/USDT","side":"short","notional":1500,"price":100,"stop_price":101},
              {"pair":"BTC/USDT","amount":2,"price":50,"leverage":10},
              {"pair":"XRP/USDT","notional":50}]}
            """
        );
        Assert.Empty(schemas.FaultsOf("PortfolioAnswer", answer));
        Assert.Empty(
            schemas.FaultsOf("CorrelationList", await service.GetAsync("/api/v1/correlations?pairs=ETH/USDT,BTC/USDT"))
        );
        var positions = answer.GetProperty("positions").EnumerateArray().ToList();
        Assert.Equal(["BTC/USDT", "ETH/USDT", "BTC/USDT"], positions.Select(each => Text(each, "pair")));
        Assert.Equal([4000, 1500, 1000], positions.Select(each => Number(each, "notional")));
        Assert.Equal([0.4, -0.15, 0.1], positions.Select(each => Number(each, "exposure")));
        Assert.Equal("24h", Text(answer, "horizon"));
        var volatility = Number(answer, "volatility");
        Assert.Equal(volatility, positions.Sum(each => Number(each, "share")), 1e-12);
        Assert.Equal(100, positions.Sum(each => Number(each, "share_percent")), 1e-9);
        Assert.Equal(volatility * 10000, Number(answer.GetProperty("money"), "volatility"), 1e-9);
        Assert.True(positions[1].GetProperty("share").GetDouble() < 0, "ETH moves as BTC: a short is a hedge");
        Assert.True(Number(positions[1].GetProperty("without"), "volatility") > volatility);
        Assert.Equal("not_tracked", Text(answer.GetProperty("unknown")[0], "reason"));
        // A stop far away is not touched, a liquidation price above a long is passed already.
        Assert.InRange(Number(positions[0].GetProperty("stop").GetProperty("probability"), "24h"), 0, 0.01);
        Assert.Equal(1, Number(positions[0].GetProperty("liquidation").GetProperty("probability"), "4h"));
        var near = positions[1].GetProperty("stop").GetProperty("probability");
        Assert.InRange(Number(near, "4h"), 0.0001, Number(near, "24h"));
        Assert.Equal(
            ["2020-03-12", "2021-05-19", "2022-06-13", "2022-11-08", "correlation_one"],
            answer.GetProperty("stress").EnumerateArray().Select(day => Text(day, "name"))
        );
        Assert.Contains("act like", Text(answer, "summary"), StringComparison.Ordinal);
        Assert.Equal("ETH/USDT", Text(answer.GetProperty("candidate"), "market"));
    }

    [Fact]
    public async Task One_pair_is_its_forecast_and_the_opposite_position_cancels_it()
    {
        await using var service = await WarmAsync();
        var one = await AskAsync(
            service,
            """{"wallet":100,"limit":0.01,"positions":[{"pair":"BTC/USDT","notional":100}]}"""
        );
        var forecast = (await service.GetAsync("/api/v1/forecast?pair=BTC/USDT")).GetProperty("forecast");
        var day = forecast.GetProperty("horizons").GetProperty("24h");
        Assert.Equal(Number(day, "volatility"), Number(one, "volatility"), 1e-15);
        Assert.Equal(
            Number(day.GetProperty("value_at_risk"), "0.95"),
            Number(one.GetProperty("value_at_risk"), "0.95"),
            1e-8
        );
        Assert.Equal("one_market", Text(one, "book"));
        Assert.True(one.GetProperty("over_limit").GetBoolean());

        var none = await AskAsync(
            service,
            """
            {"wallet":100,"horizon":"4h","positions":[{"pair":"BTC/USDT","notional":100},
              {"pair":"BTC/USDT:USDT","side":"short","notional":100}]}
            """
        );
        Assert.Equal((0, "flat"), (Number(none, "volatility"), Text(none, "book")));
        Assert.Equal("BTC/USDT", Text(none.GetProperty("positions")[1], "market")); // the spot market
        Assert.Equal(JsonValueKind.Null, none.GetProperty("independent_bets").ValueKind);
        Assert.Contains("cancel", Text(none, "summary"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"positions":[{"pair":"BTC/USDT","notional":1}]}""", "wallet")]
    [InlineData("""{"wallet":0,"positions":[{"pair":"BTC/USDT","notional":1}]}""", "wallet")]
    [InlineData("""{"wallet":1e999,"positions":[{"pair":"BTC/USDT","notional":1}]}""", "wallet")]
    [InlineData("""{"wallet":"many","positions":[{"pair":"BTC/USDT","notional":1}]}""", "wallet")]
    [InlineData("""{"wallet":9,"positions":[]}""", "positions")]
    [InlineData("""{"wallet":9}""", "positions")]
    [InlineData("""{"wallet":9,"positions":{}}""", "positions")]
    [InlineData("""{"wallet":9,"positions":[null]}""", "positions[0]")]
    [InlineData("""{"wallet":9,"positions":[{"notional":1}]}""", "positions[0].pair")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTCUSDT","notional":1}]}""", "positions[0].pair")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":-1}]}""", "positions[0].notional")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT"}]}""", "positions[0].notional")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1,"amount":1}]}""", "positions[0].notional")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1e9}]}""", "positions[0].notional")]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT","amount":1e9}]}""", "positions[0].notional")]
    [InlineData(
        """{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1,"leverage":1001}]}""",
        "positions[0].leverage"
    )]
    [InlineData(
        """{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1},{"pair":"BTC/USDT","notional":1,"side":"up"}]}""",
        "positions[1].side"
    )]
    [InlineData(
        """{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1,"stop_price":0}]}""",
        "positions[0].stop_price"
    )]
    [InlineData("""{"wallet":9,"positions":[{"pair":"BTC/USDT","notional":1,"x":0}]}""", "positions[0].x")]
    [InlineData("""{"wallet":9,"horizon":"1h","positions":[{"pair":"BTC/USDT","notional":1}]}""", "horizon")]
    [InlineData("""{"wallet":9,"horizon":"7d","positions":[{"pair":"BTC/USDT","notional":1}]}""", "horizon")]
    [InlineData("""{"wallet":9,"limit":4,"positions":[{"pair":"BTC/USDT","notional":1}]}""", "limit")]
    [InlineData(
        """{"wallet":9,"candidate":{"pair":"x"},"positions":[{"pair":"BTC/USDT","notional":1}]}""",
        "candidate.pair"
    )]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("null", "body")]
    [InlineData("""{"wallet":9,""", "body")]
    public async Task Bad_input_names_the_field(string body, string field)
    {
        await using var service = await WarmAsync(candles: 600);
        var problem = await AskAsync(service, body, HttpStatusCode.BadRequest);
        Assert.Equal(field, Text(problem, "parameter"));
        Assert.StartsWith(field + ": ", Text(problem, "detail"), StringComparison.Ordinal);
        var schemas = await ApiSchemas.OfAsync(service.Http);
        Assert.Empty(schemas.FaultsOf("ApiProblem", problem));
    }

    [Fact]
    public async Task Unknown_pairs_large_bodies_and_other_types_are_refused()
    {
        await using var service = await WarmAsync(candles: 600);
        var none = await AskAsync(
            service,
            """{"wallet":9,"positions":[{"pair":"ETC/USDT","notional":1}]}""",
            HttpStatusCode.NotFound
        );
        Assert.Equal(2, none.GetProperty("nearest").GetArrayLength());
        Assert.Equal("positions", Text(none, "parameter"));
        // Tracked, and without a candle.
        var cold = await AskAsync(
            service,
            """{"wallet":9,"positions":[{"pair":"ETH/USDT","notional":1}]}""",
            HttpStatusCode.NotFound
        );
        Assert.Contains("no forecast yet", Text(cold, "detail"), StringComparison.Ordinal);
        await AskAsync(service, new string(' ', 70_000), HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal(2, (await service.GetAsync("/api/v1/pairs")).GetProperty("pairs").GetArrayLength());
        using var text = new StringContent("{}", Encoding.UTF8, "text/plain");
        using var refused = await service.Http.PostAsync(Path, text);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        Assert.Contains("application/json", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await service.GetAsync("/api/v1/correlations?pairs=DOGE/EUR", HttpStatusCode.NotFound);
        await service.GetAsync("/api/v1/correlations?pairs=x", HttpStatusCode.BadRequest);
        await service.GetAsync(
            "/api/v1/correlations?pairs=" + string.Join(',', Enumerable.Repeat("BTC/USDT", 101)),
            HttpStatusCode.BadRequest
        );
    }

    private static async Task<LiveServer> WarmAsync(int candles = 4000)
    {
        var service = await LiveServer.StartAsync();
        foreach (var feed in candles < 1000 ? service.Feeds.Take(1) : service.Feeds)
        {
            await feed.SendAsync(
                MarketEvent.Recovered(feed.Market, new([], [], SomeBooks.CandlesOf(feed.Market, candles)))
            );
            await LiveServer.UntilAsync(() => service.Host.Board.Latest(feed.Market).AsOf == Some.Time);
        }
        return service;
    }

    private static async Task<JsonElement> AskAsync(
        LiveServer service,
        string body,
        HttpStatusCode status = HttpStatusCode.OK
    )
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await service.Http.PostAsync(Path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{body}: {(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    private static double Number(JsonElement owner, string name) => owner.GetProperty(name).GetDouble();

    private static string Text(JsonElement owner, string name) => owner.GetProperty(name).GetString()!;
}
