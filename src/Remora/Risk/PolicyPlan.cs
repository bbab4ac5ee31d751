using Remora.Markets;

namespace Remora.Risk;

/// <summary>
/// A policy together with its rows of the tables of signals and flags, looked up once instead of
/// with every candle.
/// </summary>
internal sealed class PolicyPlan(RiskPolicy policy)
{
    /// <summary>The policy.</summary>
    public RiskPolicy Policy => policy;

    /// <summary>The policy's decision about entries.</summary>
    public Decision Decision { get; } = new(policy);

    /// <summary>The signals that the policy scores, in the order of <see cref="Signal"/>.</summary>
    public ScoredSignal[] Signals { get; } =
    [
        .. SignalTable
            .All.ToArray()
            .Where(row => row.Ramps.Length > 0 && !policy.IsFromForecast)
            .Select(row => new ScoredSignal(row, policy.External)),
    ];

    /// <summary>The threshold of each flag, by <see cref="RiskFlag"/>; NaN without one.</summary>
    public double[] Thresholds { get; } =
    [.. FlagTable.All.Select(row => row.Threshold?.Of(policy.Flags) ?? double.NaN)];

    /// <summary>Returns the maximum contributions of signals, in their order.</summary>
    public double[] WeightsOf(IReadOnlyList<Signal> signals) =>
        [.. signals.Select(signal => SignalTable.Of(signal).Weight(policy.External))];
}

/// <summary>A signal that a policy scores, with the policy's ramps.</summary>
internal sealed class ScoredSignal(SignalDefinition row, ExternalRules rules)
{
    private readonly Ramp[] _ramps = [.. row.Ramps.Select(ramp => ramp.Of(rules))];

    /// <summary>The signal.</summary>
    public Signal Signal { get; } = row.Signal;

    /// <summary>
    /// Returns the contribution to the score before the common cap; NaN while the measure is.
    /// </summary>
    public double Contribution(double measure, string @base)
    {
        if (row.ExemptBase is { } exempt && @base == exempt)
            return 0;
        var counted = row.IsSymmetric ? Math.Abs(measure) : measure;
        var sum = 0.0;
        foreach (var ramp in _ramps)
            sum += ramp.At(counted);
        return sum;
    }
}
