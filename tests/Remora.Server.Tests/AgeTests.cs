using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Tests how an answer changes with time.</summary>
public sealed class AgeTests
{
    private const string Btc = "/api/v1/risk?pair=BTC/USDT";

    [Fact]
    public async Task The_tag_stays_while_only_the_age_changes_and_an_unchanged_answer_costs_304()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        using var first = await service.Http.GetAsync(Btc);
        var tag = first.Headers.ETag!;
        Assert.True(tag.IsWeak);
        Assert.True(first.Headers.CacheControl!.NoCache);

        service.Clock.Advance(TimeSpan.FromSeconds(30));
        var later = JsonElement.Parse(await service.Http.GetStringAsync(Btc));
        Assert.Equal(30, later.GetProperty("age_seconds").GetDouble());
        foreach (var path in new[] { Btc, "/api/v1/RISK?pair=BTC/USDT" })
        {
            foreach (var known in new[] { tag.ToString(), $"\"other\", {tag}", "*" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation("If-None-Match", known);
                using var unchanged = await service.Http.SendAsync(request);
                Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
                Assert.Equal(tag, unchanged.Headers.ETag);
                Assert.Empty(await unchanged.Content.ReadAsByteArrayAsync());
            }
        }

        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 40, Some.Time));
        using var changed = new HttpRequestMessage(HttpMethod.Get, Btc);
        changed.Headers.IfNoneMatch.Add(tag);
        using var answer = await service.Http.SendAsync(changed);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(tag, answer.Headers.ETag);
    }

    [Fact]
    public async Task Confidence_falls_with_age_and_staleness_is_said()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var fresh = await service.GetAsync(Btc);
        service.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(
            fresh.GetProperty("risk_confidence").GetDouble(),
            (await service.GetAsync(Btc)).GetProperty("risk_confidence").GetDouble()
        );

        service.Clock.Advance(TimeSpan.FromMinutes(25)); // 7 timeframes: halfway from 2 to 12
        var old = await service.GetAsync(Btc);
        Assert.True(old.GetProperty("stale").GetBoolean());
        Assert.Equal("stale", old.GetProperty("state").GetString());
        Assert.Equal(
            0.5 * fresh.GetProperty("risk_confidence").GetDouble(),
            old.GetProperty("risk_confidence").GetDouble(),
            1e-6
        );
        Assert.Equal("stale", old.GetProperty("sources").GetProperty("candles").GetProperty("state").GetString());
        Assert.Contains("35 minutes ago", old.GetProperty("reasoning")[0].GetString(), StringComparison.Ordinal);
        Assert.True(old.GetProperty("safe_to_trade").GetBoolean());

        service.Clock.Advance(TimeSpan.FromHours(1));
        var ancient = await service.GetAsync(Btc);
        Assert.Equal(
            (0.0, "unknown"),
            (ancient.GetProperty("risk_confidence").GetDouble(), ancient.GetProperty("state").GetString())
        );
    }

    [Fact]
    public async Task A_policy_may_block_on_stale_data()
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
                Policy = "careful",
            }
        );
        await service.WarmAsync();
        Assert.True((await service.GetAsync(Btc)).GetProperty("safe_to_trade").GetBoolean());
        service.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(["stale_data"], RiskTests.Texts((await service.GetAsync(Btc)).GetProperty("blocked_by")));
        Assert.True((await service.GetAsync(Btc + "&policy=remora-1")).GetProperty("safe_to_trade").GetBoolean());
        Assert.Equal(
            ["stale_data"],
            RiskTests.Texts((await service.GetAsync("/api/v1/risk")).GetProperty("blocked_by"))
        );
    }

    [Fact]
    public async Task An_outside_value_expires()
    {
        await using var service = await LiveServer.StartAsync();
        await service.ObserveAsync(
            Some.Observation(Signal.FearGreed, 15, Some.Time, timeToLive: TimeSpan.FromMinutes(5))
        );
        Assert.False((await service.GetAsync(Btc)).GetProperty("safe_to_trade").GetBoolean());
        service.Clock.Advance(TimeSpan.FromMinutes(5));
        var after = await service.GetAsync(Btc);
        Assert.True(after.GetProperty("safe_to_trade").GetBoolean());
        Assert.Equal(JsonValueKind.Null, after.GetProperty("fear_greed_index").ValueKind);
        Assert.Equal("stale", after.GetProperty("sources").GetProperty("fear_greed").GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_answer_is_rendered_once_per_change_and_second()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var slot = service.Host.Board.MarketsOf("BTC/USDT")[0].Slot(0, Side.Long);
        for (var i = 0; i < 20; i++)
            await service.GetAsync(Btc);
        Assert.Equal(1, slot.Renderings);
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20; i++)
            await service.GetAsync(Btc);
        Assert.Equal(2, slot.Renderings);
    }
}
