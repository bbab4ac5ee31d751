namespace Remora.Indicators;

/// <summary>
/// Relative strength index in [0, 100] with Wilder's smoothing (J. W. Wilder, New Concepts in
/// Technical Trading Systems, 1978), as TA-Lib computes it: seeded with the mean of the first
/// <c>period</c> changes. NaN before. The index is 50 while the price has not changed.
/// </summary>
public sealed class Rsi(int period)
{
    private double _previous = double.NaN;
    private double _gain;
    private double _loss;
    private int _changes;

    /// <summary>The latest value; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Adds the next close and returns the new index.</summary>
    public double Update(double close)
    {
        var change = close - _previous;
        _previous = close;
        if (double.IsNaN(change))
            return Value;
        var gain = change > 0 ? change : 0;
        var loss = change < 0 ? -change : 0;
        if (_changes == period)
        {
            _gain = ((_gain * (period - 1)) + gain) / period;
            _loss = ((_loss * (period - 1)) + loss) / period;
        }
        else
        {
            _gain += gain;
            _loss += loss;
            if (++_changes < period)
                return Value;
            _gain /= period;
            _loss /= period;
        }
        var total = _gain + _loss;
        return Value = total > 0 ? 100 * (_gain / total) : 50;
    }
}
