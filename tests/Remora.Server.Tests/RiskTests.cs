using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class RiskTests
{
    [Fact]
    public async Task The_golden_example_comes_out_of_the_interface_exactly_so()
    {
        await using var service = await LiveServer.StartAsync();
        var readings = Some.Readings(Some.Time) with { Volatility = 0.0474, Rsi = 56 };
        service.Host.Board.Publish(
            Some.Btc,
            0,
            service.Assess(
                readings,
                Regime.Choppy,
                Some.Btc,
                observations: Some.Observation(Signal.FearGreed, 15, Some.Time)
            )
        );

        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");

        var parts = risk.GetProperty("risk_breakdown");
        Assert.Equal(
            [0.017, 0.24, 0.1, 0.066, 0.35],
            new[] { "volatility", "regime", "trend_strength", "momentum", "external" }.Select(part =>
                Math.Round(parts.GetProperty(part).GetDouble(), 3)
            )
        );
        Assert.Equal(0.77, Math.Round(risk.GetProperty("risk_score").GetDouble(), 2));
        Assert.Equal("very_high", risk.GetProperty("risk_class").GetString());
        Assert.Equal("low", risk.GetProperty("volatility_classification").GetString());
        Assert.Equal("choppy", risk.GetProperty("regime").GetString());
        Assert.Equal("sideways", risk.GetProperty("trend_classification").GetString());
        Assert.Equal("no_entry", risk.GetProperty("recommendation").GetString());
        Assert.False(risk.GetProperty("safe_to_trade").GetBoolean());
        Assert.Equal(["flag_extreme_fear"], Texts(risk.GetProperty("blocked_by")));
        Assert.Equal(
            ["flag_extreme_fear"],
            risk.GetProperty("event_flags")
                .EnumerateObject()
                .Where(flag => flag.Value.ValueKind == JsonValueKind.True)
                .Select(flag => flag.Name)
        );
        Assert.Equal(0, risk.GetProperty("position_scale").GetDouble());
        Assert.StartsWith(
            "Entries are blocked: extreme fear",
            risk.GetProperty("reasoning")[0].GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Extreme_fear_blocks_when_it_arrives_as_an_event()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        Assert.True((await service.GetAsync("/api/v1/risk?pair=BTC/USDT")).GetProperty("safe_to_trade").GetBoolean());

        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));

        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Contains("flag_extreme_fear", Texts(risk.GetProperty("blocked_by")));
        Assert.Equal("no_entry", risk.GetProperty("recommendation").GetString());
        Assert.StartsWith(
            "Entries are blocked: extreme fear",
            risk.GetProperty("reasoning")[0].GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(15, risk.GetProperty("fear_greed_index").GetDouble());
        Assert.Equal(0.35, risk.GetProperty("risk_breakdown").GetProperty("external").GetDouble());
        Assert.Equal(0.35, risk.GetProperty("external").GetProperty("fear_greed").GetProperty("addend").GetDouble());
        Assert.Equal("fresh", risk.GetProperty("sources").GetProperty("fear_greed").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Before_any_candle_everything_is_unknown_and_the_answer_says_so()
    {
        var careful = RiskPolicy.Default with
        {
            Name = "careful",
            Decision = new() { OnStale = OnStale.Block },
        };
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Policies = [RiskPolicy.Default, careful],
            }
        );
        foreach (var path in new[] { "/api/v1/risk?pair=BTC/USDT&policy=careful", "/api/v1/risk?policy=careful" })
        {
            var risk = await service.GetAsync(path);
            Assert.Equal(
                (false, "unknown", "no_entry"),
                (
                    risk.GetProperty("safe_to_trade").GetBoolean(),
                    risk.GetProperty("state").GetString(),
                    risk.GetProperty("recommendation").GetString()
                )
            );
            Assert.Equal(["stale_data"], Texts(risk.GetProperty("blocked_by")));
        }
        var batch = await service.GetAsync("/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT");
        Assert.All(
            batch.GetProperty("assessments").EnumerateArray(),
            one => Assert.Equal("unknown", one.GetProperty("state").GetString())
        );
        Assert.Equal(
            "unknown",
            (await service.GetAsync("/api/v1/volatility?pair=BTC/USDT")).GetProperty("state").GetString()
        );
        foreach (var path in new[] { "/api/v1/risk?pair=BTC/USDT", "/api/v1/risk" })
        {
            var risk = await service.GetAsync(path);
            Assert.Equal("unknown", risk.GetProperty("state").GetString());
            foreach (
                var name in new[]
                {
                    "risk_score",
                    "risk_class",
                    "regime",
                    "volatility",
                    "as_of",
                    "age_seconds",
                    "fear_greed_index",
                    "vix",
                    "position_scale",
                }
            )
                Assert.Equal(JsonValueKind.Null, risk.GetProperty(name).ValueKind);
            Assert.Equal(0, risk.GetProperty("risk_confidence").GetDouble());
            Assert.True(risk.GetProperty("stale").GetBoolean());
            Assert.True(risk.GetProperty("safe_to_trade").GetBoolean());
            Assert.Equal("caution", risk.GetProperty("recommendation").GetString());
        }
        Assert.Equal(
            "missing",
            (await service.GetAsync("/api/v1/risk?pair=BTC/USDT"))
                .GetProperty("sources")
                .GetProperty("fear_greed")
                .GetProperty("state")
                .GetString()
        );
    }

    [Theory]
    [InlineData("?pair=BTC/USDT")]
    [InlineData("?pair=btc%2fusdt&side=short")]
    [InlineData("?policy=remora-1&pair=BTC%2FUSDT&exchange=binance&timeframe=5m")]
    [InlineData("?side=short")]
    [InlineData("")]
    public async Task The_short_path_and_the_endpoint_give_the_same_bytes(string query)
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        Assert.True(new Api.RiskShortPath(service.Host.Board).TryFind(query, out var taken));
        Assert.Equal(taken.Body, await service.Http.GetByteArrayAsync("/api/v1/risk" + query));
        // Routing ignores case, the fast path does not.
        Assert.Equal(taken.Body, await service.Http.GetByteArrayAsync("/api/v1/RISK" + query));
    }

    [Fact]
    public async Task The_short_path_allocates_nothing()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var path = new Api.RiskShortPath(service.Host.Board);
        var found = path.TryFind("?pair=btc%2Fusdt&side=long", out _); // renders the answer
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            found &= path.TryFind("?pair=btc%2Fusdt&side=long", out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(found);
    }

    [Fact]
    public async Task A_short_is_judged_the_other_way_round()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var (@long, @short) = (
            await service.GetAsync("/api/v1/risk?pair=BTC/USDT&side=long"),
            await service.GetAsync("/api/v1/risk?pair=BTC/USDT&side=short")
        );
        double Momentum(JsonElement risk) => risk.GetProperty("risk_breakdown").GetProperty("momentum").GetDouble();
        Assert.Equal(0.15, Momentum(@long) + Momentum(@short), 6);
        Assert.Equal("short", @short.GetProperty("side").GetString());
    }

    [Fact]
    public async Task A_batch_is_the_single_answers_in_the_order_asked_for()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync(0);
        await service.WarmAsync(1);
        var batch = await service.GetAsync("/api/v1/risk/batch?pairs=eth/usdt,BTC/USDT");
        Assert.Equal(
            [
                await service.Http.GetStringAsync("/api/v1/risk?pair=ETH/USDT"),
                await service.Http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"),
            ],
            batch.GetProperty("assessments").EnumerateArray().Select(one => one.GetRawText())
        );
    }

    [Fact]
    public async Task Exchange_and_timeframe_choose_among_the_markets_of_a_pair()
    {
        var settings = LiveServer.Settings with
        {
            Markets = [new(Some.Btc.Pair, "kraken"), new(Some.Btc.Pair, Timeframe: Timeframe.OneHour)],
        };
        await using var service = await LiveServer.StartAsync(settings);
        async Task<string> Asked(string query)
        {
            var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT" + query);
            return $"{risk.GetProperty("exchange")} {risk.GetProperty("timeframe")}";
        }
        Assert.Equal("binance 5m", await Asked(""));
        Assert.Equal("kraken 5m", await Asked("&exchange=kraken"));
        Assert.Equal("binance 1h", await Asked("&timeframe=1h"));
        var problem = await service.GetAsync(
            "/api/v1/risk?pair=BTC/USDT&exchange=kraken&timeframe=1h",
            HttpStatusCode.BadRequest
        );
        Assert.Equal("timeframe", problem.GetProperty("parameter").GetString());
        Assert.Equal(["5m"], Texts(problem.GetProperty("allowed")));
    }

    [Fact]
    public async Task The_whole_market_is_answered_without_a_pair()
    {
        await using var service = await LiveServer.StartAsync();
        service.Host.Board.Publish(Some.Btc, 0, service.Assess(Some.Readings(Some.Time), Regime.Bull, Some.Btc));
        service.Host.Board.Publish(Some.Eth, 0, service.Assess(Some.Readings(Some.Time), Regime.Bear, Some.Eth));
        var whole = await service.GetAsync("/api/v1/risk");
        Assert.Equal("bear", whole.GetProperty("regime").GetString()); // 0.6 of the weight
        Assert.Equal(0.5, whole.GetProperty("breadth").GetProperty("bull").GetDouble());
        Assert.Equal(
            [0.4, 0.6],
            whole.GetProperty("pairs").EnumerateArray().Select(pair => pair.GetProperty("weight").GetDouble())
        );
        double Score(string pair) => service.Host.Board.Latest(Some.MarketOf(pair)).RiskScore;
        Assert.Equal(
            (0.4 * Score("BTC/USDT")) + (0.6 * Score("ETH/USDT")),
            whole.GetProperty("risk_score").GetDouble(),
            6
        );
    }

    [Fact]
    public async Task Each_policy_has_its_own_answer()
    {
        var strict = RiskPolicy.Default with
        {
            Name = "strict",
            Decision = new() { BlockingScore = 0.31, FullPositionScore = 0.1 },
        };
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Policies = [RiskPolicy.Default, strict],
            }
        );
        await service.WarmAsync();
        Assert.True((await service.GetAsync("/api/v1/risk?pair=BTC/USDT")).GetProperty("safe_to_trade").GetBoolean());
        var judged = await service.GetAsync("/api/v1/risk?pair=BTC/USDT&policy=strict");
        Assert.Equal(["risk_score"], Texts(judged.GetProperty("blocked_by")));
        Assert.Equal(
            (strict.Name, strict.Id),
            (judged.GetProperty("policy").GetString(), judged.GetProperty("policy_id").GetString())
        );
    }

    internal static IEnumerable<string?> Texts(JsonElement list) =>
        list.EnumerateArray().Select(text => text.GetString());
}
