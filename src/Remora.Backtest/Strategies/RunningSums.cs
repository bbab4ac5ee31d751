namespace Remora.Backtest.Strategies;

/// <summary>
/// Sums of the last values, added and subtracted in TA-Lib's order. On coarse prices two averages,
/// or a close and a band, are often equal, and the last bit decides about a signal. So strategies
/// that must trade as in Freqtrade use these sums, which round as TA-Lib does. The engine's
/// indicators compute a new sum for each candle, so that rounding errors do not accumulate.
/// </summary>
internal sealed class RunningSums(int period)
{
    private readonly double[] _values = new double[period];
    private double _total;
    private double _totalOfSquares;
    private int _count;

    /// <summary>The mean; NaN before <c>period</c> values.</summary>
    public double Mean { get; private set; } = double.NaN;

    /// <summary>
    /// The population standard deviation: the root of the mean of squares less the square of the
    /// mean; 0 where the variance is below 1e-14. NaN before <c>period</c> values.
    /// </summary>
    public double Deviation { get; private set; } = double.NaN;

    /// <summary>Adds the next value and returns the new mean.</summary>
    public double Update(double value)
    {
        var slot = _count % period;
        _values[slot] = value;
        _count++;
        _total += value;
        _totalOfSquares += value * value;
        if (_count < period)
            return Mean;
        var oldest = _values[_count % period];
        var meanOfSquares = _totalOfSquares / period;
        Mean = _total / period;
        _total -= oldest;
        _totalOfSquares -= oldest * oldest;
        var variance = meanOfSquares - (Mean * Mean);
        Deviation = variance < 1e-14 ? 0 : Math.Sqrt(variance);
        return Mean;
    }
}
