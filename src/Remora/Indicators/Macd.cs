namespace Remora.Indicators;

/// <summary>
/// Moving average convergence/divergence (G. Appel) in price units: a fast minus a slow EMA, its own EMA as the signal, and their difference. As in TA-Lib the fast average
/// is seeded so that it ends with the slow one's seed, and all three are NaN until the signal is there (the 34th value for 12, 26, 9).
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

    /// <summary>Takes the next close and returns the new histogram.</summary>
    public double Update(double close)
    {
        var line = _fast.Update(close) - _slow.Update(close);
        if (double.IsNaN(line) || double.IsNaN(_signal.Update(line))) return Histogram;
        Line = line;
        Signal = _signal.Value;
        return Histogram = line - _signal.Value;
    }
}
