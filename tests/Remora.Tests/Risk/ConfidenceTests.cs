using FsCheck.Fluent;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

public sealed class ConfidenceTests
{
    private static readonly Signal[] FearAndVix = [Signal.FearGreed, Signal.Vix];

    [
        Theory,
        InlineData(0, 1),
        InlineData(1, 1),
        InlineData(2, 1),
        InlineData(3, 0.9),
        InlineData(7, 0.5),
        InlineData(11.5, 0.05),
        InlineData(12, 0),
        InlineData(13, 0),
        InlineData(5000, 0),
        InlineData(-1, 1)
    ]
    public void It_falls_with_the_age_of_the_candle(double timeframes, double expected)
    {
        var assessment = SomeAssessment.Of(age: timeframes * TimeSpan.FromMinutes(5));
        Assert.Equal(expected, assessment.RiskConfidence, 12);
        Assert.Equal(
            expected,
            Confidence.Freshness(
                SomeAssessment.AsOf,
                Timeframe.FiveMinutes,
                SomeAssessment.AsOf + (timeframes * TimeSpan.FromMinutes(5))
            ),
            12
        );
    }

    [Fact]
    public void It_falls_with_the_outside_weight_that_is_missing()
    {
        Assert.Equal(0.5, SomeAssessment.Of(configured: FearAndVix).RiskConfidence);
        // 0.35 of 0.50
        Assert.Equal(
            0.7,
            SomeAssessment
                .Of(configured: FearAndVix, outside: [SomeAssessment.Value(Signal.FearGreed, 50)])
                .RiskConfidence
        );
        // 0.15 of 0.50, raised to the minimum
        Assert.Equal(
            0.5,
            SomeAssessment.Of(configured: FearAndVix, outside: [SomeAssessment.Value(Signal.Vix, 20)]).RiskConfidence
        );
        Assert.Equal(
            1,
            SomeAssessment
                .Of(
                    configured: FearAndVix,
                    outside: [SomeAssessment.Value(Signal.FearGreed, 50), SomeAssessment.Value(Signal.Vix, 20)]
                )
                .RiskConfidence
        );
        // Not configured, so its absence does not count.
        Assert.Equal(1, SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.Vix, 20)]).RiskConfidence);
    }

    [Fact]
    public void A_change_without_a_past_is_missing_too() =>
        Assert.Equal(
            0.5,
            SomeAssessment
                .Of(configured: [Signal.DollarIndex], outside: [SomeAssessment.Value(Signal.DollarIndex, 100)])
                .RiskConfidence
        );

    [Fact]
    public void It_falls_while_the_regime_is_young_and_while_the_model_warms_up()
    {
        Assert.Equal(0.85, SomeAssessment.Of(agreement: 0.5).RiskConfidence);
        Assert.Equal(0.7, SomeAssessment.Of(regime: null).RiskConfidence);
        Assert.Equal(0.6, SomeAssessment.Of(SomeAssessment.Calm with { WarmUp = 0.6 }).RiskConfidence);
        Assert.Equal(0, SomeAssessment.Of(MarketReadings.Unknown, regime: null).RiskConfidence);
    }

    [Fact]
    public void It_is_the_product_of_its_four_parts() =>
        Prop.ForAll(
                Any.Share.ToArbitrary(),
                Any.Share.ToArbitrary(),
                Any.Share.Select(s => s * 14).ToArbitrary(),
                (warmUp, agreement, timeframes) =>
                {
                    var assessment = SomeAssessment.Of(
                        SomeAssessment.Calm with
                        {
                            WarmUp = warmUp,
                        },
                        configured: FearAndVix,
                        outside: [SomeAssessment.Value(Signal.FearGreed, 50)],
                        agreement: agreement,
                        age: timeframes * TimeSpan.FromMinutes(5)
                    );
                    var expected = warmUp * Math.Clamp((12 - timeframes) / 10, 0, 1) * 0.7 * (0.7 + (0.3 * agreement));
                    Assert.Equal(expected, assessment.RiskConfidence, 1e-6);
                }
            )
            .MustHold();
}
