namespace Remora.Indicators;

/// <summary>
/// Moving average convergence/divergence (G. Appel) in price units: a fast minus a slow EMA, the
/// EMA of that line as the signal, and the difference of the two.
/// As in TA-Lib, the seeds of both averages end at the same value, and all three results are NaN
/// until the signal is defined (the 34th value for 12, 26, 9).
/// </summary>
public sealed class Macd(int fast, int slow, int signal)
{
    private readonly Ema _fast = new(fast, skip: slow - fast);
    private readonly Ema _slow = new(slow);
    private readonly Ema _signal = new(signal);

    /// <summary>Fast minus slow average; NaN before warm-up.</summary>
    public double Line { get; private set; } = double.NaN;

    /// <summary>The line's own average; NaN before warm-up.</summary>
    public double Signal { get; private set; } = double.NaN;

    /// <summary>Line minus signal; NaN before warm-up.</summary>
    public double Histogram { get; private set; } = double.NaN;

    /// <summary>Adds the next close and returns the new histogram.</summary>
    public double Update(double close)
    {
        var line = _fast.Update(close) - _slow.Update(close);
        if (double.IsNaN(line) || double.IsNaN(_signal.Update(line)))
            return Histogram;
        Line = line;
        Signal = _signal.Value;
        return Histogram = line - _signal.Value;
    }
}
