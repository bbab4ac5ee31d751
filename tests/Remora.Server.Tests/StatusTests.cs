using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Feeds;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class StatusTests
{
    [Fact]
    public async Task It_is_alive_at_once_and_ready_with_the_first_answer()
    {
        await using var service = await LiveServer.StartAsync();
        Assert.Equal("alive\n", await service.Http.GetStringAsync("/healthz"));
        Assert.Contains(
            "/api/v1/status",
            (await service.GetAsync("/readyz", HttpStatusCode.ServiceUnavailable)).GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        await service.WarmAsync();
        Assert.Equal("ready\n", await service.Http.GetStringAsync("/readyz"));
    }

    [Fact]
    public async Task Status_tells_how_every_feed_is()
    {
        await using var service = await LiveServer.StartAsync();
        service.Feeds[0].Health = service.Feeds[0].Health with
        {
            State = FeedState.Unreachable,
            LastError = new("network", "no route", Some.Time),
            NextTry = Some.Time + TimeSpan.FromMinutes(1),
            ConsecutiveFailures = 4,
            Refused = new Dictionary<CandleFault, long> { [CandleFault.NotPositive] = 2 },
            Gaps = [new(Some.Time, Some.Time + TimeSpan.FromMinutes(5), 1)],
        };
        var status = await service.GetAsync("/api/v1/status");
        var market = status.GetProperty("markets")[0];
        Assert.Equal("unreachable", market.GetProperty("state").GetString());
        Assert.Equal("BTC/USDT", market.GetProperty("market").GetProperty("pair").GetString());
        Assert.Equal("no route", market.GetProperty("last_error").GetProperty("message").GetString());
        Assert.Equal("2024-03-01T00:01:00Z", market.GetProperty("next_try").GetString());
        Assert.Equal(2, market.GetProperty("refused").GetProperty("not_positive").GetInt64());
        Assert.Equal(1, market.GetProperty("gaps")[0].GetProperty("count").GetInt32());
        Assert.Equal("real", status.GetProperty("clock").GetProperty("kind").GetString());
        Assert.Equal("2024-03-01T00:00:00Z", status.GetProperty("clock").GetProperty("now").GetString());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("sandbox").ValueKind);
        Assert.False(status.GetProperty("ready").GetBoolean());
    }

    /// <summary>
    /// The agency wants a contact, and a sandbox has no releases. Nothing is requested here.
    /// </summary>
    [Theory]
    [InlineData("ops@example.org", false, true)]
    [InlineData("ops@example.org", true, false)]
    [InlineData(null, false, false)]
    public async Task Release_dates_are_a_source_where_a_contact_is_set(string? contact, bool sandbox, bool isSource)
    {
        await using var world = OutsideWorld.Connect(
            LiveServer.Settings with
            {
                ContactEmail = contact,
                Data = Path.Combine(Path.GetTempPath(), "remora-nowhere"),
            },
            TimeProvider.System,
            sandbox ? new("simulated", "http://127.0.0.1:1", 1) : null,
            record: null,
            NullLoggerFactory.Instance
        );
        Assert.Equal(isSource, world.Parts.Sources.Any(source => source.Name == "bls.gov"));
        var dates = world.Parts.Calendar!.Health.Forecasts!;
        Assert.Equal(new DateOnly(2026, 12, 31), dates.KnownUntil);
    }

    [Fact]
    public async Task A_refused_price_level_is_accepted_over_the_interface_and_by_no_other_page()
    {
        await using var service = await LiveServer.StartAsync();
        const string path = "/api/v1/pairs/accept?pair=BTC/USDT";
        Assert.Equal(HttpStatusCode.Conflict, (await service.Http.PostAsync(path, null)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await service.Http.GetAsync(path)).StatusCode);
        service.Feeds[0].Health = service.Feeds[0].Health with
        {
            State = FeedState.Unreachable,
            RefusedLevel = new("binance", 57_088, Some.Time, 2376, Some.Time, 2376, Some.Time),
        };
        foreach (
            var (name, value, status) in new[]
            {
                ("Sec-Fetch-Site", "cross-site", 403),
                ("Sec-Fetch-Site", "same-site", 403),
                ("Origin", "https://evil.example", 403),
                ("Origin", "null", 403),
            }
        )
        {
            using var foreign = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { name, value } } };
            Assert.Equal(status, (int)(await service.Http.SendAsync(foreign)).StatusCode);
        }
        var pair = (await service.GetAsync("/api/v1/pairs")).GetProperty("pairs")[0];
        Assert.Equal(
            ("unreachable", 2376),
            (
                pair.GetProperty("state").GetString(),
                pair.GetProperty("refused_level").GetProperty("offered_close").GetDouble()
            )
        );
        Assert.Contains(
            "remora pairs accept BTC/USDT",
            pair.GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        using var answer = await service.Http.PostAsync(path, null);
        var accepted = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(
            (200, 57_088),
            ((int)answer.StatusCode, accepted.GetProperty("accepted").GetProperty("known_close").GetDouble())
        );
        Assert.Equal(
            JsonValueKind.Null,
            (await service.GetAsync("/api/v1/pairs")).GetProperty("pairs")[0].GetProperty("refused_level").ValueKind
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await service.Http.PostAsync("/api/v1/pairs/accept?pair=XRP/USDT", null)).StatusCode
        );
    }

    [Fact]
    public async Task On_a_guarded_service_a_price_level_is_accepted_with_a_key_alone()
    {
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Host = "0.0.0.0",
                AllowAnonymous = true,
            }
        );
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/api/v1/pairs")).StatusCode);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await service.Http.PostAsync("/api/v1/pairs/accept?pair=BTC/USDT", null)).StatusCode
        );
    }

    /// <summary>
    /// The feed's own last value is one that the engine did not use: two sources may describe the
    /// same time.
    /// </summary>
    [Fact]
    public async Task Sources_status_and_metrics_show_the_value_that_the_risk_is_computed_from()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var used = Some.Observation(Signal.FearGreed, 5, Some.Time);
        await service.ObserveAsync(used);
        service.Source.Health = service.Source.Health with { Latest = [used with { Value = 50, Source = "another" }] };

        Assert.Equal(
            5,
            (await service.GetAsync("/api/v1/risk?pair=BTC/USDT")).GetProperty("fear_greed_index").GetDouble()
        );
        var value = (await service.GetAsync("/api/v1/sources")).GetProperty("sources")[0].GetProperty("values")[0];
        Assert.Equal((5, "test"), (value.GetProperty("value").GetDouble(), value.GetProperty("source").GetString()));
        var status = await service.GetAsync("/api/v1/status");
        Assert.Equal(5, status.GetProperty("sources")[0].GetProperty("latest")[0].GetProperty("value").GetDouble());
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains(
            "remora_source_value{source=\"test\",signal=\"fear_greed\",base=\"\"} 5\n",
            metrics,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Every_answer_from_a_sandbox_says_so()
    {
        await using var service = await LiveServer.StartAsync(sandbox: new("simulated", "http://127.0.0.1:1", 300));
        foreach (
            var path in new[]
            {
                "/api/v1/risk?pair=BTC/USDT",
                "/api/v1/risk",
                "/api/v1/status",
                "/api/v1/risk?x=1",
                "/nothing",
                "/healthz",
                "/readyz",
                "/openapi/v1.json",
                "/reference",
            }
        )
        {
            using var response = await service.Http.GetAsync(path);
            Assert.Equal(["simulated"], response.Headers.GetValues("X-Remora-Sandbox"));
        }
        var status = await service.GetAsync("/api/v1/status");
        Assert.Equal(300, status.GetProperty("sandbox").GetProperty("speed").GetDouble());
        Assert.Equal("sandbox", status.GetProperty("clock").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Sources_tell_their_last_values_and_ages()
    {
        await using var service = await LiveServer.StartAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 40, Some.Time));
        service.Clock.Advance(TimeSpan.FromHours(1));
        var source = (await service.GetAsync("/api/v1/sources")).GetProperty("sources")[0];
        Assert.Equal("test", source.GetProperty("health").GetProperty("name").GetString());
        var value = source.GetProperty("values")[0];
        Assert.Equal(
            ("fear_greed", 40.0, 3600.0, false),
            (
                value.GetProperty("signal").GetString(),
                value.GetProperty("value").GetDouble(),
                value.GetProperty("age_seconds").GetDouble(),
                value.GetProperty("stale").GetBoolean()
            )
        );
    }

    [Fact]
    public async Task Pairs_and_policies_tell_what_may_be_asked_for()
    {
        var mine = RiskPolicy.Default with { Name = "mine" };
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Policies = [RiskPolicy.Default, mine],
                Policy = "mine",
                Markets = [new(Some.Btc.Pair, "kraken", Fallbacks: [new FallbackMarket("okx")])],
            }
        );
        await service.WarmAsync();
        var pairs = (await service.GetAsync("/api/v1/pairs")).GetProperty("pairs").EnumerateArray().ToList();
        Assert.Equal(
            ["binance BTC/USDT True", "binance ETH/USDT True", "kraken BTC/USDT False"],
            pairs.Select(pair =>
                $"{pair.GetProperty("exchange")} {pair.GetProperty("pair")} {pair.GetProperty("default")}"
            )
        );
        Assert.Equal("2024-03-01T00:00:00Z", pairs[0].GetProperty("as_of").GetString());
        Assert.Equal(["okx"], RiskTests.Texts(pairs[2].GetProperty("fallbacks")));

        var policies = await service.GetAsync("/api/v1/policies");
        Assert.Equal("mine", policies.GetProperty("default").GetString());
        Assert.Equal(
            ["mine", "remora-1"],
            policies.GetProperty("policies").EnumerateArray().Select(policy => policy.GetProperty("name").GetString())
        );
        Assert.Equal(
            0.35,
            policies.GetProperty("policies")[0].GetProperty("weights").GetProperty("volatility").GetDouble()
        );
    }

    [Fact]
    public async Task A_forecast_comes_for_any_horizon_and_threshold()
    {
        await using var service = await LiveServer.StartAsync();
        var none = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT");
        Assert.Equal(JsonValueKind.Null, none.GetProperty("forecast").ValueKind);
        Assert.Equal("warming_up", none.GetProperty("no_forecast").GetString());

        await service.WarmAsync();
        var expected = service.Host.Board.Latest(Some.Btc).Forecast!;
        var answer = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT&horizon=4h&fall=0.03");
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("no_forecast").ValueKind);
        var horizon = Assert.Single(answer.GetProperty("forecast").GetProperty("horizons").EnumerateObject());
        Assert.Equal("4h", horizon.Name);
        Assert.Equal(expected[Horizon.FourHours].Volatility, horizon.Value.GetProperty("volatility").GetDouble());
        Assert.Equal(
            "0.03",
            Assert.Single(horizon.Value.GetProperty("probability_of_drawdown").EnumerateObject()).Name
        );

        var all = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT");
        foreach (var policy in new[] { "remora-1", "conservative", "aggressive", "remora-2" })
        {
            var risk = await service.GetAsync($"/api/v1/risk?pair=BTC/USDT&side=short&policy={policy}");
            Assert.Equal(all.GetProperty("forecast").GetRawText(), risk.GetProperty("forecast").GetRawText());
        }
    }

    [Fact]
    public async Task Regime_and_volatility_come_with_their_inputs()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var readings = service.Host.Board.Latest(Some.Btc).GetReadings();
        var regime = await service.GetAsync("/api/v1/regime?pair=BTC/USDT");
        Assert.Equal(
            readings.Trend.Adx,
            regime.GetProperty("inputs").GetProperty("trend").GetProperty("adx").GetDouble()
        );
        Assert.Equal(readings.Rsi, regime.GetProperty("inputs").GetProperty("rsi").GetDouble());
        Assert.Equal("2024-03-01T00:00:00Z", regime.GetProperty("as_of").GetString());
        Assert.Equal(JsonValueKind.String, regime.GetProperty("regime").ValueKind);
        var volatility = await service.GetAsync("/api/v1/volatility?pair=btc/usdt");
        Assert.Equal(readings.Volatility, volatility.GetProperty("volatility").GetDouble());
        Assert.Equal(readings.AtrRatio, volatility.GetProperty("inputs").GetProperty("atr_ratio").GetDouble());
    }
}
