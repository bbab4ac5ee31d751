using Remora.Markets;

namespace Remora.Backtest.Calibration;

/// <summary>
/// Evaluates the volatility score as a forecast of realised volatility, beside forecasts that are
/// made from the same candles.
/// Every full hour each forecaster returns one number. A regression turns the number into log
/// variance. It is fitted to the outcomes of the 365 days that had ended by then, and is renewed
/// every 30 days.
/// So each forecaster is judged by its information and not by its units, and uses only what was
/// knowable.
/// </summary>
public sealed class VolatilityForecasts
{
    private const int Memory = 365 * 24;
    private const int Renewal = 30 * 24;
    private const double Decay = 0.94;
    private const int Week = 7 * 24;

    /// <summary>The name of the benchmark forecaster, with which the others are compared.</summary>
    public const string Benchmark = "har_rv";

    private readonly int _horizon;
    private readonly CandleTape _series;
    private readonly HourGrid _grid;
    private readonly double[] _target;
    private readonly SortedDictionary<string, double[][]> _inputs;
    private readonly SortedDictionary<string, Forecast> _forecasts = new(StringComparer.Ordinal);

    /// <summary>Computes every forecaster's forecasts over the whole series.</summary>
    /// <param name="series">Candles of at most one hour.</param>
    /// <param name="volatility">The volatility score after each candle.</param>
    /// <param name="score">The risk score after each candle.</param>
    /// <param name="horizonHours">The horizon in hours.</param>
    public VolatilityForecasts(CandleTape series, double[] volatility, double[] score, int horizonHours)
    {
        _horizon = horizonHours;
        _series = series;
        _grid = HourGrid.Of(series);
        _inputs = Inputs(_grid, volatility, score, horizonHours);
        _target = new double[_grid.Count];
        for (var hour = 0; hour < _target.Length; hour++)
            _target[hour] = _grid.LogVariance(hour + 1, hour + 1 + horizonHours);
        foreach (var (name, inputs) in _inputs)
            _forecasts[name] = Fit(inputs, _target, horizonHours);
    }

    /// <summary>
    /// Compares the forecasters over the moments of a period at which all of them have a forecast.
    /// </summary>
    public ForecastTable Compare(Instant from, Instant to)
    {
        var moments = new List<int>();
        for (var hour = 0; hour < _grid.Count; hour++)
        {
            if (
                _grid.Candle[hour] < 0
                || double.IsNaN(_target[hour])
                || _forecasts.Values.Any(f => double.IsNaN(f.LogVariance[hour]))
            )
                continue;
            var time = _series.Candles[_grid.Candle[hour]].OpenTime + _series.Timeframe.Length;
            if (time >= from && time <= to)
                moments.Add(hour);
        }
        return new(_horizon, moments.Count, [.. _forecasts.Keys.Select(name => Judge(name, moments))]);
    }

    private static SortedDictionary<string, double[][]> Inputs(
        HourGrid grid,
        double[] volatility,
        double[] score,
        int horizon
    )
    {
        double[] Each(Func<int, double> value)
        {
            var values = new double[grid.Count];
            for (var hour = 0; hour < values.Length; hour++)
                values[hour] = value(hour);
            return values;
        }
        double[] Past(int hours) => Each(hour => grid.LogVariance(hour + 1 - hours, hour + 1));
        double[] FromCandles(double[] values) =>
            Each(hour => grid.Candle[hour] < 0 ? double.NaN : values[grid.Candle[hour]]);

        var (hour1, day, week, v) = (Past(1), Past(24), Past(Week), FromCandles(volatility));
        return new(StringComparer.Ordinal)
        {
            ["persistence"] = [Past(horizon)],
            ["ewma_0.94"] = [Smoothed(grid)],
            ["garch_1_1"] = [GarchAhead(grid, horizon)],
            [Benchmark] = [hour1, day, week],
            ["remora_volatility"] = [v],
            ["remora_score"] = [FromCandles(score)],
            ["har_rv+remora_volatility"] = [hour1, day, week, v],
        };
    }

    private static double[] Smoothed(HourGrid grid)
    {
        var logs = new double[grid.Count];
        var variance = double.NaN;
        for (var hour = 0; hour < logs.Length; hour++)
        {
            var now = grid.Variance[hour];
            if (!double.IsNaN(now))
                variance = double.IsNaN(variance) ? now : (Decay * variance) + ((1 - Decay) * now);
            logs[hour] = variance > 0 ? Math.Log(variance) : double.NaN;
        }
        return logs;
    }

