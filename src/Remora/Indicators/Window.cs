namespace Remora.Indicators;

/// <summary>
/// The last <c>n</c> values. Means and deviations are computed from all values each time. A running
/// sum would drift, and for windows of this size a full pass costs a few nanoseconds.
/// </summary>
internal sealed class Window(int length)
{
    private readonly double[] _values = new double[length];
    private int _next;
    private int _count;

    public bool IsFull => _count == _values.Length;

    public void Add(double value)
    {
        _values[_next] = value;
        _next = _next + 1 == _values.Length ? 0 : _next + 1;
        if (_count < _values.Length)
            _count++;
    }

    /// <summary>Mean of a full window.</summary>
    public double Mean()
    {
        // Four independent sums: the processor adds them in parallel, and the order is the same on
        // every machine.
        var values = _values;
        double a = 0,
            b = 0,
            c = 0,
            d = 0;
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < values.Length; i++)
            a += values[i];
        return (a + b + (c + d)) / values.Length;
    }

    /// <summary>Sum of squared distances from <paramref name="mean"/> over a full window.</summary>
    public double SquaredDeviation(double mean)
    {
        var values = _values;
        double a = 0,
            b = 0,
            c = 0,
            d = 0;
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            double w = values[i] - mean,
                x = values[i + 1] - mean,
                y = values[i + 2] - mean,
                z = values[i + 3] - mean;
            a += w * w;
            b += x * x;
            c += y * y;
            d += z * z;
        }
        for (; i < values.Length; i++)
            a += (values[i] - mean) * (values[i] - mean);
        return a + b + (c + d);
    }
}
