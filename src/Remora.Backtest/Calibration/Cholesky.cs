namespace Remora.Backtest.Calibration;

/// <summary>
/// Solves linear equations with a symmetric, positive definite matrix (Cholesky). The operations
/// have a fixed order, so the same equations give the same bits.
/// </summary>
internal static class Cholesky
{
    /// <summary>
    /// Replaces <paramref name="targets"/> by the solution. Returns false when the matrix is not
    /// positive definite, up to rounding.
    /// </summary>
    /// <param name="matrix">The lower triangle; overwritten by its factor.</param>
    /// <param name="targets">The right side.</param>
    public static bool Solve(double[,] matrix, double[] targets)
    {
        const double rounding = 1e-10;
        var n = targets.Length;
        for (var i = 0; i < n; i++)
        {
            var diagonal = matrix[i, i];
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[i, j];
                for (var k = 0; k < j; k++)
                    sum -= matrix[i, k] * matrix[j, k];
                if (i != j)
                    matrix[i, j] = sum / matrix[j, j];
                else if (sum > rounding * Math.Max(1, diagonal))
                    matrix[i, i] = Math.Sqrt(sum);
                else
                    return false;
            }
        }
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
                targets[i] -= matrix[i, k] * targets[k];
            targets[i] /= matrix[i, i];
        }
        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
                targets[i] -= matrix[k, i] * targets[k];
            targets[i] /= matrix[i, i];
        }
        return true;
    }
}
