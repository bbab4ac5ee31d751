namespace Remora.Backtest.Trading;

/// <summary>The circle of candles that decide on a period's entries.</summary>
/// <param name="First">Position of the first candle in the series.</param>
/// <param name="Count">The number of candles.</param>
internal readonly record struct Circle(int First, int Count);

/// <summary>A gate rotated around a circle of candles; a shift of 0 leaves it unchanged.</summary>
internal readonly struct RotatedGate : IEntryGate
{
    private readonly double[] _size;
    private readonly Circle _circle;
    private readonly int _shift;

    /// <param name="gate">The gate.</param>
    /// <param name="circle">The candles around which it is rotated.</param>
    /// <param name="shift">The number of candles by which each value is delayed, 0 up to the length
    /// of the circle.</param>
    public RotatedGate(Gate gate, Circle circle, int shift)
    {
        _size = gate.Size;
        _circle = circle;
        _shift = shift;
    }

    /// <inheritdoc/>
    public double At(int known)
    {
        var position = known - _circle.First;
        if (position < 0)
            return 1; // before the start of the data
        position -= _shift;
        return _size[_circle.First + (position < 0 ? position + _circle.Count : position)];
    }
}

/// <summary>
/// Blocks at a score at or above a threshold, with the scores rotated around a circle.
/// </summary>
internal readonly struct RotatedThreshold(RotatedGate scores, double threshold) : IEntryGate
{
    /// <inheritdoc/>
    public double At(int known) => known >= 0 && scores.At(known) >= threshold ? 0 : 1;
}

/// <summary>Allows every entry.</summary>
internal readonly struct AlwaysOpen : IEntryGate
{
    /// <inheritdoc/>
    public double At(int known) => 1;
}
