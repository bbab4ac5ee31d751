namespace Remora.Risk;

/// <summary>
/// A contribution that grows linearly from 0 at <paramref name="From"/> to
/// <paramref name="Weight"/> at <paramref name="Full"/>, and is constant beyond them. When Full is
/// below From, the contribution grows as the value falls.
/// </summary>
/// <param name="Weight">The largest contribution to the score, [0, 1].</param>
/// <param name="From">The value at which the contribution starts.</param>
/// <param name="Full">The value at which the contribution reaches the weight; differs from
/// From.</param>
public sealed record Ramp(double Weight, double From, double Full)
{
    /// <summary>Returns the contribution at <paramref name="value"/>, [0, Weight].</summary>
    // Adding 0.0 turns the -0 at the start of a falling ramp into 0.
    public double At(double value) => (Weight * Math.Clamp((value - From) / (Full - From), 0, 1)) + 0.0;
}
