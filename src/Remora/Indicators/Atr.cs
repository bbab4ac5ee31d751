namespace Remora.Indicators;

/// <summary>
/// Average true range in price units with Wilder's smoothing (1978), as TA-Lib computes it: seeded
/// with the mean of the first <c>period</c> true ranges that have a previous close. NaN until then.
/// </summary>
public sealed class Atr(int period)
{
    private double _previousClose = double.NaN;
    private double _sum;
    private int _ranges;

    /// <summary>The latest value; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Adds the next candle's prices and returns the new average.</summary>
    public double Update(double high, double low, double close)
    {
        var previous = _previousClose;
        _previousClose = close;
        if (double.IsNaN(previous))
            return Value;
        var range = Math.Max(high - low, Math.Max(Math.Abs(high - previous), Math.Abs(low - previous)));
        if (_ranges == period)
            return Value = ((Value * (period - 1)) + range) / period;
        _sum += range;
        if (++_ranges == period)
            Value = _sum / period;
        return Value;
    }
}
