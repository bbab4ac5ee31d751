using Remora.Risk;

namespace Remora.Backtest.Chance;

/// <summary>
/// Splits a policy into gates with a single reason to block each, to measure the reasons
/// separately.
/// </summary>
public static class Ablations
{
    private const double Never = double.MaxValue;
    private const string FearOnly = "Blocks only on extreme fear.";

    /// <summary>
    /// Returns policies with one reason each: fear index only, volatility only, and, unless the
    /// score comes from the forecast, all technical rules without outside values. Their names start
    /// with the policy's name.
    /// </summary>
    public static IReadOnlyList<RiskPolicy> Of(RiskPolicy policy) =>
        policy.Score == ScoreKind.ForecastPercentile ? OfForecast(policy) : OfSum(policy);

    private static IReadOnlyList<RiskPolicy> OfForecast(RiskPolicy policy) =>
        [
            policy with
            {
                Name = policy.Name + ".fear-only",
                Description = FearOnly,
                BlockFrom = Never,
                Decision = policy.Decision with { BlockingFlags = [RiskFlag.ExtremeFear] },
            },
            policy with
            {
                Name = policy.Name + ".volatility-only",
                Description = "Blocks only on high forecast volatility.",
                Decision = policy.Decision with { BlockingFlags = [] },
            },
        ];

    private static IReadOnlyList<RiskPolicy> OfSum(RiskPolicy policy) =>
        [
            policy with
            {
                Name = policy.Name + ".fear-only",
                Description = FearOnly,
                Decision = policy.Decision with { BlockingFlags = [RiskFlag.ExtremeFear], BlockingScore = Never },
            },
            policy with
            {
                Name = policy.Name + ".volatility-only",
                Description = "Blocks only on extreme volatility.",
                Decision = policy.Decision with { BlockingFlags = [RiskFlag.HighVolatility], BlockingScore = Never },
            },
            policy with
            {
                Name = policy.Name + ".technical-only",
                Description = "Blocks by the rules of the policy, without outside values.",
                External = policy.External with { Cap = 0 },
                Decision = policy.Decision with
                {
                    BlockingFlags = [.. policy.Decision.BlockingFlags.Where(flag => FlagTable.Of(flag).IsFromCandles)],
                },
            },
        ];
}
