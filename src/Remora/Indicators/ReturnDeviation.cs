namespace Remora.Indicators;

/// <summary>
/// Sample standard deviation (divisor n - 1) of the last <c>period</c> log returns: a ratio per
/// candle, 0 or more. NaN before <c>period</c> returns.
/// </summary>
public sealed class ReturnDeviation(int period)
{
    private readonly Window _returns = new(period);

    /// <summary>The latest value; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>
    /// Adds the next log return (NaN without a previous close) and returns the new deviation.
    /// </summary>
    public double Update(double logReturn)
    {
        if (double.IsNaN(logReturn))
            return Value;
        _returns.Add(logReturn);
        if (!_returns.IsFull)
            return Value;
        return Value = Math.Sqrt(_returns.SquaredDeviation(_returns.Mean()) / (period - 1));
    }
}
