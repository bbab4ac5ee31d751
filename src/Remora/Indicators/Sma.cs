namespace Remora.Indicators;

/// <summary>
/// Simple moving average: the mean of the last <c>period</c> values, in their unit. NaN before
/// <c>period</c> values.
/// </summary>
public sealed class Sma(int period)
{
    private readonly Window _window = new(period);

    /// <summary>The latest average; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Adds the next value and returns the new average.</summary>
    public double Update(double value)
    {
        _window.Add(value);
        return Value = _window.IsFull ? _window.Mean() : double.NaN;
    }
}
