using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>The golden example of risk-model.md.</summary>
public sealed class GoldenExampleTests
{
    private static readonly Assessment Golden = SomeAssessment.Of(
        SomeAssessment.Calm with { Volatility = 0.0474, Rsi = 56 }, Regime.Choppy, [SomeAssessment.Value(Signal.FearGreed, 15)], configured: [Signal.FearGreed]);

    [Fact]
    public void It_comes_out_exactly_so()
    {
        Assert.Equal("low", RemoraJson.NameOf(Golden.VolatilityClassification!.Value));
        Assert.Equal(TrendClass.Sideways, Golden.TrendClassification);
        Assert.Equal(new RiskBreakdown(0.01659, 0.24, 0.1, 0.066, 0.35), Golden.RiskBreakdown);
        Assert.Equal(0.77259, Golden.RiskScore);
        Assert.Equal(("0.017", "0.24", "0.10", "0.066", "0.35", "0.77"), (
            $"{Golden.RiskBreakdown.Volatility:0.000}", $"{Golden.RiskBreakdown.Regime:0.00}", $"{Golden.RiskBreakdown.TrendStrength:0.00}",
            $"{Golden.RiskBreakdown.Momentum:0.000}", $"{Golden.RiskBreakdown.External:0.00}", $"{Golden.RiskScore:0.00}"));
        Assert.Equal(RiskClass.VeryHigh, Golden.RiskClass);
        Assert.False(Golden.SafeToTrade);
        Assert.Equal(["flag_extreme_fear"], Golden.BlockedBy);
        Assert.Equal(Recommendation.NoEntry, Golden.Recommendation);
        Assert.Equal(0, Golden.PositionScale);
        foreach (var flag in Enum.GetValues<RiskFlag>()) Assert.Equal(flag == RiskFlag.ExtremeFear, Golden.EventFlags[flag] == true);
    }

    [Fact]
    public void It_reads_so_in_json()
    {
        var json = JsonSerializer.SerializeToElement(Golden, RemoraJson.Options);
        Assert.Equal("no_entry", json.GetProperty("recommendation").GetString());
        Assert.Equal("very_high", json.GetProperty("risk_class").GetString());
        Assert.Equal("""{"volatility":0.01659,"regime":0.24,"trend_strength":0.1,"momentum":0.066,"external":0.35}""", json.GetProperty("risk_breakdown").GetRawText());
        Assert.Equal("0.77259", json.GetProperty("risk_score").GetRawText());
        Assert.Equal("15", json.GetProperty("fear_greed_index").GetRawText());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("vix").ValueKind);
    }

    [Fact]
    public void The_deciding_sentence_comes_first() =>
        Assert.Equal("Entries are blocked: extreme fear, the fear and greed index is 15 (15 or below).", Golden.Reasoning[0]);
}
