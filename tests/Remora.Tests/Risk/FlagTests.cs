using System.Text.Json;
using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>Tests each flag on both sides of its threshold, and with an unknown input.</summary>
public sealed class FlagTests
{
    [Theory]
    [
        InlineData(RiskFlag.ExtremeFear, Signal.FearGreed, 15, 16),
        InlineData(RiskFlag.ExtremeGreed, Signal.FearGreed, 85, 84)
    ]
    [
        InlineData(RiskFlag.FundingExtreme, Signal.FundingRate, 0.001, 0.000999),
        InlineData(RiskFlag.FundingExtreme, Signal.FundingRate, -0.001, -0.000999)
    ]
    [
        InlineData(RiskFlag.NegativeNews, Signal.NewsSentiment, -0.5, -0.499),
        InlineData(RiskFlag.MacroStress, Signal.Vix, 30, 29.99)
    ]
    public void Outside_flags_are_raised_at_their_bound(RiskFlag flag, Signal signal, double raised, double notRaised)
    {
        Assert.True(SomeAssessment.Of(outside: [SomeAssessment.Value(signal, raised)]).EventFlags[flag]);
        Assert.False(SomeAssessment.Of(outside: [SomeAssessment.Value(signal, notRaised)]).EventFlags[flag]);
        Assert.Null(SomeAssessment.Of().EventFlags[flag]);
        // Expired.
        Assert.Null(
            SomeAssessment.Of(outside: [SomeAssessment.Value(signal, raised)], age: TimeSpan.FromHours(23)).EventFlags[
                flag
            ]
        );
    }

