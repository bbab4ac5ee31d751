using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>The golden example of risk-model.md.</summary>
public sealed class GoldenExampleTests
{
    private static readonly Assessment Golden = SomeAssessment.Of(
        SomeAssessment.Calm with
        {
            Volatility = 0.0474,
            Rsi = 56,
        },
        Regime.Choppy,
        [SomeAssessment.Value(Signal.FearGreed, 15)],
        configured: [Signal.FearGreed]
    );

    [Fact]
    public void It_comes_out_exactly_so()
    {
        Assert.Equal("low", RemoraJson.NameOf(Golden.VolatilityClassification!.Value));
        Assert.Equal(TrendClass.Sideways, Golden.TrendClassification);
        Assert.Equal(new RiskBreakdown(0.01659, 0.24, 0.1, 0.066, 0.35), Golden.RiskBreakdown);
        Assert.Equal(0.77259, Golden.RiskScore);
        Assert.Equal(
            ("0.017", "0.24", "0.10", "0.066", "0.35", "0.77"),
            (
                $"{Golden.RiskBreakdown.Volatility:0.000}",
                $"{Golden.RiskBreakdown.Regime:0.00}",
                $"{Golden.RiskBreakdown.TrendStrength:0.00}",
                $"{Golden.RiskBreakdown.Momentum:0.000}",
                $"{Golden.RiskBreakdown.External:0.00}",
                $"{Golden.RiskScore:0.00}"
            )
        );
        Assert.Equal(RiskClass.VeryHigh, Golden.RiskClass);
        Assert.False(Golden.SafeToTrade);
        Assert.Equal(["flag_extreme_fear"], Golden.BlockedBy);
        Assert.Equal(Recommendation.NoEntry, Golden.Recommendation);
        Assert.Equal(0, Golden.PositionScale);
        foreach (var flag in Enum.GetValues<RiskFlag>())
            Assert.Equal(flag == RiskFlag.ExtremeFear, Golden.EventFlags[flag] == true);
    }

    [Fact]
    public void It_reads_so_in_json()
    {
        var json = JsonSerializer.SerializeToElement(Golden, RemoraJson.Options);
        Assert.Equal("no_entry", json.GetProperty("recommendation").GetString());
        Assert.Equal("very_high", json.GetProperty("risk_class").GetString());
        Assert.Equal(
            """{"volatility":0.01659,"regime":0.24,"trend_strength":0.1,"momentum":0.066,"external":0.35}""",
            json.GetProperty("risk_breakdown").GetRawText()
        );
        Assert.Equal("0.77259", json.GetProperty("risk_score").GetRawText());
        Assert.Equal("15", json.GetProperty("fear_greed_index").GetRawText());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("vix").ValueKind);
    }

    /// <summary>
    /// The whole answer without its sentences, byte for byte: clients rely on names, order and
    /// digits.
    /// </summary>
    [Fact]
    public void It_is_so_byte_for_byte()
    {
        var json = JsonSerializer.SerializeToNode(Golden, RemoraJson.Options)!;
        json["reasoning"] = new JsonArray();
        Assert.Equal(Expected.ReplaceLineEndings(""), json.ToJsonString(RemoraJson.Options));
    }

    [Fact]
    public void The_deciding_sentence_comes_first() =>
        Assert.Equal(
            "Entries are blocked: extreme fear, the fear and greed index is 15 of 100 (15 or below).",
            Golden.Reasoning[0]
        );

    private const string Expected = """
        {"safe_to_trade":false,"recommendation":"no_entry","risk_score":0.77259,"risk_class":"very_high"
        ,"risk_confidence":1,"position_scale":0,"blocked_by":["flag_extreme_fear"],"reasoning":[],"regime":"choppy"
        ,"regime_since":"2022-06-13T08:00:00Z","volatility":0.0474,"volatility_classification":"low"
        ,"trend_classification":"sideways","momentum_classification":"neutral"
        ,"risk_breakdown":{"volatility":0.01659,"regime":0.24,"trend_strength":0.1,"momentum":0.066,"external":0.35}
        ,"event_flags":{"flag_extreme_fear":true,"flag_panic":false,"flag_high_volatility":false
        ,"flag_bear_market":false,"flag_downtrend":false,"flag_extreme_greed":false,"flag_funding_extreme":null
        ,"flag_liquidation_cascade":null,"flag_negative_news":null,"flag_macro_stress":null
        ,"flag_scheduled_event":null,"flag_shock":null},"fear_greed_index":15,"btc_dominance":null,"funding_rate":null,"vix":null
        ,"dxy":null,"pair":"BTC/USDT","exchange":"binance","timeframe":"5m","side":"long"
        ,"as_of":"2022-06-13T08:00:00Z","assessed_at":"2022-06-13T08:00:00Z","age_seconds":0,"stale":false
        ,"state":"ok","warm_up":1,"policy":"remora-1","policy_id":"157c34c51681","model":"remora-1"
        ,"external":{"fear_greed":{"value":15,"measure":15,"addend":0.35}},"sources":{"candles":{"state":"fresh"
        ,"source":"binance","as_of":"2022-06-13T08:00:00Z","age_seconds":0},"fear_greed":{"state":"fresh"
        ,"source":"test","as_of":"2022-06-13T07:00:00Z","age_seconds":3600}},"forecast":null,"no_forecast":"warming_up"
        ,"inputs":null}
        """;
}
