using Remora.Forecasts;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// The built-in policies: one by the forecast, which is the default, <c>remora-1</c>, and a
/// stricter and a bolder one of the same model.
/// </summary>
public static class BuiltInPolicies
{
    /// <summary>
    /// Blocks earlier and for longer, and halves positions against the market's direction. Blocks
    /// whenever <c>remora-1</c> blocks.
    /// </summary>
    public static RiskPolicy Conservative { get; } =
        new()
        {
            Name = "conservative",
            Description =
                "Blocks at a score of 0.65 and for as long as the regime is panic or high_vol; half the position in "
                + "a bear market, for a short in a bull market.",
            Decision = new()
            {
                BlockingScore = 0.65,
                BlockingRegimes = [Regime.HighVol],
                RegimePosition = new() { Bear = 0.5 },
            },
        };

    /// <summary>
    /// Blocks in a panic, otherwise by the score alone. Whenever it blocks, <c>remora-1</c> blocks
    /// too.
    /// </summary>
    public static RiskPolicy Aggressive { get; } =
        new()
        {
            Name = "aggressive",
            Description =
                "Blocks at a score of 0.90 and in a panic; extreme fear and extreme volatility only call for caution.",
            Decision = new() { BlockingScore = 0.90, BlockingFlags = [RiskFlag.Panic] },
        };

    /// <summary>
    /// Scores, blocks and sizes by the forecast of volatility instead of the present market.
    /// </summary>
    public static RiskPolicy Forecast { get; } =
        new()
        {
            Name = ForecastCoefficients.Model,
            Description =
                "The default, by the forecast: the score is the percentile of the volatility of the next 4 hours, 0.90 "
                + "blocks, and the position shrinks as the volatility of the next 24 hours exceeds its median. Extreme "
                + "fear and panic block too.",
            Score = ScoreKind.ForecastPercentile,
            Horizon = Horizon.FourHours,
            TargetVolatility = TargetVolatility.Median,
            BlockFrom = 0.9,
            Classes = new()
            {
                Low = 0.2,
                Medium = 0.5,
                High = 0.8,
                VeryHigh = 0.9,
            },
            Decision = new() { CautionScore = 0.8, BlockingFlags = [RiskFlag.ExtremeFear, RiskFlag.Panic] },
        };

    /// <summary>All built-in policies, the default first.</summary>
    public static IReadOnlyList<RiskPolicy> All { get; } = [Forecast, RiskPolicy.Default, Conservative, Aggressive];

    /// <summary>
    /// The policy that is used unless another one is named (docs/decisions/0100).
    /// </summary>
    public static RiskPolicy Default => Forecast;
}
