namespace Remora.Portfolios;

/// <summary>
/// The correlations of a book's markets as a square matrix without negative eigenvalues.
/// </summary>
internal sealed class CorrelationMatrix
{
    private const double Rounding = 1e-12;
    private const int MostSweeps = 60;
    private readonly double[] _values;
    private readonly int _size;

    /// <param name="values">The correlations, row by row; the matrix takes the array.</param>
    /// <param name="size">The number of rows.</param>
    public CorrelationMatrix(double[] values, int size)
    {
        (_values, _size) = (values, size);
        IsClipped = !IsPositive(values, size);
        if (IsClipped)
            Clip();
    }

    /// <summary>Whether negative eigenvalues were clipped.</summary>
    public bool IsClipped { get; }

    public double this[int i, int j] => _values[(i * _size) + j];

    public ReadOnlySpan<double> Row(int i) => _values.AsSpan(i * _size, _size);

    // Cholesky's decomposition exists if and only if no eigenvalue is negative, up to rounding.
    private static bool IsPositive(double[] values, int size)
    {
        var factor = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = values[(i * size) + j];
                for (var k = 0; k < j; k++)
                    sum -= factor[(i * size) + k] * factor[(j * size) + k];
                if (i == j)
                {
                    if (sum < -Rounding * size)
                        return false;
                    factor[(i * size) + i] = sum > Rounding * size ? Math.Sqrt(sum) : 0;
                }
                else if (factor[(j * size) + j] > 0)
                {
                    factor[(i * size) + j] = sum / factor[(j * size) + j];
                }
                else if (Math.Abs(sum) > Math.Sqrt(Rounding) * size)
                {
                    return false;
                }
            }
        }
        return true;
    }

    // Sets negative eigenvalues to 0 and scales the diagonal back to 1.
    private void Clip()
    {
        var vectors = new double[_size * _size];
        Diagonalize(_values, vectors, _size);
        var clipped = new double[_size * _size];
        for (var k = 0; k < _size; k++)
        {
            var eigenvalue = _values[(k * _size) + k];
            if (eigenvalue <= 0)
                continue;
            for (var i = 0; i < _size; i++)
            for (var j = 0; j <= i; j++)
                clipped[(i * _size) + j] += eigenvalue * vectors[(i * _size) + k] * vectors[(j * _size) + k];
        }
        for (var i = 0; i < _size; i++)
        for (var j = 0; j < i; j++)
        {
            var scale = Math.Sqrt(clipped[(i * _size) + i] * clipped[(j * _size) + j]);
            var value = scale > 0 ? Math.Clamp(clipped[(i * _size) + j] / scale, -1, 1) : 0;
            _values[(i * _size) + j] = _values[(j * _size) + i] = value;
        }
        for (var i = 0; i < _size; i++)
            _values[(i * _size) + i] = 1;
    }

    // The cyclic method of Jacobi (1846): rotations that make the largest entries beside the
    // diagonal 0. The eigenvalues are then on the diagonal, the vectors in the columns.
    private static void Diagonalize(double[] a, double[] vectors, int n)
    {
        for (var i = 0; i < n; i++)
            vectors[(i * n) + i] = 1;
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            var rest = 0.0;
            for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++)
                rest += a[(i * n) + j] * a[(i * n) + j];
            if (rest <= 1e-30 * n)
                return;
            for (var p = 0; p < n; p++)
            for (var q = p + 1; q < n; q++)
                if (a[(p * n) + q] != 0)
                    Rotate(a, vectors, n, p, q);
        }
    }

    private static void Rotate(double[] a, double[] vectors, int n, int p, int q)
    {
        var theta = (a[(q * n) + q] - a[(p * n) + p]) / (2 * a[(p * n) + q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var c = 1 / Math.Sqrt((t * t) + 1);
        var s = t * c;
        for (var k = 0; k < n; k++)
        {
            var (kp, kq) = (a[(k * n) + p], a[(k * n) + q]);
            a[(k * n) + p] = (c * kp) - (s * kq);
            a[(k * n) + q] = (s * kp) + (c * kq);
        }
        for (var k = 0; k < n; k++)
        {
            var (pk, qk) = (a[(p * n) + k], a[(q * n) + k]);
            a[(p * n) + k] = (c * pk) - (s * qk);
            a[(q * n) + k] = (s * pk) + (c * qk);
            var (vp, vq) = (vectors[(k * n) + p], vectors[(k * n) + q]);
            vectors[(k * n) + p] = (c * vp) - (s * vq);
            vectors[(k * n) + q] = (s * vp) + (c * vq);
        }
        a[(p * n) + q] = a[(q * n) + p] = 0;
    }
}
