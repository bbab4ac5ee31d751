using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Risk;

public sealed class AssessmentStateTests
{
    private static readonly TimeSpan Timeframe = TimeSpan.FromMinutes(5);
    private static readonly MarketReadings Young = SomeAssessment.Calm with { WarmUp = 0.999 };
    private static readonly RiskPolicy Careful = RiskPolicy.Default with
    {
        Name = "careful",
        Decision = new() { OnStale = OnStale.Block },
    };

    private static Assessment Aged(
        double timeframes,
        MarketReadings? readings = null,
        RiskPolicy? policy = null,
        string pair = "BTC/USDT"
    ) => SomeAssessment.Of(readings, age: timeframes * Timeframe, policy: policy, pair: pair);

    private static Assessment Nothing(
        RiskPolicy? policy = null,
        string pair = "BTC/USDT",
        params Observation[] outside
    ) => SomeAssessment.Of(MarketReadings.Unknown, regime: null, outside: outside, policy: policy, pair: pair);

    [Theory]
    [
        InlineData(0, AssessmentState.Ok, AssessmentState.WarmingUp),
        InlineData(2, AssessmentState.Ok, AssessmentState.WarmingUp)
    ]
    [
        InlineData(2.01, AssessmentState.Stale, AssessmentState.Stale),
        InlineData(11.99, AssessmentState.Stale, AssessmentState.Stale)
    ]
    [
        InlineData(12, AssessmentState.Unknown, AssessmentState.Unknown),
        InlineData(5000, AssessmentState.Unknown, AssessmentState.Unknown)
    ]
    public void It_follows_the_age_of_the_last_candle_and_then_the_warm_up(
        double timeframes,
        AssessmentState warm,
        AssessmentState young
    )
    {
        Assert.Equal(warm, Aged(timeframes).State);
        Assert.Equal(young, Aged(timeframes, Young).State);
        Assert.Equal(warm, Aged(timeframes).At(SomeAssessment.AsOf + (timeframes * Timeframe), Side.Short).State);
    }

    [Fact]
    public void A_score_that_cannot_be_worked_out_is_not_ok()
    {
        Assert.Equal(AssessmentState.WarmingUp, SomeAssessment.Of(regime: null).State);
        Assert.Equal(AssessmentState.WarmingUp, SomeAssessment.Of(SomeAssessment.Calm with { Rsi = double.NaN }).State);
    }

    /// <summary>
    /// Without candles the policy's rule for stale data decides, and the state of the answer is
    /// unknown.
    /// </summary>
    [Fact]
    public void Without_any_candle_it_is_unknown_and_the_policys_rule_for_stale_data_decides()
    {
        Assert.Equal(
            (AssessmentState.Unknown, true, Recommendation.Caution),
            (Nothing().State, Nothing().SafeToTrade, Nothing().Recommendation)
        );
        Assert.Equal(
            (AssessmentState.Unknown, false, Recommendation.NoEntry),
            (Nothing(Careful).State, Nothing(Careful).SafeToTrade, Nothing(Careful).Recommendation)
        );
        Assert.Equal(["stale_data"], Nothing(Careful).BlockedBy);
        Assert.Equal(["stale_data"], Aged(12, policy: Careful).BlockedBy);
        Assert.False(Nothing(null, "BTC/USDT", SomeAssessment.Value(Signal.FearGreed, 10)).SafeToTrade);
    }

    [Fact]
    public void The_engine_says_unknown_then_warming_up_of_a_market_that_begins()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        var market = Some.MarketOf("BTC/USDT");
        Assert.Equal(AssessmentState.Unknown, engine.Assess(market, 0, SomeAssessment.AsOf).State);
        foreach (var candle in Some.Candles(1, 400, market.Timeframe, SomeAssessment.AsOf))
            Assert.Equal(AssessmentState.WarmingUp, engine.Apply(MarketEvent.Closed(market, candle))!.State);
    }

    [Fact]
    public void The_whole_market_has_the_worst_state_of_the_lead_pair_or_of_half_the_basket()
    {
        AssessmentState Of(double btc, double eth, double sol, double xrp) =>
            WholeMarketAssessment
                .Of([At(btc, "BTC/USDT"), At(eth, "ETH/USDT"), At(sol, "SOL/USDT"), At(xrp, "XRP/USDT")])
                .State;
        Assert.Equal(AssessmentState.Ok, Of(0, 0, 0, 20));
        Assert.Equal(AssessmentState.Unknown, Of(20, 0, 0, 0));
        Assert.Equal(AssessmentState.Unknown, Of(0, 0, 20, 20));
        Assert.Equal(AssessmentState.Stale, Of(0, 0, 5, 20));
        Assert.Equal(AssessmentState.Stale, Of(5, 0, 0, 20));
        var whole = WholeMarketAssessment.Of([Nothing(), Nothing(pair: "ETH/USDT")]);
        Assert.Equal((AssessmentState.Unknown, true), (whole.State, whole.SafeToTrade));
        Assert.All(whole.Pairs, pair => Assert.Equal(AssessmentState.Unknown, pair.State));
        Assert.Equal(["stale_data"], WholeMarketAssessment.Of([Nothing(Careful)]).BlockedBy);
        Assert.Equal(AssessmentState.WarmingUp, WholeMarketAssessment.Of([SomeAssessment.Of(Young)]).State);

        // All at the same moment: the candles are older, and the moment of the assessment is not
        // later.
        static Assessment At(double age, string pair) =>
            SomeAssessment.Of(SomeAssessment.Calm with { AsOf = SomeAssessment.AsOf - (age * Timeframe) }, pair: pair);
    }

    [Theory]
    [
        InlineData(AssessmentState.Ok, "ok"),
        InlineData(AssessmentState.WarmingUp, "warming_up"),
        InlineData(AssessmentState.Stale, "stale"),
        InlineData(AssessmentState.Unknown, "unknown")
    ]
    public void It_has_a_name_in_json(AssessmentState state, string name) =>
        Assert.Equal($"\"{name}\"", JsonSerializer.Serialize(state, RemoraJson.Options));
}
