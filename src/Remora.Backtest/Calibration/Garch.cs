namespace Remora.Backtest.Calibration;

/// <summary>
/// GARCH(1,1) (Bollerslev, 1986) by Gaussian quasi-likelihood. The long-run variance is the sample
/// variance, so two parameters remain to be estimated.
/// </summary>
/// <param name="LongRun">Long-run variance of a step.</param>
/// <param name="Alpha">Weight of the last squared return.</param>
/// <param name="Beta">Weight of the last variance.</param>
internal readonly record struct Garch(double LongRun, double Alpha, double Beta)
{
    private const double MostPersistent = 0.9995;

    /// <summary>Returns the next step's variance after a return.</summary>
    public double Next(double variance, double change) =>
        (LongRun * (1 - Alpha - Beta)) + (Alpha * change * change) + (Beta * variance);

    /// <summary>
    /// Returns the total variance of the next steps, where <paramref name="variance"/> is the
    /// variance of the first.
    /// </summary>
    public double Ahead(double variance, int steps)
    {
        var persistence = Alpha + Beta;
        return (steps * LongRun) + ((variance - LongRun) * (1 - Math.Pow(persistence, steps)) / (1 - persistence));
    }

    /// <summary>
    /// Fits the model to returns; NaN values are skipped. Returns null when there are too few
    /// returns or the price does not move.
    /// </summary>
    public static Garch? Fit(ReadOnlySpan<double> returns)
    {
        const int least = 500;
        var (sum, count) = (0.0, 0);
        foreach (var r in returns)
        {
            if (double.IsNaN(r))
                continue;
            sum += r * r;
            count++;
        }
        if (count < least || sum <= 0)
            return null;
        var longRun = sum / count;

        // A grid search, refined around its best point. It needs no derivatives and takes the same
        // steps for the same data on every machine.
        var (alpha, persistence, best) = (0.08, 0.98, double.PositiveInfinity);
        var (alphaStep, persistenceStep) = (0.04, 0.01);
        for (var round = 0; round < 6; round++)
        {
            var (a0, p0) = (alpha, persistence);
            for (var i = -2; i <= 2; i++)
            {
                for (var j = -2; j <= 2; j++)
                {
                    var (a, p) = (a0 + (i * alphaStep), Math.Min(MostPersistent, p0 + (j * persistenceStep)));
                    if (a <= 0.001 || p <= a || p >= 1)
                        continue;
                    var loss = Loss(new(longRun, a, p - a), returns);
                    if (loss < best)
                        (best, alpha, persistence) = (loss, a, p);
                }
            }
            alphaStep /= 2;
            persistenceStep /= 2;
        }
        return new(longRun, alpha, persistence - alpha);
    }

    private static double Loss(Garch model, ReadOnlySpan<double> returns)
    {
        var variance = model.LongRun;
        var (logs, scaled) = (0.0, 0.0);
        var product = 1.0;
        foreach (var r in returns)
        {
            if (double.IsNaN(r))
                continue;
            var ratio = variance / model.LongRun;
            product *= ratio; // one logarithm for many steps
            if (product is > 1e100 or < 1e-100)
            {
                logs += Math.Log(product);
                product = 1;
            }
            scaled += r * r / variance;
            variance = model.Next(variance, r);
        }
        return logs + Math.Log(product) + scaled;
    }
}
