using Remora.Backtest.Calibration;
using Remora.Backtest.History;
using Remora.Markets;

namespace Remora.Backtest.Tests.Calibration;

public sealed class CalibrationTests
{
    [Fact]
    public void Outcomes_follow_from_the_later_candles()
    {
        var whole = Generated.Candles(400, 1);
        var series = whole with { Candles = [.. whole.Candles.Where((_, i) => i is not (200 or 201))] };
        var outcomes = Outcomes.Of(series, TimeSpan.FromHours(1));
        for (var i = 0; i < series.Candles.Count; i++)
        {
            var now = series.Candles[i];
            var after = series
                .Candles.Where(c => c.OpenTime > now.OpenTime && c.OpenTime <= now.OpenTime + TimeSpan.FromHours(1))
                .ToArray();
            if (after.Length < 12)
            {
                Assert.True(
                    double.IsNaN(outcomes.Volatility[i])
                        && double.IsNaN(outcomes.Drawdown[i])
                        && double.IsNaN(outcomes.Return[i]),
                    $"candle {i}"
                );
                continue;
            }
            var squares = after.Prepend(now).Zip(after, (a, b) => Math.Pow(Math.Log(b.Close / a.Close), 2)).Sum();
            Assert.Equal(Math.Sqrt(squares), outcomes.Volatility[i], 1e-9);
            Assert.Equal(Math.Max(0, 1 - (after.Min(c => c.Low) / now.Close)), outcomes.Drawdown[i], 1e-12);
            Assert.Equal((after[^1].Close / now.Close) - 1, outcomes.Return[i], 1e-12);
        }
    }

    [Fact]
    public void Rank_correlation_with_ties_equals_the_manual_result()
    {
        Assert.Equal(1, Ranks.Correlation([1, 2, 3, 4], [10, 100, 1000, 10000]), 1e-12);
        Assert.Equal(-1, Ranks.Correlation([1, 2, 3], [3, 2, 1]), 1e-12);
        Assert.Equal(0.9486832980505138, Ranks.Correlation([1, 2, 2, 3], [1, 2, 3, 4]), 1e-12);
        Assert.True(double.IsNaN(Ranks.Correlation([1, 1, 1], [1, 2, 3])));
    }

    [Fact]
    public void Deciles_have_equal_counts_and_keep_ties_together()
    {
        var series = Generated.Candles(3000, 2);
        var outcomes = Outcomes.Of(series, TimeSpan.FromHours(1));
        int[] moments = [.. Enumerable.Range(0, 2900)];
        var knowing = DecileTable.Of("knowing", outcomes.Volatility, outcomes, moments);
        Assert.Equal(1, knowing.VolatilityCorrelation, 1e-9);
        Assert.Equal(10, knowing.Bins.Count);
        Assert.All(knowing.Bins, b => Assert.InRange(b.Count, 288, 292));
        Assert.Equal(knowing.Bins.Select(b => b.Volatility).Order(), knowing.Bins.Select(b => b.Volatility));

        var tied = DecileTable.Of(
            "tied",
            [.. Enumerable.Range(0, 3000).Select(i => i % 4 == 0 ? 1.0 : 0.0)],
            outcomes,
            moments
        );
        Assert.Equal([0.0, 1.0], tied.Bins.Select(b => b.High));
        Assert.Equal(2900, tied.Bins.Sum(b => b.Count));
    }

