namespace Remora.Indicators;

/// <summary>
/// Exponential moving average with weight 2 / (period + 1), seeded with the simple average of its
/// first <c>period</c> values, as in TA-Lib. Has the unit of its input; NaN until seeded.
/// </summary>
/// <param name="period">The number of values whose average is the seed.</param>
/// <param name="skip">The number of values to skip before seeding. MACD uses it to align its two
/// averages.</param>
public sealed class Ema(int period, int skip = 0)
{
    private readonly double _weight = 2.0 / (period + 1);
    private double _sum;
    private int _seen;

    /// <summary>The latest average; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Adds the next value and returns the new average.</summary>
    public double Update(double value)
    {
        if (_seen == skip + period)
            return Value += (value - Value) * _weight;
        if (_seen++ < skip)
            return Value;
        _sum += value;
        if (_seen == skip + period)
            Value = _sum / period;
        return Value;
    }
}