    private static double[] GarchAhead(HourGrid grid, int horizon)
    {
        var logs = new double[grid.Count];
        Garch? model = null;
        var variance = double.NaN;
        for (var hour = 0; hour < logs.Length; hour++)
        {
            if (hour % Renewal == 0 && hour > 0)
            {
                var start = Math.Max(0, hour - Memory);
                model = Garch.Fit(grid.Return.AsSpan(start, hour - start)) ?? model;
                if (model is { } fresh && double.IsNaN(variance))
                    variance = fresh.LongRun;
            }
            if (model is not { } garch)
            {
                logs[hour] = double.NaN;
                continue;
            }
            if (!double.IsNaN(grid.Return[hour]))
                variance = garch.Next(variance, grid.Return[hour]);
            logs[hour] = Math.Log(garch.Ahead(variance, horizon));
        }
        return logs;
    }

    private static Forecast Fit(double[][] inputs, double[] target, int horizon)
    {
        var forecast = new Forecast(target.Length);
        var regression = new LeastSquares(inputs.Length);
        (double[] Coefficients, double Residual)? fit = null;
        Span<double> x = stackalloc double[inputs.Length];
        var (added, removed) = (0, 0);
        for (var hour = 0; hour < target.Length; hour++)
        {
            if (hour % Renewal == 0)
            {
                // An outcome is known when its horizon is over.
                for (; added + horizon <= hour; added++)
                    if (Row(inputs, target, added, x))
                        regression.Add(x, target[added]);
                for (; removed < hour - Memory && removed < added; removed++)
                    if (Row(inputs, target, removed, x))
                        regression.Add(x, target[removed], -1);
                fit = regression.Solve() ?? fit;
            }
            forecast.LogVariance[hour] = forecast.Variance[hour] = double.NaN;
            if (fit is not { } model || !Known(inputs, hour, x))
                continue;
            var log = model.Coefficients[0];
            for (var i = 0; i < x.Length; i++)
                log += model.Coefficients[i + 1] * x[i];
            forecast.LogVariance[hour] = log;
            // The mean of a log-normal distribution.
            forecast.Variance[hour] = Math.Exp(log + (model.Residual / 2));
        }
        return forecast;
    }

    private static bool Row(double[][] inputs, double[] target, int hour, Span<double> x) =>
        Known(inputs, hour, x) && !double.IsNaN(target[hour]);

    private static bool Known(double[][] inputs, int hour, Span<double> x)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = inputs[i][hour];
            if (double.IsNaN(x[i]))
                return false;
        }
        return true;
    }

    private ForecastRow Judge(string name, List<int> moments)
    {
        var (inputs, forecast, benchmark) = (_inputs[name], _forecasts[name], _forecasts[Benchmark]);
        var actual = moments.Select(m => _target[m]).ToArray();
        var predicted = moments.Select(m => forecast.LogVariance[m]).ToArray();
        var raw = inputs.Length == 1 ? moments.Select(m => inputs[0][m]).ToArray() : predicted;
        var mean = actual.Length == 0 ? double.NaN : actual.Average();
        var missed = actual.Zip(predicted, (a, p) => (a - p) * (a - p)).Sum();
        var losses = moments.Select(m => QuasiLikelihood(_target[m], forecast.Variance[m])).ToArray();
        var worse = losses
            .Zip(moments.Select(m => QuasiLikelihood(_target[m], benchmark.Variance[m])), (own, other) => own - other)
            .ToArray();
        var (statistic, p) = name == Benchmark ? (double.NaN, double.NaN) : DieboldMariano.Test(worse, _horizon);
        return new(
            name,
            Ranks.Correlation(raw, actual),
            1 - (missed / actual.Sum(a => (a - mean) * (a - mean))),
            losses.Length == 0 ? double.NaN : losses.Average(),
            statistic,
            p
        );
    }

    private static double QuasiLikelihood(double logActual, double forecast)
    {
        var ratio = Math.Exp(logActual) / forecast;
        return ratio - Math.Log(ratio) - 1;
    }

    private sealed class Forecast(int count)
    {
        public double[] LogVariance { get; } = new double[count];

        public double[] Variance { get; } = new double[count];
    }
}

/// <summary>Forecasters compared over the same moments.</summary>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="Observations">The number of moments.</param>
/// <param name="Rows">One row per forecaster.</param>
public sealed record ForecastTable(int HorizonHours, int Observations, IReadOnlyList<ForecastRow> Rows);

/// <summary>The row of one forecaster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RankCorrelation">Rank correlation of its number (of its forecast when it has
/// several inputs) with realised volatility.</param>
/// <param name="R2">Out-of-sample R² of log realised volatility, relative to the mean of the
/// moments.</param>
/// <param name="Qlike">Mean QLIKE loss of its variance; a lower value is better.</param>
/// <param name="DieboldMariano">Statistic of the difference in QLIKE to HAR-RV; above 0 the
/// forecaster is worse. NaN for HAR-RV itself.</param>
/// <param name="P">The two-sided p-value of that statistic.</param>
public sealed record ForecastRow(
    string Name,
    double RankCorrelation,
    double R2,
    double Qlike,
    double DieboldMariano,
    double P
);
