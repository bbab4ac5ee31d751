namespace Remora.Backtest.Calibration;

/// <summary>
/// Ordinary least squares with a constant. Rows can be added and removed, and only sums are stored,
/// so that a window can slide.
/// </summary>
internal sealed class LeastSquares(int inputs)
{
    private readonly int _size = inputs + 1;
    private readonly double[,] _products = new double[inputs + 1, inputs + 1];
    private readonly double[] _targets = new double[inputs + 1];
    private double _squares;

    public int Count { get; private set; }

    /// <summary>Adds a row, or removes it when the sign is -1.</summary>
    public void Add(ReadOnlySpan<double> x, double y, int sign = 1)
    {
        for (var i = 0; i < _size; i++)
        {
            var xi = i == 0 ? 1 : x[i - 1];
            for (var j = 0; j <= i; j++)
                _products[i, j] += sign * xi * (j == 0 ? 1 : x[j - 1]);
            _targets[i] += sign * xi * y;
        }
        _squares += sign * y * y;
        Count += sign;
    }

    /// <summary>
    /// Returns the coefficients, the constant first, and the variance of the residuals; null while
    /// the rows do not determine them.
    /// </summary>
    public (double[] Coefficients, double Residual)? Solve()
    {
        if (Count < 10 * _size)
            return null;
        // The matrix of products is symmetric and, unless inputs are collinear, positive definite.
        var b = (double[])_targets.Clone();
        if (!Cholesky.Solve((double[,])_products.Clone(), b))
            return null;
        var residual = _squares;
        for (var i = 0; i < _size; i++)
            residual -= b[i] * _targets[i];
        return (b, Math.Max(0, residual / (Count - _size)));
    }
}
