using FsCheck;
using FsCheck.Fluent;
using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

public sealed class RiskScorerTests
{
    /// <summary>
    /// Signal, measure and contribution: before, at the start, in the middle, at the end of and
    /// after each ramp, as in risk-model.md.
    /// </summary>
    [Theory]
    [
        InlineData(Signal.FearGreed, 50, 0),
        InlineData(Signal.FearGreed, 25, 0),
        InlineData(Signal.FearGreed, 20, 0.175),
        InlineData(Signal.FearGreed, 15, 0.35),
        InlineData(Signal.FearGreed, 0, 0.35)
    ]
    [
        InlineData(Signal.FearGreed, 85, 0),
        InlineData(Signal.FearGreed, 90, 0.05),
        InlineData(Signal.FearGreed, 95, 0.1),
        InlineData(Signal.FearGreed, 100, 0.1)
    ]
    [
        InlineData(Signal.FundingRate, 0.0005, 0),
        InlineData(Signal.FundingRate, 0.001, 0.05),
        InlineData(Signal.FundingRate, -0.001, 0.05),
        InlineData(Signal.FundingRate, 0.0015, 0.1)
    ]
    [
        InlineData(Signal.FundingRate, -0.01, 0.1),
        InlineData(Signal.Vix, 25, 0),
        InlineData(Signal.Vix, 35, 0.075),
        InlineData(Signal.Vix, 45, 0.15),
        InlineData(Signal.Vix, 80, 0.15)
    ]
    [
        InlineData(Signal.DollarIndex, -0.05, 0),
        InlineData(Signal.DollarIndex, 0.01, 0),
        InlineData(Signal.DollarIndex, 0.02, 0.025),
        InlineData(Signal.DollarIndex, 0.03, 0.05)
    ]
    [
        InlineData(Signal.Liquidations, 0.5, 0),
        InlineData(Signal.Liquidations, 1, 0),
        InlineData(Signal.Liquidations, 1.5, 0.075),
        InlineData(Signal.Liquidations, 2, 0.15),
        InlineData(Signal.Liquidations, 9, 0.15)
    ]
    [
        InlineData(Signal.OpenInterest, 0.2, 0),
        InlineData(Signal.OpenInterest, -0.1, 0),
        InlineData(Signal.OpenInterest, -0.175, 0.025),
        InlineData(Signal.OpenInterest, -0.25, 0.05),
        InlineData(Signal.OpenInterest, -1, 0.05)
    ]
    [
        InlineData(Signal.NewsSentiment, 1, 0),
        InlineData(Signal.NewsSentiment, -0.3, 0),
        InlineData(Signal.NewsSentiment, -0.55, 0.075),
        InlineData(Signal.NewsSentiment, -0.8, 0.15),
        InlineData(Signal.NewsSentiment, -1, 0.15)
    ]
    [
        InlineData(Signal.BtcDominance, 2, 0),
        InlineData(Signal.BtcDominance, 3.5, 0.025),
        InlineData(Signal.BtcDominance, 5, 0.05),
        InlineData(Signal.BtcDominance, 8, 0.05)
    ]
    public void Each_contribution_grows_along_its_ramp(Signal signal, double measure, double expected)
    {
        var addend = SignalTable.Of(signal).Contribution(measure, "ETH", RiskPolicy.Default.External);
        Assert.Equal(expected, addend, 12);
        Assert.False(double.IsNegative(addend), "-0 would be printed as such");
    }

    [Fact]
    public void Rising_dominance_is_no_risk_for_bitcoin_itself() =>
        Assert.Equal(0, SignalTable.Of(Signal.BtcDominance).Contribution(8, "BTC", RiskPolicy.Default.External));

    [Fact]
    public void Contributions_add_up_to_the_cap_at_most()
    {
        Observation[] some = [SomeAssessment.Value(Signal.Vix, 35), SomeAssessment.Value(Signal.FundingRate, 0.001)];
        Assert.Equal(0.125, SomeAssessment.Of(outside: some).RiskBreakdown.External);
        Observation[] all =
        [
            .. some,
            SomeAssessment.Value(Signal.FearGreed, 10),
            SomeAssessment.Value(Signal.NewsSentiment, -1),
        ];
        Assert.Equal(0.35, SomeAssessment.Of(outside: all).RiskBreakdown.External);
        Assert.Equal(0, SomeAssessment.Of().RiskBreakdown.External);
    }

