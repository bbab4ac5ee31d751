using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>The complete definition of one flag. A row of <see cref="FlagTable"/>.</summary>
public sealed class FlagDefinition
{
    internal FlagDefinition(RiskFlag flag, string meaning, FlagCondition condition, Func<Assessment, string> sentence)
    {
        Flag = flag;
        Name = "flag_" + RemoraJson.NameOf(flag);
        Words = RemoraJson.NameOf(flag).Replace('_', ' ');
        Meaning = meaning;
        IsRaised = condition;
        Explain = sentence;
    }

    /// <summary>The flag.</summary>
    public RiskFlag Flag { get; }

    /// <summary>Its name in answers: <c>flag_panic</c>.</summary>
    public string Name { get; }

    /// <summary>Its name in sentences: <c>bear market</c>.</summary>
    public string Words { get; }

    /// <summary>When the flag is raised, in a sentence.</summary>
    public string Meaning { get; }

    /// <summary>
    /// Whether candles raise the flag. It then blocks no longer once the candles are too old to
    /// count.
    /// </summary>
    public bool IsFromCandles { get; init; }

    /// <summary>Whether one value raises the flag for all pairs.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether the default policy blocks on the flag.</summary>
    public bool IsBlockingByDefault { get; init; }

    /// <summary>The flag's threshold in the policy; null without one of its own.</summary>
    internal FlagThreshold? Threshold { get; init; }

    /// <summary>Whether the flag is raised; null while an input is unknown.</summary>
    internal FlagCondition IsRaised { get; }

    /// <summary>Returns why the flag is raised, to follow its name in a sentence.</summary>
    internal Func<Assessment, string> Explain { get; }
}

/// <summary>Determines whether a flag is raised; null while an input is unknown.</summary>
internal delegate bool? FlagCondition(in FlagInputs inputs);

/// <summary>What the conditions of flags use.</summary>
internal readonly record struct FlagInputs(
    MarketReadings Market,
    Regime? Regime,
    OutsideView Outside,
    PolicyPlan Plan,
    Instant Now
)
{
    public RiskPolicy Policy => Plan.Policy;

    public double Threshold(RiskFlag flag) => Plan.Thresholds[(int)flag];
}

/// <summary>The threshold of a flag in the policy.</summary>
/// <param name="Field">The field below <c>flags</c> in a policy file.</param>
/// <param name="Of">Returns the threshold of a policy.</param>
/// <param name="Least">The smallest value allowed.</param>
/// <param name="Most">The largest value allowed.</param>
internal sealed record FlagThreshold(string Field, Func<FlagRules, double> Of, double Least, double Most);
