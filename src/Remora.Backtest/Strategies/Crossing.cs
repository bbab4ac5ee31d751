namespace Remora.Backtest.Strategies;

/// <summary>
/// Detects the crossing of two lines: up when above now and not above before, down when below now
/// and not below before. No crossing while a value is NaN.
/// </summary>
internal sealed class Crossing
{
    private double _x = double.NaN;
    private double _y = double.NaN;

    public bool Up { get; private set; }

    public bool Down { get; private set; }

    public void Update(double x, double y)
    {
        Up = x > y && _x <= _y;
        Down = x < y && _x >= _y;
        (_x, _y) = (x, y);
    }
}
