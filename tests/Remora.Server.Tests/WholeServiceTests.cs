using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Server.Settings;

namespace Remora.Server.Tests;

/// <summary>
/// Tests all parts together: exchange bridge, feeds, engine, board and HTTP, with a sandbox as the
/// world.
/// </summary>
public sealed class WholeServiceTests
{
    private static readonly DateTimeOffset Start = new(2024, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ServiceSettings Settings = new()
    {
        Port = 0,
        Markets = [new(Pair.Parse("BTC/USDT")), new(Pair.Parse("ETH/USDT"), "kraken")],
    };

    [Fact]
    public async Task From_a_candle_to_the_answer()
    {
        var clock = new ScaledClock(Start, speed: 60);
        await using var sandbox = await SandboxServer.StartAsync(new() { Speed = 60 }, clock);
        await using var world = OutsideWorld.Connect(
            Settings,
            clock,
            new("simulated", sandbox.Url, 60),
            null,
            NullLoggerFactory.Instance
        );
        await using var service = await ServiceHost.StartAsync(Settings, world.Parts, clock);
        using var http = new HttpClient { BaseAddress = new(service.Url) };

        var risk = await AskUntilAsync(
            http,
            "/api/v1/risk?pair=BTC/USDT",
            answer =>
                answer.GetProperty("risk_score").ValueKind == JsonValueKind.Number
                && answer.GetProperty("fear_greed_index").ValueKind == JsonValueKind.Number
        );
        Assert.False(risk.GetProperty("stale").GetBoolean());
        Assert.InRange(risk.GetProperty("risk_confidence").GetDouble(), 0.05, 1);
        await AskUntilAsync(
            http,
            "/api/v1/risk?pair=ETH/USDT&exchange=kraken",
            answer => answer.GetProperty("regime").ValueKind == JsonValueKind.String
        );

        var asOf = risk.GetProperty("as_of").GetString();
        // The next candle, five seconds later at this speed.
        await AskUntilAsync(
            http,
            "/api/v1/risk?pair=BTC/USDT",
            answer => answer.GetProperty("as_of").GetString() != asOf
        );
        using var ready = await http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(["simulated"], ready.Headers.GetValues(SandboxNotice.Header));
        Assert.True(
            JsonElement
                .Parse(await http.GetStringAsync("/api/v1/status"))
                .GetProperty("bridge")
                .GetProperty("running")
                .GetBoolean()
        );
    }

    /// <summary>
    /// The outside part of the golden example, from the source to the answer: an index of 15 adds
    /// the full 0.35, sets its flag and blocks entries.
    /// </summary>
    [Fact]
    public async Task A_fear_index_of_15_adds_035_and_blocks_under_remora_1_and_not_under_aggressive()
    {
        var clock = new ScaledClock(Start, speed: 60);
        var held = new Dictionary<string, double>
        {
            ["fear_greed"] = 15,
            ["vix"] = 20,
            ["dollar_index"] = 100,
            ["funding_rate"] = 0.0001,
        };
        await using var sandbox = await SandboxServer.StartAsync(new() { Speed = 60, Held = held }, clock);
        await using var world = OutsideWorld.Connect(
            Settings,
            clock,
            new("simulated", sandbox.Url, 60),
            null,
            NullLoggerFactory.Instance
        );
        var settings = Settings with { Policy = "remora-1" };
        await using var service = await ServiceHost.StartAsync(settings, world.Parts, clock);
        using var http = new HttpClient { BaseAddress = new(service.Url) };

        var risk = await AskUntilAsync(
            http,
            "/api/v1/risk?pair=BTC/USDT",
            answer =>
                answer.GetProperty("risk_score").ValueKind == JsonValueKind.Number
                && new[] { "fear_greed_index", "vix", "dxy", "btc_dominance", "funding_rate" }.All(name =>
                    answer.GetProperty(name).ValueKind == JsonValueKind.Number
                )
        );
        Assert.Equal(0.35, risk.GetProperty("risk_breakdown").GetProperty("external").GetDouble());
        Assert.Equal(
            (15, 20, 100, 0.0001),
            (
                risk.GetProperty("fear_greed_index").GetDouble(),
                risk.GetProperty("vix").GetDouble(),
                risk.GetProperty("dxy").GetDouble(),
                risk.GetProperty("funding_rate").GetDouble()
            )
        );
        Assert.Contains(
            "flag_extreme_fear",
            risk.GetProperty("blocked_by").EnumerateArray().Select(name => name.GetString())
        );
        Assert.Equal("no_entry", risk.GetProperty("recommendation").GetString());
        var bold = JsonElement.Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT&policy=aggressive"));
        Assert.DoesNotContain(
            "flag_extreme_fear",
            bold.GetProperty("blocked_by").EnumerateArray().Select(name => name.GetString())
        );
        Assert.Equal("aggressive", bold.GetProperty("policy").GetString());
    }

    [Fact]
    public async Task Without_a_network_it_comes_up_at_once_and_says_what_cannot_be_reached()
    {
        await using var world = OutsideWorld.Connect(
            Settings,
            TimeProvider.System,
            new("none", "http://127.0.0.1:1", 1),
            null,
            NullLoggerFactory.Instance
        );
        await using var service = await ServiceHost.StartAsync(Settings, world.Parts, TimeProvider.System);
        using var http = new HttpClient { BaseAddress = new(service.Url) };

        var risk = JsonElement.Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"));
        Assert.Equal(
            (0.0, true, true),
            (
                risk.GetProperty("risk_confidence").GetDouble(),
                risk.GetProperty("stale").GetBoolean(),
                risk.GetProperty("safe_to_trade").GetBoolean()
            )
        );
        var status = await AskUntilAsync(
            http,
            "/api/v1/status",
            answer =>
                answer
                    .GetProperty("markets")
                    .EnumerateArray()
                    .All(market =>
                        market.GetProperty("state").GetString() == "unreachable"
                        && market.GetProperty("next_try").ValueKind == JsonValueKind.String
                    )
        );
        Assert.Equal(
            "network",
            status.GetProperty("markets")[0].GetProperty("last_error").GetProperty("kind").GetString()
        );
        Assert.Equal("unreachable", status.GetProperty("sources")[0].GetProperty("state").GetString());
        Assert.False(service.Completion.IsCompleted);
    }

    private static async Task<JsonElement> AskUntilAsync(HttpClient http, string path, Func<JsonElement, bool> holds)
    {
        var answer = default(JsonElement);
        for (var i = 0; i < 600; i++)
        {
            answer = JsonElement.Parse(await http.GetStringAsync(path));
            if (holds(answer))
                return answer;
            await Task.Delay(100);
        }
        Assert.Fail($"{path} did not become so within a minute: {answer}");
        return answer;
    }
}
