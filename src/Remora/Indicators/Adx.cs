namespace Remora.Indicators;

/// <summary>
/// Average directional index with its two directional indicators, all in [0, 100], with Wilder's
/// smoothing (1978) as TA-Lib computes them.
/// +DI and -DI start at the <c>period</c>-th change, ADX at the (2 * period - 1)-th; they are NaN
/// before. While candles have no range, both directions are 0 and ADX does not change.
/// </summary>
public sealed class Adx(int period)
{
    private double _high = double.NaN;
    private double _low;
    private double _close;
    private double _plusMovement;
    private double _minusMovement;
    private double _range;
    private double _strengthSum;
    private int _changes;

    /// <summary>Trend strength; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Upward direction, +DI; NaN before warm-up.</summary>
    public double PlusDi { get; private set; } = double.NaN;

    /// <summary>Downward direction, -DI; NaN before warm-up.</summary>
    public double MinusDi { get; private set; } = double.NaN;

    /// <summary>Adds the next candle's prices and returns the new ADX.</summary>
    public double Update(double high, double low, double close)
    {
        if (double.IsNaN(_high))
        {
            (_high, _low, _close) = (high, low, close);
            return Value;
        }
        var up = high - _high;
        var down = _low - low;
        var plus = up > 0 && up > down ? up : 0;
        var minus = down > 0 && down > up ? down : 0;
        var range = Math.Max(high - low, Math.Max(Math.Abs(high - _close), Math.Abs(low - _close)));
        (_high, _low, _close) = (high, low, close);

        if (++_changes < period)
        {
            _plusMovement += plus;
            _minusMovement += minus;
            _range += range;
            return Value;
        }
        _plusMovement += plus - (_plusMovement / period);
        _minusMovement += minus - (_minusMovement / period);
        _range += range - (_range / period);
        PlusDi = _range > 0 ? 100 * (_plusMovement / _range) : 0;
        MinusDi = _range > 0 ? 100 * (_minusMovement / _range) : 0;

        var sum = PlusDi + MinusDi;
        var strength = sum > 0 ? 100 * (Math.Abs(PlusDi - MinusDi) / sum) : double.NaN;
        if (_changes < 2 * period)
        {
            if (!double.IsNaN(strength))
                _strengthSum += strength;
            if (_changes == (2 * period) - 1)
                Value = _strengthSum / period;
        }
        else if (!double.IsNaN(strength))
        {
            Value = ((Value * (period - 1)) + strength) / period;
        }
        return Value;
    }
}
