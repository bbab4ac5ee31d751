namespace Remora.Risk;

/// <summary>A contribution that grows in a straight line: nothing at <paramref name="From"/>, all of <paramref name="Weight"/> at <paramref name="Full"/> and beyond. It falls where Full is below From.</summary>
/// <param name="Weight">The largest contribution to the score, [0, 1].</param>
/// <param name="From">The value at which it begins.</param>
/// <param name="Full">The value at which it is whole; differs from From.</param>
public sealed record Ramp(double Weight, double From, double Full)
{
    /// <summary>The contribution at <paramref name="value"/>, [0, Weight].</summary>
    public double At(double value) => (Weight * Math.Clamp((value - From) / (Full - From), 0, 1)) + 0.0; // a falling ramp begins at -0, which would be printed so
}
