using Remora.Indicators;
using Remora.Regimes;
using Remora.Risk;
using Remora.Volatility;

namespace Remora.Tests.Regimes;

/// <summary>Tests every rule of the model on both sides of its boundary.</summary>
public sealed class RegimeClassifierTests
{
    private static readonly RegimeRules Rules = RiskPolicy.Default.Regime;
    private static readonly TrendReading Rising = new(200, 110, 105, 100, 0, 0, 1, 0, 1, 20, 25, 15);
    private static readonly TrendReading Falling = Rising with { Close = 90, Sma50 = 95, PlusDi = 15, MinusDi = 25 };

    [Theory]
    [
        InlineData(0.95, -0.06, 0, Regime.Panic),
        InlineData(0.95, -0.0599, 0, Regime.HighVol),
        InlineData(1, -0.2, 0, Regime.Panic),
        InlineData(0.9499, -0.2, -9, Regime.Bull)
    ]
    [
        InlineData(0.95, 0.0, -4.0, Regime.Panic),
        InlineData(0.95, 0.0, -3.999, Regime.HighVol),
        InlineData(0.95, 0.3, 9.0, Regime.HighVol)
    ]
    [
        InlineData(0.95, double.NaN, double.NaN, Regime.HighVol),
        InlineData(0.95, double.NaN, -4.0, Regime.Panic),
        InlineData(0.95, -0.06, double.NaN, Regime.Panic)
    ]
    public void Extreme_volatility_comes_first_and_panic_before_it(
        double v,
        double dayReturn,
        double sigmas,
        Regime expected
    )
    {
        Assert.Equal(expected, Classify(v, Rising, dayReturn, sigmas));
    }

    [Fact]
    public void Extreme_volatility_needs_no_trend()
    {
        Assert.Equal(Regime.HighVol, Classify(0.95, TrendReading.Unknown));
        Assert.Equal(Regime.Panic, Classify(0.95, TrendReading.Unknown, dayReturn: -0.06));
        Assert.Null(Classify(0.9499, TrendReading.Unknown));
        Assert.Null(Classify(0.5, Rising with { Candles = 199 }));
        Assert.Null(Classify(double.NaN, Rising));
    }

    public static TheoryData<Regime, TrendReading> Trends =>
        new()
        {
            { Regime.Bull, Rising },
            { Regime.Choppy, Rising with { Close = 105 } },
            { Regime.Choppy, Rising with { Sma50 = 100 } },
            { Regime.Choppy, Rising with { MinusDi = 25 } },
            { Regime.Choppy, Rising with { MinusDi = 26 } },
            { Regime.Sideways, Rising with { Adx = 19.999 } },
            { Regime.Bear, Falling },
            { Regime.Choppy, Falling with { Close = 95 } },
            { Regime.Choppy, Falling with { Sma50 = 100 } },
            { Regime.Choppy, Falling with { PlusDi = 25 } },
            { Regime.Choppy, Falling with { PlusDi = 26 } },
            { Regime.Sideways, Falling with { Adx = 19.999 } },
        };

    [Theory, MemberData(nameof(Trends))]
    public void A_trend_needs_order_strength_and_direction(Regime expected, TrendReading trend) =>
        Assert.Equal(expected, Classify(0.4999, trend));

    [
        Theory,
        InlineData(0.5, Regime.Choppy),
        InlineData(0.4999, Regime.Sideways),
        InlineData(0, Regime.Sideways),
        InlineData(0.9499, Regime.Choppy)
    ]
    public void Without_a_trend_volatility_decides(double v, Regime expected) =>
        Assert.Equal(expected, Classify(v, Rising with { Adx = 19.999 }));

    [Theory]
    [
        InlineData(0, VolatilityClass.Low),
        InlineData(0.249999, VolatilityClass.Low),
        InlineData(0.25, VolatilityClass.Normal),
        InlineData(0.749999, VolatilityClass.Normal)
    ]
    [
        InlineData(0.75, VolatilityClass.High),
        InlineData(0.949999, VolatilityClass.High),
        InlineData(0.95, VolatilityClass.Extreme),
        InlineData(1, VolatilityClass.Extreme)
    ]
    [InlineData(double.NaN, null)]
    public void Volatility_in_words(double v, VolatilityClass? expected) =>
        Assert.Equal(expected, RegimeClassifier.ClassifyVolatility(v, Rules));

    [Theory]
    [
        InlineData(20, 25, 15, TrendClass.Up),
        InlineData(20, 15, 25, TrendClass.Down),
        InlineData(19.999, 25, 15, TrendClass.Sideways),
        InlineData(50, 20, 20, TrendClass.Sideways)
    ]
    [InlineData(double.NaN, 25, 15, null)]
    public void Trend_in_words(double adx, double plus, double minus, TrendClass? expected) =>
        Assert.Equal(
            expected,
            RegimeClassifier.ClassifyTrend(Rising with { Adx = adx, PlusDi = plus, MinusDi = minus }, Rules)
        );

    [Theory]
    [
        InlineData(70, 1, MomentumClass.StrongBullish),
        InlineData(69.99, 1, MomentumClass.Bullish),
        InlineData(55, 1, MomentumClass.Bullish),
        InlineData(54.99, 1, MomentumClass.Neutral)
    ]
    [
        InlineData(30, -1, MomentumClass.StrongBearish),
        InlineData(30.01, -1, MomentumClass.Bearish),
        InlineData(45, -1, MomentumClass.Bearish),
        InlineData(45.01, -1, MomentumClass.Neutral)
    ]
    [
        InlineData(90, -1, MomentumClass.Neutral),
        InlineData(10, 1, MomentumClass.Neutral),
        InlineData(90, 0, MomentumClass.Neutral),
        InlineData(10, 0, MomentumClass.Neutral)
    ]
    [InlineData(double.NaN, 1, null), InlineData(50, double.NaN, null)]
    public void Momentum_in_words(double rsi, double histogram, MomentumClass? expected) =>
        Assert.Equal(expected, RegimeClassifier.ClassifyMomentum(rsi, histogram, Rules));

    private static Regime? Classify(double v, TrendReading trend, double dayReturn = 0, double sigmas = 0) =>
        RegimeClassifier.Classify(
            MarketReadings.Unknown with
            {
                Volatility = v,
                Trend = trend,
                DayReturn = dayReturn,
                MoveInSigmas = sigmas,
            },
            Rules
        );
}
