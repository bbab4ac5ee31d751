namespace Remora.Backtest.Trading;

/// <summary>The circle of candles that decide on a period's entries.</summary>
/// <param name="First">Position in the series of the first of them.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct Circle(int First, int Count);

/// <summary>A gate turned round a circle of candles; not turned at all with a shift of 0.</summary>
internal readonly struct TurnedGate : IEntryGate
{
    private readonly double[] _size;
    private readonly Circle _circle;
    private readonly int _shift;

    /// <param name="gate">The gate.</param>
    /// <param name="circle">The candles it is turned round.</param>
    /// <param name="shift">How many candles later each value takes effect, 0 up to the length of the circle.</param>
    public TurnedGate(Gate gate, Circle circle, int shift)
    {
        _size = gate.Size;
        _circle = circle;
        _shift = shift;
    }

    /// <inheritdoc/>
    public double At(int known)
    {
        var position = known - _circle.First;
        if (position < 0) return 1; // before the data begins
        position -= _shift;
        return _size[_circle.First + (position < 0 ? position + _circle.Count : position)];
    }
}

/// <summary>Blocks at a score of a threshold or more, the scores turned round a circle.</summary>
internal readonly struct TurnedThreshold(TurnedGate scores, double threshold) : IEntryGate
{
    /// <inheritdoc/>
    public double At(int known) => known >= 0 && scores.At(known) >= threshold ? 0 : 1;
}

/// <summary>Blocks each candle by a throw of the dice of its own, whatever the market does.</summary>
internal readonly struct RandomSkip(ulong seed, double share) : IEntryGate
{
    /// <inheritdoc/>
    public double At(int known) => Chance.Draws.Unit(seed, (ulong)known) < share ? 0 : 1;
}

/// <summary>Lets everything through.</summary>
internal readonly struct AlwaysOpen : IEntryGate
{
    /// <inheritdoc/>
    public double At(int known) => 1;
}
