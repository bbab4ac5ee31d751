namespace Remora.Backtest.Lab;

/// <summary>
/// What the number of tried policies does to the odds. The best of many policies that are no better
/// than today's looks better by luck.
/// </summary>
/// <param name="Tried">The number of policies that were tried on these months, this one
/// included.</param>
/// <param name="ExpectedBest">The advantage of the best of that many useless policies, in standard
/// errors (<see cref="BestOf"/>) times the standard error of this policy's advantage; a ratio, NaN
/// when the error is 0 or unknown.</param>
/// <param name="Probability">The probability that the best of that many useless policies shows at
/// least this advantage (<see cref="ChanceOf"/>); NaN when the error is 0 or unknown.</param>
public sealed record LabLuck(int Tried, double ExpectedBest, double Probability)
{
    private const double Euler = 0.57721566490153286;

    internal static LabLuck Of(int tried, LabAdvantage advantage)
    {
        var error = advantage.StandardError;
        return error > 0
            ? new(tried, BestOf(tried) * error, ChanceOf(advantage.WorstMet / error, tried))
            : new(tried, double.NaN, double.NaN);
    }

    /// <summary>
    /// Returns the expected maximum of independent standard normal values, approximated as
    /// (1 - γ) Φ⁻¹(1 - 1/n) + γ Φ⁻¹(1 - 1/(n e)) (Bailey and López de Prado, The Deflated Sharpe
    /// Ratio, Journal of Portfolio Management 40(5), 2014, equation 1); 0 for one value.
    /// </summary>
    /// <param name="count">The number of values.</param>
    public static double BestOf(int count) =>
        count <= 1 ? 0 : ((1 - Euler) * Upper(1.0 / count)) + (Euler * Upper(1 / (count * Math.E)));

    /// <summary>
    /// Returns the probability that the largest of independent standard normal values is at least
    /// <paramref name="z"/>: 1 - Φ(z)ⁿ (Šidák, Journal of the American Statistical Association 62,
    /// 1967).
    /// </summary>
    /// <param name="z">The value in standard errors.</param>
    /// <param name="count">The number of values.</param>
    public static double ChanceOf(double z, int count) => 1 - Math.Pow(Below(z), count);

    // The value that a standard normal value exceeds with a probability of at most a half.
    private static double Upper(double probability)
    {
        var (low, high) = (0.0, 7.0);
        for (var step = 0; step < 60; step++)
        {
            var middle = (low + high) / 2;
            if (1 - Below(middle) > probability)
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }

    // Φ by its series (Marsaglia, Evaluating the Normal Distribution, Journal of Statistical
    // Software 11(4), 2004).
    private static double Below(double z)
    {
        if (Math.Abs(z) > 7)
            return z < 0 ? 0 : 1;
        var (sum, term) = (z, z);
        for (var i = 3; sum + term != sum || i == 3; i += 2)
            sum += term *= z * z / i;
        return Math.Clamp(0.5 + (sum * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)), 0, 1);
    }
}
