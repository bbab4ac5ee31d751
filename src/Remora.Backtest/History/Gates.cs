using Remora.Backtest.Trading;

namespace Remora.Backtest.History;

/// <summary>Gates made of a history.</summary>
public static class Gates
{
    /// <summary>Blocks while a policy says <c>safe_to_trade</c> false.</summary>
    public static Gate Policy(PolicyVerdicts verdicts) => Gate.Blocking(verdicts.Policy.Name, verdicts.Blocked);

    /// <summary>Blocks while the score is at or above a threshold; an unknown score blocks nothing.</summary>
    public static Gate Threshold(PolicyVerdicts verdicts, double threshold) =>
        new($"{verdicts.Policy.Name} score >= {threshold:0.00}", [.. verdicts.Score.Select(score => score >= threshold ? 0.0 : 1.0)]);

    /// <summary>Enters with the part of a position that the policy leaves: nothing while it blocks, all of it while the score is unknown.</summary>
    public static Gate Scaled(PolicyVerdicts verdicts) =>
        new($"{verdicts.Policy.Name} sized", [.. verdicts.PositionScale.Select(scale => double.IsNaN(scale) ? 1 : scale)]);
}
