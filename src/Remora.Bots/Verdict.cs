using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Bots;

/// <summary>As much of an assessment as bots are told of their own accord.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Side">The side of the trade.</param>
/// <param name="SafeToTrade">False when something blocks entries.</param>
/// <param name="Regime">The regime; null while unknown.</param>
/// <param name="RiskScore">[0, 1]; NaN while unknown.</param>
/// <param name="BlockedBy">What blocks.</param>
/// <param name="Reason">The deciding sentence.</param>
/// <param name="AsOf">Close of the last candle used; null before the first, when there is nothing to tell yet.</param>
public sealed record Verdict(Pair Pair, Side Side, bool SafeToTrade, Regime? Regime, double RiskScore, IReadOnlyList<string> BlockedBy, string Reason, Instant? AsOf)
{
    /// <summary>What an assessment says.</summary>
    public static Verdict Of(Assessment assessment) => new(
        assessment.Pair, assessment.Side, assessment.SafeToTrade, assessment.Regime, assessment.RiskScore, assessment.BlockedBy,
        assessment.SafeToTrade ? "" : assessment.Reasoning is [var deciding, ..] ? deciding : "", assessment.AsOf);
}

/// <summary>A verdict that differs from the one before.</summary>
/// <param name="Before">How it was; null when this is the first that is known.</param>
/// <param name="After">How it is.</param>
public sealed record VerdictChange(Verdict? Before, Verdict After)
{
    /// <summary>Whether the answer to 'is it safe?' is another, or there was none.</summary>
    public bool IsOfSafety => Before is null || Before.SafeToTrade != After.SafeToTrade;

    /// <summary>Whether the regime is another, or was not known.</summary>
    public bool IsOfRegime => Before is null || Before.Regime != After.Regime;
}
