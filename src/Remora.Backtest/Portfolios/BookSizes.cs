using Remora.Backtest.Chance;
using Remora.Forecasts;

namespace Remora.Backtest.Portfolios;

/// <summary>
/// Random books of one coin or more, drawn anew each day and held for 24 hours, with sizes
/// inversely proportional to a forecast of their volatility.
/// </summary>
internal static class BookSizes
{
    private const ulong Seed = 1;
    private const int Resamples = 1000;
    private const double Largest = 2;
    private const double Worst = 0.05;
    private const int Day = 24;

    /// <summary>Returns the rows of both kinds of books.</summary>
    public static IEnumerable<BookSizeRow> Of(BookHours hours, IReadOnlyList<CovarianceModel> models, int from)
    {
        var own = models.First(model => model.Name == CovarianceModel.Remora);
        var rival = models.First(model => model.Name == CovarianceModel.RiskMetrics);
        string[] names = ["constant", CovarianceModel.Added, rival.Name, own.Name];
        foreach (var (kind, hasShorts) in new[] { ("long", false), ("long and short", true) })
        {
            var draws = new Draws(Draws.SeedFor(Seed, kind));
            var returns = new List<double>();
            var volatilities = names.Select(_ => new List<double>()).ToArray();
            for (var t = from; t < hours.Count; t++)
            {
                if (hours.TimeOf(t).UnixMilliseconds % (Day * 3_600_000) != 0)
                    continue;
                var weights = Draw(ref draws, hours.Markets, hasShorts);
                double[] row =
                [
                    1,
                    Added(hours, weights, t),
                    Math.Sqrt(rival.Variance(weights, Horizon.OneDay, t)),
                    Math.Sqrt(own.Variance(weights, Horizon.OneDay, t)),
                ];
                var change = hours.Return(weights, t, Day);
                if (!double.IsFinite(change) || !row.All(value => double.IsFinite(value) && value > 0))
                    continue;
                returns.Add(change);
                for (var i = 0; i < row.Length; i++)
                    volatilities[i].Add(row[i]);
            }
            if (returns.Count == 0)
                continue;
            double[] constant = [.. returns];
            for (var i = 0; i < names.Length; i++)
            {
                var sizes = Sizes(volatilities[i]);
                double[] sized = [.. returns.Zip(sizes, (change, size) => change * size)];
                var (shortfall, whole) = (Shortfall(sized), Shortfall(constant));
                var interval = BlockBootstrap.Of(
                    sized.Length,
                    1,
                    (positions, values) =>
                        values[0] =
                            Shortfall([.. positions.Select(p => constant[p])])
                            - Shortfall([.. positions.Select(p => sized[p])]),
                    Resamples,
                    Draws.SeedFor(Seed, $"{kind}|{names[i]}")
                )[0];
                yield return new(
                    kind,
                    names[i],
                    sized.Length,
                    shortfall,
                    whole - shortfall,
                    interval,
                    sized.Average(),
                    shortfall / whole,
                    shortfall / whole * constant.Average()
                );
            }
        }
    }

    // Equal parts of a random number of markets.
    private static double[] Draw(ref Draws draws, int markets, bool hasShorts)
    {
        var weights = new double[markets];
        var left = 1 + draws.Below(markets);
        var part = 1.0 / left;
        for (var m = 0; m < markets && left > 0; m++)
        {
            if (draws.Below(markets - m) >= left)
                continue;
            weights[m] = hasShorts && draws.Below(2) == 0 ? -part : part;
            left--;
        }
        return weights;
    }

    private static double Added(BookHours hours, double[] weights, int t)
    {
        var sum = 0.0;
        for (var m = 0; m < weights.Length; m++)
            if (weights[m] != 0)
                sum += Math.Abs(weights[m]) * hours.Volatilities[Horizon.OneDay.Index][m][t];
        return sum;
    }

    // min(c / volatility, 2) with the c whose mean is 1.
    private static double[] Sizes(List<double> volatilities)
    {
        var (low, high) = (0.0, Largest * volatilities.Max());
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            if (volatilities.Average(volatility => Math.Min(middle / volatility, Largest)) < 1)
                low = middle;
            else
                high = middle;
        }
        return [.. volatilities.Select(volatility => Math.Min(high / volatility, Largest))];
    }

    private static double Shortfall(double[] returns)
    {
        Array.Sort(returns = [.. returns]);
        var count = Math.Max(1, (int)(Worst * returns.Length));
        return -returns.Take(count).Average();
    }
}
