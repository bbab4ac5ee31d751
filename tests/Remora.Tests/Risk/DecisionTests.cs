using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

public sealed class DecisionTests
{
    private static readonly MarketReadings Wild = SomeAssessment.Calm with { Volatility = 0.96 };
    private static readonly TimeSpan Timeframe = TimeSpan.FromMinutes(5);

    private static RiskPolicy BlockingAt(double score, params RiskFlag[] flags) =>
        RiskPolicy.Default with
        {
            Decision = new()
            {
                BlockingScore = score,
                FullPositionScore = 0.1,
                BlockingFlags = flags,
            },
        };

    [Fact]
    public void Nothing_speaks_against_a_calm_market()
    {
        var calm = SomeAssessment.Of();
        Assert.Equal((true, Recommendation.EntryOk), (calm.SafeToTrade, calm.Recommendation));
        Assert.Empty(calm.BlockedBy);
        Assert.Equal(0.365, calm.RiskScore);
        Assert.Equal(0.9025, calm.PositionScale);
    }

    [Fact]
    public void Blocking_flags_block_in_the_order_of_the_policy()
    {
        var all = SomeAssessment.Of(Wild, Regime.Panic, [SomeAssessment.Value(Signal.FearGreed, 10)]);
        Assert.Equal(["flag_extreme_fear", "flag_panic", "flag_high_volatility", "risk_score"], all.BlockedBy);
        Assert.Equal((false, Recommendation.NoEntry, 0.0), (all.SafeToTrade, all.Recommendation, all.PositionScale));
        Assert.Equal(["flag_high_volatility"], SomeAssessment.Of(Wild, Regime.HighVol).BlockedBy);
        Assert.Equal(["flag_panic"], SomeAssessment.Of(regime: Regime.Panic).BlockedBy);
    }

    [Theory, InlineData(RiskFlag.Downtrend, Regime.Bear), InlineData(RiskFlag.Panic, Regime.Panic)]
    public void Which_flags_block_is_the_policys_choice(RiskFlag flag, Regime regime)
    {
        Assert.Equal(
            [EventFlags.NameOf(flag)],
            SomeAssessment.Of(regime: regime, policy: BlockingAt(0.99, flag)).BlockedBy
        );
        Assert.True(SomeAssessment.Of(regime: regime, policy: BlockingAt(0.99)).SafeToTrade);
    }

    [Fact]
    public void The_score_blocks_from_its_bound_on()
    {
        Assert.Equal(["risk_score"], SomeAssessment.Of(policy: BlockingAt(0.365)).BlockedBy);
        Assert.Empty(SomeAssessment.Of(policy: BlockingAt(0.365001)).BlockedBy);
    }

    [Fact]
    public void A_raised_flag_or_half_the_score_calls_for_caution()
    {
        Assert.Equal(
            Recommendation.Caution,
            SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.FearGreed, 85)]).Recommendation
        );
        Assert.Equal(
            Recommendation.Caution,
            SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.Vix, 30)]).Recommendation
        );
        Assert.Equal(
            Recommendation.EntryOk,
            SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.Vix, 29)]).Recommendation
        );
        var half = SomeAssessment.Calm with { Volatility = 0.585715 };
        Assert.Equal(
            (0.5, Recommendation.Caution),
            (SomeAssessment.Of(half).RiskScore, SomeAssessment.Of(half).Recommendation)
        );
        Assert.Equal(Recommendation.EntryOk, SomeAssessment.Of(half with { Volatility = 0.58571 }).Recommendation);
    }

    [Fact]
    public void What_is_not_known_calls_for_caution_and_does_not_block()
    {
        var unknown = SomeAssessment.Of(regime: null);
        Assert.Equal((true, Recommendation.Caution), (unknown.SafeToTrade, unknown.Recommendation));
        var nothing = SomeAssessment.Of(MarketReadings.Unknown, regime: null);
        Assert.Equal(
            (true, Recommendation.Caution, true, 0.0),
            (nothing.SafeToTrade, nothing.Recommendation, nothing.Stale, nothing.RiskConfidence)
        );
        Assert.Contains("No candle of BTC/USDT", nothing.Reasoning[0]);
    }

    /// <summary>
    /// Allow: the last verdict stays in force until its data is twelve timeframes old; after that,
    /// candles no longer block. Block: stale data blocks from an age of two timeframes on.
    /// </summary>
    [Fact]
    public void Staleness_follows_the_policy_over_every_age()
    {
        for (var quarter = 0; quarter <= 13 * 4; quarter++)
        {
            var age = quarter / 4.0;
            Assessment Aged(MarketReadings readings, Regime regime, OnStale onStale, params Observation[] outside) =>
                SomeAssessment.Of(
                    readings,
                    regime,
                    outside,
                    RiskPolicy.Default with
                    {
                        Decision = new() { OnStale = onStale },
                    },
                    age: age * Timeframe
                );

            var calm = Aged(SomeAssessment.Calm, Regime.Sideways, OnStale.Allow);
            Assert.Equal(age > 2, calm.Stale);
            Assert.Equal(age * 300, calm.AgeSeconds);
            Assert.True(calm.SafeToTrade);
            Assert.Equal(age > 2 ? Recommendation.Caution : Recommendation.EntryOk, calm.Recommendation);

            Assert.Equal(
                age > 2 ? ["stale_data"] : [],
                Aged(SomeAssessment.Calm, Regime.Sideways, OnStale.Block).BlockedBy
            );

            var panic = Aged(Wild, Regime.Panic, OnStale.Allow, SomeAssessment.Value(Signal.FearGreed, 10));
            Assert.Equal(
                age < 12
                    ? ["flag_extreme_fear", "flag_panic", "flag_high_volatility", "risk_score"]
                    : ["flag_extreme_fear"],
                panic.BlockedBy
            );
            var market = Aged(Wild, Regime.Panic, OnStale.Allow);
            Assert.Equal(age >= 12, market.SafeToTrade);
            if (age >= 12)
                Assert.Equal(Recommendation.Caution, market.Recommendation);
        }
    }
}
