using System.Globalization;
using Remora.Markets;

namespace Remora.Risk;

/// <summary>The complete definition of one signal. A row of <see cref="SignalTable"/>.</summary>
/// <param name="signal">The signal.</param>
/// <param name="label">Its name in sentences: <c>the VIX</c>.</param>
/// <param name="format">The format of its measure in sentences.</param>
/// <param name="unit">The unit after the formatted measure; empty without one.</param>
internal sealed class SignalDefinition(Signal signal, string label, string format, string unit = "")
{
    /// <summary>The signal.</summary>
    public Signal Signal { get; } = signal;

    /// <summary>Its name in answers: <c>fear_greed</c>.</summary>
    public string Name { get; } = RemoraJson.NameOf(signal);

    /// <summary>Its name in sentences: <c>the VIX</c>.</summary>
    public string Label { get; } = label;

    /// <summary>Whether its values are for the whole market, and not per pair.</summary>
    public bool IsShared { get; init; }

    /// <summary>What the score uses of its values.</summary>
    public SignalMeasure Measure { get; init; } = SignalMeasure.Value;

    /// <summary>
    /// The ramps of the policy that turn the measure into a contribution. Their sum counts. Without
    /// ramps the signal is only recorded: it changes neither score nor confidence.
    /// </summary>
    public SignalRamp[] Ramps { get; init; } = [];

    /// <summary>Whether a measure of -2 counts like one of 2.</summary>
    public bool IsSymmetric { get; init; }

    /// <summary>
    /// The base currency whose score the signal does not change; null without one.
    /// </summary>
    public string? ExemptBase { get; init; }

    /// <summary>
    /// Returns the contribution to the score before the common cap; NaN while the measure is.
    /// </summary>
    public double Contribution(double measure, string @base, ExternalRules rules) =>
        new ScoredSignal(this, rules).Contribution(measure, @base);

    /// <summary>
    /// Returns the maximum contribution, by which the signal's absence lowers confidence; 0 for a
    /// signal that is only recorded.
    /// </summary>
    public double Weight(ExternalRules rules)
    {
        var weight = 0.0;
        foreach (var ramp in Ramps)
            weight = Math.Max(weight, ramp.Of(rules).Weight);
        return weight;
    }

    /// <summary>Returns a measure as a clause: <c>the VIX is 31.0 points</c>.</summary>
    public string Describe(double measure) =>
        $"{Label} {Measure.Describe(unit.Length == 0 ? Format(measure) : $"{Format(measure)} {unit}")}";

    /// <summary>Formats a measure without its unit.</summary>
    public string Format(double measure) => measure.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>A ramp of the policy that applies to a signal.</summary>
/// <param name="Field">The field below <c>external</c> in a policy file.</param>
/// <param name="Of">Returns the ramp of a policy.</param>
internal sealed record SignalRamp(string Field, Func<ExternalRules, Ramp> Of);
