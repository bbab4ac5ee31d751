namespace Remora.Indicators;

/// <summary>
/// Bollinger bands (J. Bollinger): a simple moving average and <c>width</c> population standard
/// deviations above and below it, in price units. NaN before <c>period</c> values.
/// </summary>
public sealed class Bollinger(int period, double width)
{
    private readonly Window _window = new(period);

    /// <summary>The average; NaN before warm-up.</summary>
    public double Middle { get; private set; } = double.NaN;

    /// <summary>The upper band; NaN before warm-up.</summary>
    public double Upper { get; private set; } = double.NaN;

    /// <summary>The lower band; NaN before warm-up.</summary>
    public double Lower { get; private set; } = double.NaN;

    /// <summary>(Upper - Lower) / Middle: a ratio, 0 or more; NaN before warm-up.</summary>
    public double WidthRatio { get; private set; } = double.NaN;

    /// <summary>Adds the next close and returns the new width ratio.</summary>
    public double Update(double close)
    {
        _window.Add(close);
        if (!_window.IsFull)
            return WidthRatio;
        Middle = _window.Mean();
        var reach = width * Math.Sqrt(_window.SquaredDeviation(Middle) / period);
        Upper = Middle + reach;
        Lower = Middle - reach;
        return WidthRatio = 2 * reach / Middle;
    }
}