    [Fact]
    public void Least_squares_finds_the_plane_and_supports_removing_rows()
    {
        var random = new Random(1);
        var regression = new LeastSquares(2);
        double[] noise = [5, -3];
        regression.Add(noise, 1000);
        for (var i = 0; i < 200; i++)
        {
            double[] x = [random.NextDouble(), random.NextDouble()];
            regression.Add(x, 1 + (2 * x[0]) - (3 * x[1]));
        }
        regression.Add(noise, 1000, -1);
        var (coefficients, residual) = regression.Solve()!.Value;
        Assert.Equal([1, 2, -3], coefficients, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.True(residual < 1e-8);
    }

    [Fact]
    public void Garch_recovers_the_parameters_of_generated_returns()
    {
        var random = new Random(1);
        var truth = new Garch(1e-4, 0.10, 0.85);
        var returns = new double[20_000];
        var variance = truth.LongRun;
        for (var i = 0; i < returns.Length; i++)
        {
            var normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            returns[i] = Math.Sqrt(variance) * normal;
            variance = truth.Next(variance, returns[i]);
        }
        var fitted = Garch.Fit(returns)!.Value;
        Assert.Equal(0.10, fitted.Alpha, 0.02);
        Assert.Equal(0.95, fitted.Alpha + fitted.Beta, 0.02);
    }

    [Fact]
    public void Garch_ahead_is_the_sum_of_its_steps()
    {
        var model = new Garch(1e-4, 0.10, 0.85);
        var (sum, step) = (0.0, 4e-4);
        for (var i = 0; i < 24; i++)
        {
            sum += step;
            step = (model.LongRun * 0.05) + (0.95 * step);
        }
        Assert.Equal(sum, model.Ahead(4e-4, 24), 1e-12);
    }

    [Fact]
    public void Diebold_Mariano_rejects_at_its_significance_level()
    {
        var rejected = 0;
        for (var study = 0; study < 400; study++)
        {
            var random = new Random(study);
            double[] noise = [.. Enumerable.Range(0, 404).Select(_ => random.NextDouble() - 0.5)];
            double[] overlapping =
            [
                .. Enumerable.Range(0, 400).Select(i => noise[i] + noise[i + 1] + noise[i + 2] + noise[i + 3]),
            ];
            if (DieboldMariano.Test(overlapping, 4).P < 0.05)
                rejected++;
        }
        // 20 expected; Bartlett's weights reject slightly too often
        Assert.InRange(rejected, 4, 48);
        Assert.True(DieboldMariano.Test([.. Enumerable.Range(0, 400).Select(i => 0.2 + ((i % 7) / 7.0))], 4).P < 1e-6);
    }

    [Fact]
    public void Forecasts_detect_persistent_volatility_and_use_no_future_data()
    {
        var series = Generated.Candles(24 * 500, 4, Timeframe.OneHour);
        var score = Enumerable.Range(0, series.Candles.Count).Select(i => new Random(i).NextDouble()).ToArray();
        var table = new VolatilityForecasts(series, score, score, 24).Compare(
            Generated.At("2024-08-01"),
            Generated.At("2025-04-01")
        );
        var rows = table.Rows.ToDictionary(r => r.Name);
        Assert.True(table.Observations > 4000);
        Assert.True(rows["har_rv"].R2 > 0.2, $"R2 {rows["har_rv"].R2}");
        Assert.InRange(rows["remora_volatility"].RankCorrelation, -0.1, 0.1); // the score is noise
        Assert.True(rows["har_rv"].Qlike < rows["remora_volatility"].Qlike);

        var cut = series with { Candles = [.. series.Candles.Take(24 * 400)] };
        var before = Generated.At("2025-01-25");
        Assert.Equal(
            new VolatilityForecasts(cut, score, score, 24).Compare(Generated.At("2024-08-01"), before),
            new VolatilityForecasts(series, score, score, 24).Compare(Generated.At("2024-08-01"), before),
            (a, b) => a.Observations == b.Observations && a.Rows.SequenceEqual(b.Rows)
        );
    }

    [Fact]
    public void Regimes_partition_the_time()
    {
        var series = Generated.Candles(12_000, 5);
        var history = HistoryBuilder.Build(
            new Tape(new("test", Pair.Parse("BTC/USDT"), series.Timeframe), series.Candles, []),
            new()
        );
        var table = RegimeTable.Of(
            history.Policies[0],
            series,
            Outcomes.Of(series, TimeSpan.FromHours(4)),
            0,
            series.Candles.Count
        );
        Assert.Equal(1, table.Rows.Sum(r => r.Share), 1e-9);
        Assert.InRange(table.Separation, 0, 1);
        Assert.True(table.FlipsPerDay > 0);
    }
}
