using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>The formulas of score and position scale. Stateless.</summary>
public static class RiskScorer
{
    private const double RiskWithoutTrend = 0.5;

    /// <summary>
    /// Returns the five addends of the score, each in whole millionths; NaN while an input is
    /// unknown.
    /// </summary>
    internal static RiskBreakdown BreakDown(
        MarketReadings market,
        Regime? regime,
        OutsideView outside,
        string @base,
        PolicyPlan plan,
        Side side,
        Instant now
    )
    {
        var policy = plan.Policy;
        if (policy.Horizon is { } horizon)
            return OfPercentile(Percentile(market.Forecast, horizon));
        var weights = policy.Weights;
        var r = policy.RegimeFor(regime, side) is { } ofSide ? policy.RegimeRisk.Of(ofSide) : double.NaN;
        var t = TrendRisk(market, policy.Regime, side);
        var m = side == Side.Long ? 1 - (market.Rsi / 100) : market.Rsi / 100;
        return new(
            Millionths.Round(weights.Volatility * market.Volatility),
            Millionths.Round(weights.Regime * r),
            Millionths.Round(weights.TrendStrength * t),
            Millionths.Round(weights.Momentum * m),
            Millionths.Round(External(outside, @base, plan, now))
        );
    }

    /// <summary>
    /// Returns the breakdown of a score from the forecast: the percentile is all.
    /// </summary>
    internal static RiskBreakdown OfPercentile(double percentile) => new(Millionths.Round(percentile), 0, 0, 0, 0);

    /// <summary>Returns the class of a score.</summary>
    public static RiskClass Classify(double score, RiskClassBounds bounds) =>
        score < bounds.Low ? RiskClass.VeryLow
        : score < bounds.Medium ? RiskClass.Low
        : score < bounds.High ? RiskClass.Medium
        : score < bounds.VeryHigh ? RiskClass.High
        : RiskClass.VeryHigh;

    /// <summary>
    /// Returns the part of a position for a score, [0, 1], when entries are not blocked.
    /// </summary>
    public static double PositionScale(double score, DecisionRules rules)
    {
        var share = Math.Clamp(
            (score - rules.FullPositionScore) / (rules.BlockingScore - rules.FullPositionScore),
            0,
            1
        );
        return Millionths.Round(1 - ((1 - rules.SmallestPosition) * share));
    }

    /// <summary>
    /// Returns the part of a position for a score, a regime and a side, [0, 1], when entries are
    /// not blocked.
    /// </summary>
    public static double PositionScale(double score, Regime? regime, RiskPolicy policy, Side side) =>
        Millionths.Round(
            PositionScale(score, policy.Decision)
                * (policy.RegimeFor(regime, side) is { } counted ? policy.Decision.RegimePosition.Of(counted) : 1)
        );

    /// <summary>
    /// Returns the part of a position by the forecast, [0, 1]: the target divided by the volatility
    /// of the next 24 hours, at most 1. NaN while one of them is unknown.
    /// </summary>
    internal static double PositionScale(Forecast? forecast, TargetVolatility target)
    {
        if (forecast is null)
            return double.NaN;
        var day = Horizon.OneDay;
        return PositionScale(forecast.NumbersOf(day).Volatility, forecast.MedianOf(day), target);
    }

    /// <summary>
    /// Returns the part of a position by the volatility of the next 24 hours and the median of such
    /// forecasts. NaN while one of them is unknown.
    /// </summary>
    internal static double PositionScale(double volatility, double median, TargetVolatility target) =>
        Millionths.Round(Math.Min(1, (target == TargetVolatility.Median ? median : target.Ratio) / volatility));

    /// <summary>Returns the rank of the volatility; NaN without a forecast.</summary>
    internal static double Percentile(Forecast? forecast, Horizon horizon) =>
        forecast is null ? double.NaN : forecast.NumbersOf(horizon).Percentile;

    private static double TrendRisk(MarketReadings market, RegimeRules rules, Side side)
    {
        var trend = RegimeClassifier.ClassifyTrend(market.Trend, rules);
        if (trend is null)
            return double.NaN;
        if (trend == TrendClass.Sideways)
            return RiskWithoutTrend;
        var strength = 0.5 * Math.Min(market.Trend.Adx / 50, 1);
        var with = (trend == TrendClass.Up) == (side == Side.Long);
        return with ? RiskWithoutTrend - strength : RiskWithoutTrend + strength;
    }

    private static double External(OutsideView outside, string @base, PolicyPlan plan, Instant now)
    {
        if (ReferenceEquals(outside, OutsideView.Empty))
            return 0;
        var sum = 0.0;
        foreach (var signal in plan.Signals)
        {
            var measure = outside.At(signal.Signal, now);
            if (!double.IsNaN(measure))
                sum += signal.Contribution(measure, @base);
        }
        return Math.Min(plan.Policy.External.Cap, sum);
    }
}

/// <summary>
/// The addends of the score. Their sum is exactly the score before it is limited to [0, 1]. Each is
/// in whole millionths; NaN while unknown.
/// </summary>
/// <param name="Volatility">From the volatility score; by the forecast, the whole score.</param>
/// <param name="Regime">From the regime.</param>
/// <param name="TrendStrength">From the trend against the trade.</param>
/// <param name="Momentum">From momentum against the trade.</param>
/// <param name="External">From outside values; 0 when all are unknown.</param>
public readonly record struct RiskBreakdown(
    double Volatility,
    double Regime,
    double TrendStrength,
    double Momentum,
    double External
)
{
    internal double Score()
    {
        var sum = Volatility + Regime + TrendStrength + Momentum + External;
        return double.IsNaN(sum) ? sum : Millionths.Ratio(Math.Clamp(Millionths.Count(sum), 0, Millionths.One));
    }
}
