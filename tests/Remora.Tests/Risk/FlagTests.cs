using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>Tests each flag on both sides of its threshold, and with an unknown input.</summary>
public sealed class FlagTests
{
    [Theory]
    [InlineData(RiskFlag.ExtremeFear, Signal.FearGreed, 15, 16), InlineData(RiskFlag.ExtremeGreed, Signal.FearGreed, 85, 84)]
    [InlineData(RiskFlag.FundingExtreme, Signal.FundingRate, 0.001, 0.000999), InlineData(RiskFlag.FundingExtreme, Signal.FundingRate, -0.001, -0.000999)]
    [InlineData(RiskFlag.NegativeNews, Signal.NewsSentiment, -0.5, -0.499), InlineData(RiskFlag.MacroStress, Signal.Vix, 30, 29.99)]
    public void Outside_flags_are_raised_at_their_bound(RiskFlag flag, Signal signal, double raised, double notRaised)
    {
        Assert.True(SomeAssessment.Of(outside: [SomeAssessment.Value(signal, raised)]).EventFlags[flag]);
        Assert.False(SomeAssessment.Of(outside: [SomeAssessment.Value(signal, notRaised)]).EventFlags[flag]);
        Assert.Null(SomeAssessment.Of().EventFlags[flag]);
        // Expired.
        Assert.Null(SomeAssessment.Of(outside: [SomeAssessment.Value(signal, raised)], age: TimeSpan.FromHours(23)).EventFlags[flag]);
    }

    [Fact]
    public void A_cascade_is_more_than_the_month_was_used_to()
    {
        Assert.True(SomeAssessment.Of(outside: SomeAssessment.Liquidations(1)).EventFlags.FlagLiquidationCascade);
        Assert.False(SomeAssessment.Of(outside: SomeAssessment.Liquidations(0.99)).EventFlags.FlagLiquidationCascade);
        // 49 hours are less than a month
        Assert.Null(SomeAssessment.Of(outside: SomeAssessment.Liquidations(5)[^50..]).EventFlags.FlagLiquidationCascade);
        var elsewhere = SomeAssessment.Of(outside: [.. SomeAssessment.Liquidations(5).SkipLast(1), SomeAssessment.Liquidations(5)[^1] with { Source = "another exchange" }]);
        // The usual size on one exchange does not apply to another.
        Assert.Null(elsewhere.EventFlags.FlagLiquidationCascade);
        Assert.Contains(elsewhere.Reasoning, sentence => sentence.StartsWith("liquidations has too short a past", StringComparison.Ordinal));
    }

    [Fact]
    public void Market_flags_follow_regime_and_volatility()
    {
        foreach (var regime in Enum.GetValues<Regime>())
        {
            var flags = SomeAssessment.Of(regime: regime).EventFlags;
            Assert.Equal((regime == Regime.Panic, regime == Regime.Bear), (flags.FlagPanic, flags.FlagDowntrend));
        }
        Assert.Equal((null, null), (SomeAssessment.Of(regime: null).EventFlags.FlagPanic, SomeAssessment.Of(regime: null).EventFlags.FlagDowntrend));
        Assert.True(SomeAssessment.Of(SomeAssessment.Calm with { Volatility = 0.95 }).EventFlags.FlagHighVolatility);
        Assert.False(SomeAssessment.Of(SomeAssessment.Calm with { Volatility = 0.949999 }).EventFlags.FlagHighVolatility);
        Assert.Null(SomeAssessment.Of(SomeAssessment.Calm with { Volatility = double.NaN }).EventFlags.FlagHighVolatility);
    }

    [Fact]
    public void A_bear_market_is_far_below_the_200_days_or_bearish_by_the_day()
    {
        var daily = SomeAssessment.Calm.DailyTrend with { Sma200 = 100 };
        bool? Flag(double close, TrendReading reading) => SomeAssessment.Of(SomeAssessment.Calm with { Candle = SomeAssessment.Calm.Candle!.Value with { Close = close }, DailyTrend = reading }).EventFlags.FlagBearMarket;
        Assert.True(Flag(79.99, daily));
        Assert.False(Flag(80, daily));
        Assert.True(Flag(100, daily with { Close = 90, Sma50 = 95, Adx = 20, PlusDi = 10, MinusDi = 20 }));
        Assert.False(Flag(100, daily with { Close = 90, Sma50 = 95, Adx = 19.9, PlusDi = 10, MinusDi = 20 }));
        Assert.Null(Flag(1, daily with { Candles = 199 }));
    }

    [Fact]
    public void The_name_of_a_flag_is_that_of_its_field()
    {
        foreach (var flag in Enum.GetValues<RiskFlag>())
        {
            var property = typeof(EventFlags).GetProperty("Flag" + flag)!;
            Assert.Equal(EventFlags.NameOf(flag), RemoraJson.Options.PropertyNamingPolicy!.ConvertName(property.Name));
            Assert.Equal(true, property.GetValue(default(EventFlags).With(flag, true)));
            Assert.Null(property.GetValue(default(EventFlags)));
        }
    }
}
