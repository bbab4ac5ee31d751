using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests;

public sealed class RemoraEngineTests
{
    private static readonly RiskPolicy Strict = RiskPolicy.Default with
    {
        Name = "strict",
        Decision = new() { BlockingScore = 0.2, FullPositionScore = 0.1 },
    };

    [Fact]
    public void Policies_have_names_of_their_own()
    {
        Assert.Throws<ArgumentException>(() => new RemoraEngine([], []));
        Assert.Throws<ArgumentException>(() =>
            new RemoraEngine([RiskPolicy.Default, RiskPolicy.Default with { Description = "again" }], [])
        );
    }

    [Fact]
    public void Each_policy_judges_the_same_readings()
    {
        var engine = new RemoraEngine([RiskPolicy.Default, Strict], []);
        Assessment last = null!;
        foreach (var candle in Some.Candles(41, 3_000))
            last = engine.Apply(MarketEvent.Closed(Some.Btc, candle))!;
        var strict = engine.Assess(Some.Btc, 1, last.AssessedAt);
        Assert.Equal(("remora-1", "strict", last.RiskScore), (last.Policy, strict.Policy, strict.RiskScore));
        Assert.NotEqual(last.PolicyId, strict.PolicyId);
        Assert.Contains("risk_score", strict.BlockedBy);
        Assert.Equal(last.GetReadings(), strict.GetReadings());
    }

    [Fact]
    public void A_dropped_market_is_forgotten_and_the_others_are_not()
    {
        var engine = new RemoraEngine();
        var candles = Some.Candles(43, 3_000);
        Assert.Null(engine.Apply(MarketEvent.Tracked(Some.Btc)));
        foreach (var candle in candles)
        foreach (var market in new[] { Some.Btc, Some.Eth })
            engine.Apply(MarketEvent.Closed(market, candle));
        var (btc, eth) = (Of(Some.Btc), Of(Some.Eth));
        Assert.Null(engine.Apply(MarketEvent.Tracked(Some.Btc))); // changes nothing
        Assert.Equal(btc, Of(Some.Btc));

        Assert.Null(engine.Apply(MarketEvent.Dropped(Some.Btc)));
        Assert.Equal([Some.Eth], engine.Markets);
        Assert.Equal(AssessmentState.Unknown, engine.Assess(Some.Btc, 0, Some.Time).State);
        Assert.Equal(eth, Of(Some.Eth));

        // Its past can be applied again, although it is older than the last candle.
        foreach (var candle in candles)
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        Assert.Equal(btc, Of(Some.Btc));

        string Of(MarketId market) =>
            JsonSerializer.Serialize(engine.Assess(market, 0, candles[^1].OpenTime), RemoraJson.Options);
    }

    [Fact]
    public void An_observation_answers_nothing_but_counts_at_once()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], [Signal.FearGreed]);
        var candles = Some.Candles(42, 3_000);
        foreach (var candle in candles)
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        var now = candles[^1].OpenTime + TimeSpan.FromMinutes(5);
        Assert.Null(
            engine.Apply(MarketEvent.Observed(new(Signal.FearGreed, null, 12, now, now, TimeSpan.FromDays(1), "test")))
        );
        Assert.Contains("flag_extreme_fear", engine.Assess(Some.Btc, 0, now).BlockedBy);
    }

    [Fact]
    public void A_market_without_candles_is_answered_with_nothing_known()
    {
        var json = JsonSerializer.SerializeToElement(
            new RemoraEngine([RiskPolicy.Default], []).Assess(Some.Btc, 0, Some.Midnight),
            RemoraJson.Options
        );
        foreach (
            var name in new[]
            {
                "risk_score",
                "risk_class",
                "regime",
                "regime_since",
                "volatility",
                "trend_classification",
                "as_of",
                "age_seconds",
                "position_scale",
            }
        )
            Assert.Equal(JsonValueKind.Null, json.GetProperty(name).ValueKind);
        Assert.True(json.GetProperty("safe_to_trade").GetBoolean());
        Assert.True(json.GetProperty("stale").GetBoolean());
        Assert.Equal(0, json.GetProperty("risk_confidence").GetDouble());
        Assert.Equal("caution", json.GetProperty("recommendation").GetString());
    }
}
