using Remora.Indicators;
using Remora.Risk;
using Remora.Volatility;

namespace Remora.Regimes;

/// <summary>The rules of the model: readings in, class out. Stateless.</summary>
public static class RegimeClassifier
{
    /// <summary>
    /// Returns the regime of the first rule that applies; null while its inputs are unknown.
    /// </summary>
    public static Regime? Classify(MarketReadings market, RegimeRules rules)
    {
        var v = market.Volatility;
        if (v >= rules.ExtremeVolatility)
            return market.DayReturn <= rules.PanicDayReturn || market.MoveInSigmas <= -rules.PanicSigmas
                ? Regime.Panic
                : Regime.HighVol;
        var trend = market.Trend;
        if (double.IsNaN(v) || !trend.IsWarm)
            return null;
        if (trend.Adx < rules.TrendAdx)
            return v >= rules.ChoppyVolatility ? Regime.Choppy : Regime.Sideways;
        return IsBull(trend, rules) ? Regime.Bull
            : IsBear(trend, rules) ? Regime.Bear
            : Regime.Choppy;
    }

    /// <summary>
    /// Whether a trend reading is bearish: close below SMA 50 below SMA 200, ADX strong, -DI
    /// leading. False while unknown.
    /// </summary>
    public static bool IsBear(TrendReading trend, RegimeRules rules) =>
        trend.Close < trend.Sma50
        && trend.Sma50 < trend.Sma200
        && trend.Adx >= rules.TrendAdx
        && trend.MinusDi > trend.PlusDi;

    private static bool IsBull(TrendReading trend, RegimeRules rules) =>
        trend.Close > trend.Sma50
        && trend.Sma50 > trend.Sma200
        && trend.Adx >= rules.TrendAdx
        && trend.PlusDi > trend.MinusDi;

    /// <summary>Returns the class of a volatility score; null while the score is unknown.</summary>
    public static VolatilityClass? ClassifyVolatility(double v, RegimeRules rules) =>
        double.IsNaN(v) ? null
        : v < rules.NormalVolatility ? VolatilityClass.Low
        : v < rules.HighVolatility ? VolatilityClass.Normal
        : v < rules.ExtremeVolatility ? VolatilityClass.High
        : VolatilityClass.Extreme;

    /// <summary>Returns the direction of the trend; null while ADX is unknown.</summary>
    public static TrendClass? ClassifyTrend(TrendReading trend, RegimeRules rules) =>
        double.IsNaN(trend.Adx) ? null
        : trend.Adx < rules.TrendAdx || trend.PlusDi == trend.MinusDi ? TrendClass.Sideways
        : trend.PlusDi > trend.MinusDi ? TrendClass.Up
        : TrendClass.Down;

    /// <summary>
    /// Returns the momentum from RSI and the MACD histogram; null while one of them is unknown.
    /// </summary>
    public static MomentumClass? ClassifyMomentum(double rsi, double macdHistogram, RegimeRules rules)
    {
        if (double.IsNaN(rsi + macdHistogram))
            return null;
        if (macdHistogram > 0 && rsi >= rules.BullishRsi)
            return rsi >= rules.StrongBullishRsi ? MomentumClass.StrongBullish : MomentumClass.Bullish;
        if (macdHistogram < 0 && rsi <= rules.BearishRsi)
            return rsi <= rules.StrongBearishRsi ? MomentumClass.StrongBearish : MomentumClass.Bearish;
        return MomentumClass.Neutral;
    }
}