    [Fact]
    public void A_cascade_is_more_than_the_month_was_used_to()
    {
        Assert.True(SomeAssessment.Of(outside: SomeAssessment.Liquidations(1)).EventFlags[RiskFlag.LiquidationCascade]);
        Assert.False(
            SomeAssessment.Of(outside: SomeAssessment.Liquidations(0.99)).EventFlags[RiskFlag.LiquidationCascade]
        );
        // 49 hours are less than a month
        Assert.Null(
            SomeAssessment.Of(outside: SomeAssessment.Liquidations(5)[^50..]).EventFlags[RiskFlag.LiquidationCascade]
        );
        var elsewhere = SomeAssessment.Of(
            outside:
            [
                .. SomeAssessment.Liquidations(5).SkipLast(1),
                SomeAssessment.Liquidations(5)[^1] with
                {
                    Source = "another exchange",
                },
            ]
        );
        // The usual size on one exchange does not apply to another.
        Assert.Null(elsewhere.EventFlags[RiskFlag.LiquidationCascade]);
        Assert.Contains(
            elsewhere.Reasoning,
            sentence =>
                sentence.StartsWith(
                    "Not in the score, which lowers confidence: the last hour's liquidations (too little history)",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void Market_flags_follow_regime_and_volatility()
    {
        foreach (var regime in Enum.GetValues<Regime>())
        {
            var flags = SomeAssessment.Of(regime: regime).EventFlags;
            Assert.Equal(
                (regime == Regime.Panic, regime == Regime.Bear),
                (flags[RiskFlag.Panic], flags[RiskFlag.Downtrend])
            );
        }
        Assert.Equal(
            (null, null),
            (
                SomeAssessment.Of(regime: null).EventFlags[RiskFlag.Panic],
                SomeAssessment.Of(regime: null).EventFlags[RiskFlag.Downtrend]
            )
        );
        Assert.True(
            SomeAssessment.Of(SomeAssessment.Calm with { Volatility = 0.95 }).EventFlags[RiskFlag.HighVolatility]
        );
        Assert.False(
            SomeAssessment.Of(SomeAssessment.Calm with { Volatility = 0.949999 }).EventFlags[RiskFlag.HighVolatility]
        );
        Assert.Null(
            SomeAssessment.Of(SomeAssessment.Calm with { Volatility = double.NaN }).EventFlags[RiskFlag.HighVolatility]
        );
    }

    [Fact]
    public void A_bear_market_is_far_below_the_200_days_or_bearish_by_the_day()
    {
        var daily = SomeAssessment.Calm.DailyTrend with { Sma200 = 100 };
        bool? Flag(double close, TrendReading reading) =>
            SomeAssessment
                .Of(
                    SomeAssessment.Calm with
                    {
                        Candle = SomeAssessment.Calm.Candle!.Value with { Close = close },
                        DailyTrend = reading,
                    }
                )
                .EventFlags[RiskFlag.BearMarket];
        Assert.True(Flag(79.99, daily));
        Assert.False(Flag(80, daily));
        Assert.True(Flag(100, daily with { Close = 90, Sma50 = 95, Adx = 20, PlusDi = 10, MinusDi = 20 }));
        Assert.False(Flag(100, daily with { Close = 90, Sma50 = 95, Adx = 19.9, PlusDi = 10, MinusDi = 20 }));
        Assert.Null(Flag(1, daily with { Candles = 199 }));
    }

    [Fact]
    public void Every_flag_has_its_row_its_field_in_json_and_its_threshold_in_the_policy()
    {
        var flags = Enum.GetValues<RiskFlag>();
        Assert.Equal(flags, FlagTable.All.Select(row => row.Flag));
        Assert.All(
            flags,
            flag =>
                Assert.Equal(
                    ("flag_" + RemoraJson.NameOf(flag), flag),
                    (EventFlags.NameOf(flag), FlagTable.Of(flag).Flag)
                )
        );
        var json = JsonSerializer
            .SerializeToElement(SomeAssessment.Of(), RemoraJson.Options)
            .GetProperty("event_flags");
        Assert.Equal(flags.Select(EventFlags.NameOf), json.EnumerateObject().Select(field => field.Name));

        var policy = JsonElement.Parse(PolicyFile.Write(RiskPolicy.Default));
        Assert.Equal(
            policy.GetProperty("flags").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal),
            FlagTable.All.Select(row => row.Threshold?.Field).OfType<string>().Order(StringComparer.Ordinal)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => FlagTable.Of((RiskFlag)flags.Length));
    }

    [Fact]
    public void A_flag_is_raised_lowered_and_unknown_without_touching_the_others()
    {
        foreach (var flag in Enum.GetValues<RiskFlag>())
        {
            var (raised, lowered) = (default(EventFlags).With(flag, true), default(EventFlags).With(flag, false));
            Assert.Equal((true, false), (raised[flag], lowered[flag]));
            Assert.Equal((true, false), (raised.Any, lowered.Any));
            Assert.All(Enum.GetValues<RiskFlag>().Where(other => other != flag), other => Assert.Null(raised[other]));
        }
    }

    /// <summary>Each flag's sentence has the numbers that raised it and its threshold.</summary>
    [Fact]
    public void A_raised_flag_explains_itself()
    {
        static string Caution(Assessment assessment) =>
            Assert.Single(assessment.Reasoning, s => s.StartsWith("Caution: ", StringComparison.Ordinal));
        Assert.Equal(
            "Caution: extreme greed, the fear and greed index is 85 of 100 (85 or above).",
            Caution(SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.FearGreed, 85)]))
        );
        Assert.Equal(
            "Caution: funding extreme, the funding rate is -0.150% per 8 hours (0.100% or more in size).",
            Caution(SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.FundingRate, -0.0015)]))
        );
        Assert.Equal(
            "Caution: negative news, the news sentiment is -0.60 (-0.50 or below).",
            Caution(SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.NewsSentiment, -0.6)]))
        );
        Assert.Equal(
            "Caution: macro stress, the VIX is 31.0 points (30.0 or above).",
            Caution(SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.Vix, 31)]))
        );
        Assert.Equal(
            "Caution: liquidation cascade, the last hour's liquidations are 2.0 times their 99th percentile of 30 "
                + "days (1.0 or above).",
            Caution(SomeAssessment.Of(outside: SomeAssessment.Liquidations(2)))
        );
        Assert.Equal(
            $"Caution: downtrend, the regime is bear since {SomeAssessment.AsOf}.",
            Caution(SomeAssessment.Of(regime: Regime.Bear))
        );
        var low = SomeAssessment.Calm with { DailyTrend = SomeAssessment.Calm.DailyTrend with { Sma200 = 200 } };
        Assert.Equal(
            "Caution: bear market, the price is 50.0% below its 200-day average.",
            Caution(SomeAssessment.Of(low))
        );
        var wild = SomeAssessment.Of(SomeAssessment.Calm with { Volatility = 0.96 }, Regime.Panic);
        Assert.Equal(
            $"Entries are blocked: panic, in force since {SomeAssessment.AsOf}: the price changed by +1.0% in 24 "
                + $"hours.",
            wild.Reasoning[0]
        );
        Assert.Equal(
            "Entries are blocked: high volatility, higher than in 96% of the market's last 30 days.",
            wild.Reasoning[1]
        );
    }
}
