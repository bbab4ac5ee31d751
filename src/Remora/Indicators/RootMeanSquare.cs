namespace Remora.Indicators;

/// <summary>
/// Square root of the mean square of the last <c>capacity</c> values, or of all values while there
/// are fewer. For log returns it is the realised volatility per candle.
/// The window is a month of candles, too long for a full pass per update. A running sum is used,
/// with Neumaier's compensation against drift.
/// </summary>
public sealed class RootMeanSquare(int capacity)
{
    private readonly double[] _squares = new double[capacity];
    private int _next;
    private double _sum;
    private double _compensation;

    /// <summary>The number of values in the window.</summary>
    public int Count { get; private set; }

    /// <summary>The latest value, 0 or more; NaN before the first.</summary>
    public double Value => Count == 0 ? double.NaN : Math.Sqrt(Math.Max(0, _sum + _compensation) / Count);

    /// <summary>Adds the next value.</summary>
    public void Update(double value)
    {
        var square = value * value;
        if (Count == capacity)
            Add(-_squares[_next]);
        else
            Count++;
        Add(square);
        _squares[_next] = square;
        _next = _next + 1 == capacity ? 0 : _next + 1;
    }

    private void Add(double term)
    {
        var sum = _sum + term;
        _compensation += Math.Abs(_sum) >= Math.Abs(term) ? _sum - sum + term : term - sum + _sum;
        _sum = sum;
    }
}
