using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Bots;

/// <summary>The part of an assessment that is sent to bots.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Side">The side of the trade.</param>
/// <param name="SafeToTrade">False when entries are blocked.</param>
/// <param name="Regime">The regime; null while unknown.</param>
/// <param name="RiskScore">[0, 1]; NaN while unknown.</param>
/// <param name="BlockedBy">The reasons that block entries.</param>
/// <param name="Reason">The reason that decided.</param>
/// <param name="AsOf">
/// Close of the last candle used; null before the first candle, when no verdict exists.
/// </param>
public sealed record PairVerdict(
    Pair Pair,
    Side Side,
    bool SafeToTrade,
    Regime? Regime,
    double RiskScore,
    IReadOnlyList<string> BlockedBy,
    string Reason,
    Instant? AsOf
)
{
    /// <summary>The assessment; null if another process made it.</summary>
    public Assessment? Assessment { get; init; }

    /// <summary>Returns the verdict of an assessment.</summary>
    public static PairVerdict Of(Assessment assessment) =>
        new(
            assessment.Pair,
            assessment.Side,
            assessment.SafeToTrade,
            assessment.Regime,
            assessment.RiskScore,
            assessment.BlockedBy,
            assessment.SafeToTrade ? ""
                : assessment.Reasoning is [var deciding, ..] ? deciding
                : "",
            assessment.AsOf
        )
        {
            Assessment = assessment,
        };
}

/// <summary>A verdict that differs from the previous one.</summary>
/// <param name="Before">The previous verdict; null for the first one.</param>
/// <param name="After">The new verdict.</param>
public sealed record VerdictChange(PairVerdict? Before, PairVerdict After)
{
    /// <summary>
    /// Whether <see cref="PairVerdict.SafeToTrade"/> changed, or this is the first verdict.
    /// </summary>
    public bool IsSafetyChange => Before is null || Before.SafeToTrade != After.SafeToTrade;

    /// <summary>Whether the regime changed, or this is the first verdict.</summary>
    public bool IsRegimeChange => Before is null || Before.Regime != After.Regime;
}