    [Fact]
    public void Changes_are_scored_over_their_own_span()
    {
        Assert.Equal(
            0.025,
            SomeAssessment
                .Of(outside: SomeAssessment.Change(Signal.DollarIndex, TimeSpan.FromDays(5), 102))
                .RiskBreakdown.External
        );
        Assert.Equal(
            0.025,
            SomeAssessment
                .Of(outside: SomeAssessment.Change(Signal.OpenInterest, TimeSpan.FromHours(24), 82.5))
                .RiskBreakdown.External
        );
        Assert.Equal(
            0.025,
            SomeAssessment
                .Of(outside: SomeAssessment.Change(Signal.BtcDominance, TimeSpan.FromDays(7), 103.5), pair: "SOL/USDT")
                .RiskBreakdown.External
        );
        Assert.Equal(0.075, SomeAssessment.Of(outside: SomeAssessment.Liquidations(1.5)).RiskBreakdown.External);
        // The past is too short: unknown.
        Assert.Equal(
            0,
            SomeAssessment
                .Of(outside: SomeAssessment.Change(Signal.DollarIndex, TimeSpan.FromDays(4), 110))
                .RiskBreakdown.External
        );
        // The past is too old: unknown.
        Assert.Equal(
            0,
            SomeAssessment
                .Of(outside: SomeAssessment.Change(Signal.DollarIndex, TimeSpan.FromDays(11), 110))
                .RiskBreakdown.External
        );
    }

    [Theory]
    [
        InlineData(Regime.Bull, 0.06, 0.21),
        InlineData(Regime.Sideways, 0.12, 0.12),
        InlineData(Regime.Bear, 0.21, 0.06),
        InlineData(Regime.Choppy, 0.24, 0.24)
    ]
    [InlineData(Regime.HighVol, 0.27, 0.27), InlineData(Regime.Panic, 0.3, 0.3)]
    public void Each_regime_has_its_risk_for_each_side(Regime regime, double longSide, double shortSide)
    {
        Assert.Equal(longSide, SomeAssessment.Of(regime: regime).RiskBreakdown.Regime);
        Assert.Equal(shortSide, SomeAssessment.Of(regime: regime, side: Side.Short).RiskBreakdown.Regime);
    }

    [Fact]
    public void The_mirrored_regime_is_the_policys_choice()
    {
        var same = RiskPolicy.Default with
        {
            MirroredRegime = new() { Bull = Regime.Bull, Bear = Regime.Bear },
        };
        var jumpy = RiskPolicy.Default with
        {
            MirroredRegime = new() { Panic = Regime.Choppy },
            RegimeRisk = new() { Choppy = 0.5 },
        };
        double Short(RiskPolicy policy, Regime regime) =>
            SomeAssessment.Of(regime: regime, policy: policy, side: Side.Short).RiskBreakdown.Regime;
        Assert.Equal((0.06, 0.21), (Short(same, Regime.Bull), Short(same, Regime.Bear)));
        Assert.Equal((0.15, 0.21), (Short(jumpy, Regime.Panic), Short(jumpy, Regime.Bull)));
        Assert.Equal(0.3, SomeAssessment.Of(regime: Regime.Panic, policy: jumpy).RiskBreakdown.Regime);
    }

    [Theory]
    [
        InlineData(20, 30, 10, 0.06),
        InlineData(20, 10, 30, 0.14),
        InlineData(50, 30, 10, 0),
        InlineData(50, 10, 30, 0.2),
        InlineData(80, 30, 10, 0),
        InlineData(80, 10, 30, 0.2)
    ]
    [InlineData(19.999, 30, 10, 0.1), InlineData(35, 30, 10, 0.03), InlineData(35, 20, 20, 0.1)]
    public void Trend_strength_counts_against_the_trade(double adx, double plus, double minus, double expected)
    {
        var market = SomeAssessment.Calm with
        {
            Trend = SomeAssessment.Calm.Trend with { Adx = adx, PlusDi = plus, MinusDi = minus },
        };
        Assert.Equal(expected, SomeAssessment.Of(market).RiskBreakdown.TrendStrength);
        Assert.Equal(
            expected,
            SomeAssessment
                .Of(market with { Trend = market.Trend with { PlusDi = minus, MinusDi = plus } }, side: Side.Short)
                .RiskBreakdown.TrendStrength
        );
    }

    /// <summary>
    /// A short in a market equals a long in its mirror image: trend, momentum and regime are
    /// mirrored, and everything else stays the same.
    /// </summary>
    [Fact]
    public void The_short_side_of_a_market_is_the_long_side_of_its_mirror_image() =>
        Prop.ForAll(
                AnyReadings.ToArbitrary(),
                Gen.Elements(Enum.GetValues<Regime>()).ToArbitrary(),
                Gen.Choose(0, 100).ToArbitrary(),
                (market, regime, fear) =>
                {
                    Observation[] outside = [SomeAssessment.Value(Signal.FearGreed, fear)];
                    var image = market with
                    {
                        Rsi = 100 - market.Rsi,
                        Trend = market.Trend with { PlusDi = market.Trend.MinusDi, MinusDi = market.Trend.PlusDi },
                    };
                    var mirrored = regime switch
                    {
                        Regime.Bull => Regime.Bear,
                        Regime.Bear => Regime.Bull,
                        _ => regime,
                    };
                    foreach (var policy in BuiltInPolicies.All)
                    {
                        var (shortSide, longSide) = (
                            SomeAssessment.Of(market, regime, outside, policy, Side.Short),
                            SomeAssessment.Of(image, mirrored, outside, policy)
                        );
                        Assert.Equal(longSide.RiskBreakdown.Momentum, shortSide.RiskBreakdown.Momentum, 1.1e-6);
                        Assert.Equal(
                            longSide.RiskBreakdown with
                            {
                                Momentum = 0,
                            },
                            shortSide.RiskBreakdown with
                            {
                                Momentum = 0,
                            }
                        );
                        Assert.Equal(longSide.RiskScore, shortSide.RiskScore, 1.1e-6);
                        if (longSide.SafeToTrade == shortSide.SafeToTrade)
                            Assert.Equal(longSide.PositionScale, shortSide.PositionScale, 3e-6);
                    }
                }
            )
            .MustHold(300);

