using Remora.Forecasts;

namespace Remora.Backtest.Portfolios;

/// <summary>A forecast of the covariances of markets at each moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Covariance">Returns the covariance of two markets at a moment over a horizon; NaN
/// when it is unknown.</param>
internal sealed record CovarianceModel(string Name, Func<Horizon, int, int, int, double> Covariance)
{
    /// <summary>The name of the engine's model.</summary>
    public const string Remora = "remora-2, measured correlation";

    /// <summary>The name of RiskMetrics.</summary>
    public const string RiskMetrics = "RiskMetrics, 0.94 a day";

    /// <summary>The name of the sum of volatilities.</summary>
    public const string Added = "volatilities added";

    private const double RiskMetricsHalfLife = 11.2 * 24; // 0.94 a day
    private const double ShortHalfLife = 2 * 24;
    private const int SampleHours = 30 * 24;
    private const int LeastHours = 200;

    /// <summary>Returns the variance of a book at a moment; NaN when it is unknown.</summary>
    public double Variance(ReadOnlySpan<double> weights, Horizon horizon, int t)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        for (var j = 0; weights[i] != 0 && j < weights.Length; j++)
            if (weights[j] != 0)
                sum += weights[i] * weights[j] * Covariance(horizon, i, j, t);
        return sum;
    }

    /// <summary>Returns the models of a study.</summary>
    /// <param name="hours">The hours.</param>
    /// <param name="from">The first moment that is judged; the constant correlation is the mean
    /// before it.</param>
    public static IReadOnlyList<CovarianceModel> All(BookHours hours, int from)
    {
        var means = hours.Correlations.Select(row => MeanBefore(row, from)).ToArray();
        Func<Horizon, int, int, int, double> Joined(Func<int, int, int, double> correlation) =>
            (horizon, i, j, t) =>
                hours.Volatilities[horizon.Index][i][t]
                * hours.Volatilities[horizon.Index][j][t]
                * (i == j ? 1 : correlation(i, j, t));
        CovarianceModel OfHours(string name, Func<int, int, double[]> mean)
        {
            var rows = new double[hours.Pairs][];
            for (var i = 0; i < hours.Markets; i++)
            for (var j = 0; j <= i; j++)
                rows[BookHours.PairOf(i, j)] = mean(i, j);
            return new(name, (horizon, i, j, t) => horizon.Hours * rows[BookHours.PairOf(i, j)][t]);
        }
        return
        [
            new(Added, Joined((_, _, _) => 1)),
            OfHours("sample covariance, 30 days", (i, j) => Sample(hours, i, j)),
            OfHours(RiskMetrics, (i, j) => Faded(hours, i, j, RiskMetricsHalfLife)),
            OfHours("EWMA of 2 days", (i, j) => Faded(hours, i, j, ShortHalfLife)),
            new("remora-2, constant correlation", Joined((i, j, _) => means[BookHours.PairOf(i, j)])),
            new(Remora, Joined((i, j, t) => hours.Correlations[BookHours.PairOf(i, j)][t])),
        ];
    }

    private static double MeanBefore(double[] row, int from)
    {
        var known = row.Take(from).Where(value => !double.IsNaN(value)).ToArray();
        return known.Length == 0 ? double.NaN : known.Average();
    }

    // The product of the returns of the hour before a moment.
    private static double Product(BookHours hours, int i, int j, int t) =>
        hours.IsWhole(i, t) && hours.IsWhole(j, t) ? hours.Return(i, t - 1, 1) * hours.Return(j, t - 1, 1) : double.NaN;

    private static double[] Faded(BookHours hours, int i, int j, double halfLife)
    {
        var fade = Math.Pow(0.5, 1 / halfLife);
        var (sum, weight, count) = (0.0, 0.0, 0);
        var row = new double[hours.Count];
        for (var t = 0; t < row.Length; t++)
        {
            var product = Product(hours, i, j, t);
            if (!double.IsNaN(product))
                (sum, weight, count) = ((fade * sum) + product, (fade * weight) + 1, count + 1);
            row[t] = count >= LeastHours ? sum / weight : double.NaN;
        }
        return row;
    }

    private static double[] Sample(BookHours hours, int i, int j)
    {
        var window = new Queue<double>();
        var row = new double[hours.Count];
        var (sum, count) = (0.0, 0);
        for (var t = 0; t < row.Length; t++)
        {
            window.Enqueue(Product(hours, i, j, t));
            if (window.Count > SampleHours && window.Dequeue() is var old && !double.IsNaN(old))
                (sum, count) = (sum - old, count - 1);
            if (Product(hours, i, j, t) is var added && !double.IsNaN(added))
                (sum, count) = (sum + added, count + 1);
            row[t] = count >= SampleHours / 2 ? sum / count : double.NaN;
        }
        return row;
    }
}
