using Remora.Backtest.Trading;

namespace Remora.Backtest.History;

/// <summary>Creates gates from a history.</summary>
public static class Gates
{
    /// <summary>
    /// Creates a gate that blocks while the policy's <c>safe_to_trade</c> is false.
    /// </summary>
    public static Gate Policy(PolicyVerdicts verdicts) => Gate.Blocking(verdicts.Policy.Name, verdicts.Blocked);

    /// <summary>
    /// Creates a gate that blocks while the score is at or above a threshold. An unknown score does
    /// not block.
    /// </summary>
    public static Gate Threshold(PolicyVerdicts verdicts, double threshold) =>
        new(
            $"{verdicts.Policy.Name} score >= {threshold:0.00}",
            [.. verdicts.Score.Select(score => score >= threshold ? 0.0 : 1.0)]
        );

    /// <summary>
    /// Creates a gate that enters with the policy's position scale: nothing while it blocks, the
    /// full position while the score is unknown.
    /// </summary>
    public static Gate Scaled(PolicyVerdicts verdicts) =>
        new(
            $"{verdicts.Policy.Name} sized",
            [.. verdicts.PositionScale.Select(scale => double.IsNaN(scale) ? 1 : scale)]
        );
}