    [Fact]
    public void The_score_is_the_weighted_sum_of_the_model() =>
        Prop.ForAll(
                AnyReadings.ToArbitrary(),
                Gen.Elements(Enum.GetValues<Regime>()).ToArbitrary(),
                Gen.Choose(0, 100).ToArbitrary(),
                (market, regime, fear) =>
                {
                    var r = new[] { 0.2, 0.4, 0.7, 0.8, 0.9, 1.0 }[(int)regime];
                    var trend = market.Trend;
                    var t =
                        trend.Adx < 20
                            ? 0.5
                            : 0.5 - (0.5 * Math.Sign(trend.PlusDi - trend.MinusDi) * Math.Min(trend.Adx / 50, 1));
                    var e = Math.Min(
                        0.35,
                        (0.35 * Math.Clamp((25.0 - fear) / 10, 0, 1)) + (0.1 * Math.Clamp((fear - 85.0) / 10, 0, 1))
                    );
                    var expected = Math.Clamp(
                        (0.35 * market.Volatility) + (0.3 * r) + (0.2 * t) + (0.15 * (1 - (market.Rsi / 100))) + e,
                        0,
                        1
                    );
                    Assert.Equal(
                        expected,
                        SomeAssessment.Of(market, regime, [SomeAssessment.Value(Signal.FearGreed, fear)]).RiskScore,
                        2.5e-6
                    );
                }
            )
            .MustHold(300);

    [Fact]
    public void The_score_stays_within_its_bounds_while_the_parts_say_what_they_are()
    {
        var worst = SomeAssessment.Calm with
        {
            Volatility = 1,
            Rsi = 0,
            Trend = SomeAssessment.Calm.Trend with { Adx = 60, PlusDi = 5, MinusDi = 40 },
        };
        var assessment = SomeAssessment.Of(worst, Regime.Panic, [SomeAssessment.Value(Signal.FearGreed, 5)]);
        Assert.Equal(new RiskBreakdown(0.35, 0.3, 0.2, 0.15, 0.35), assessment.RiskBreakdown);
        Assert.Equal(1, assessment.RiskScore);
    }

    [Fact]
    public void What_is_unknown_stays_unknown()
    {
        Assert.True(double.IsNaN(SomeAssessment.Of(regime: null).RiskScore));
        Assert.True(double.IsNaN(SomeAssessment.Of(SomeAssessment.Calm with { Rsi = double.NaN }).RiskScore));
        Assert.Null(SomeAssessment.Of(regime: null).RiskClass);
        Assert.True(double.IsNaN(SomeAssessment.Of(regime: null).PositionScale));
        Assert.True(
            double.IsNaN(
                SomeAssessment.Of(SomeAssessment.Calm with { Trend = TrendReading.Unknown }).RiskBreakdown.TrendStrength
            )
        );
    }

    [Theory]
    [
        InlineData(0, RiskClass.VeryLow),
        InlineData(0.199999, RiskClass.VeryLow),
        InlineData(0.2, RiskClass.Low),
        InlineData(0.399999, RiskClass.Low),
        InlineData(0.4, RiskClass.Medium)
    ]
    [
        InlineData(0.549999, RiskClass.Medium),
        InlineData(0.55, RiskClass.High),
        InlineData(0.699999, RiskClass.High),
        InlineData(0.7, RiskClass.VeryHigh),
        InlineData(1, RiskClass.VeryHigh)
    ]
    public void The_score_in_words(double score, RiskClass expected) =>
        Assert.Equal(expected, RiskScorer.Classify(score, RiskPolicy.Default.Classes));

    [
        Theory,
        InlineData(0, 1),
        InlineData(0.3, 1),
        InlineData(0.300002, 0.999997),
        InlineData(0.55, 0.625),
        InlineData(0.799998, 0.250003),
        InlineData(0.8, 0.25),
        InlineData(1, 0.25)
    ]
    public void The_position_shrinks_as_the_score_grows(double score, double expected) =>
        Assert.Equal(expected, RiskScorer.PositionScale(score, RiskPolicy.Default.Decision));

    private static Gen<MarketReadings> AnyReadings =>
        from v in Any.Share
        from rsi in Any.Share
        from adx in Any.Share
        from plus in Any.Share
        from minus in Any.Share
        select SomeAssessment.Calm with
        {
            Volatility = v,
            Rsi = 100 * rsi,
            Trend = SomeAssessment.Calm.Trend with { Adx = 100 * adx, PlusDi = 50 * plus, MinusDi = 50 * minus },
        };
}
