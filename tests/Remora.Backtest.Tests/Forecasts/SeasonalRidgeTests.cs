using Remora.Backtest.Calibration;
using Remora.Backtest.Forecasts;

namespace Remora.Backtest.Tests.Forecasts;

public sealed class SeasonalRidgeTests
{
    private static readonly SeasonPenalty Season = new(10, 10, 6);

    [Fact]
    public void The_fit_is_the_minimum_of_the_penalised_squares()
    {
        var rows = Rows(700);
        var ridge = new SeasonalRidge(2);
        foreach (var (x, hour, y, weight) in rows)
            ridge.Add(x, hour, y, weight);
        var fit = ridge.Solve([20, 3], Season)!;
        Assert.Equal(0, fit.Season.Average(), 1e-12);

        // The same rows with one column for each unknown.
        var (matrix, targets) = (new double[202, 202], new double[202]);
        foreach (var (x, hour, y, weight) in rows)
        {
            var columns = new double[202];
            (columns[0], columns[1], columns[2]) = (1, x[0], x[1]);
            columns[3 + hour] = columns[171 + (hour % 24)] = columns[195 + (hour / 24)] = 1;
            for (var i = 0; i < 202; i++)
            {
                targets[i] += weight * columns[i] * y;
                for (var j = 0; j <= i; j++)
                    matrix[i, j] += weight * columns[i] * columns[j];
            }
        }
        for (var i = 1; i < 202; i++)
            matrix[i, i] += i switch
            {
                1 => 20,
                2 => 3,
                < 171 => 10,
                < 195 => 10,
                _ => 6,
            };
        Assert.True(Cholesky.Solve(matrix, targets));
        Assert.Equal(targets[1], fit.Coefficients[0], 1e-9);
        Assert.Equal(targets[2], fit.Coefficients[1], 1e-9);
        for (var hour = 0; hour < 168; hour++)
            Assert.Equal(
                targets[0] + targets[3 + hour] + targets[171 + (hour % 24)] + targets[195 + (hour / 24)],
                fit.Intercept + fit.Season[hour],
                1e-9
            );
    }

    [Fact]
    public void A_fit_without_penalty_and_season_is_least_squares()
    {
        var (ridge, squares) = (new SeasonalRidge(2), new LeastSquares(2));
        foreach (var (x, hour, y, _) in Rows(500))
        {
            ridge.Add(x, hour, y);
            squares.Add(x, y);
        }
        var fit = ridge.Solve([], null)!;
        double[] coefficients = [fit.Intercept, .. fit.Coefficients];
        Assert.Equal(squares.Solve()!.Value.Coefficients, coefficients, (a, b) => Math.Abs(a - b) < 1e-10);
        Assert.All(fit.Season, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Collinear_rows_have_no_fit()
    {
        var ridge = new SeasonalRidge(2);
        for (var i = 0; i < 100; i++)
            ridge.Add([i, 2 * i], i, i);
        Assert.Null(ridge.Solve([], null));
    }

    private static List<(double[] X, int Hour, double Y, double Weight)> Rows(int count)
    {
        var random = new Random(1);
        var rows = new List<(double[], int, double, double)>();
        for (var i = 0; i < count; i++)
        {
            double[] x = [random.NextDouble(), random.NextDouble() * 3];
            var hour = random.Next(168);
            rows.Add((x, hour, x[0] - (2 * x[1]) + Math.Sin(hour) + random.NextDouble(), 0.5 + random.NextDouble()));
        }
        return rows;
    }
}
