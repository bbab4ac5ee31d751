using System.Globalization;

namespace Remora.Backtest.Report.Charts;

/// <summary>Maps values to positions, with ticks at round numbers.</summary>
internal sealed class Scale
{
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _to;
    private readonly string _format;

    /// <param name="low">The lowest value to show.</param>
    /// <param name="high">The highest value to show.</param>
    /// <param name="from">The position of the lowest value.</param>
    /// <param name="to">The position of the highest value.</param>
    public Scale(double low, double high, double from, double to)
    {
        if (!(high > low))
            (low, high) = (low - 0.5, low + 0.5);
        var step = RoundStep((high - low) / 6);
        (_low, _high) = (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step);
        (_from, _to) = (from, to);
        var first = (long)Math.Round(_low / step);
        var last = (long)Math.Round(_high / step);
        Ticks = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
        _format = "0." + new string('0', Math.Max(0, -(int)Math.Floor(Math.Log10(step))));
    }

    public IReadOnlyList<double> Ticks { get; }

    public double At(double value) => _from + ((value - _low) / (_high - _low) * (_to - _from));

    public string Label(double tick) => tick.ToString(_format, CultureInfo.InvariantCulture);

    // The next of 1, 2 and 5 times a power of ten.
    private static double RoundStep(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        foreach (var factor in (ReadOnlySpan<double>)[1, 2, 5])
            if (factor * power >= least * (1 - 1e-9))
                return factor * power;
        return 10 * power;
    }
}
