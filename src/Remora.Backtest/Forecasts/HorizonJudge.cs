using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>Judges all models of one market and horizon over the same hours.</summary>
internal sealed class HorizonJudge
{
    private static readonly double[] Falls = [0.01, 0.02, 0.05];
    private static readonly double[] Levels = [0.95, 0.99];

    private readonly Pair _pair;
    private readonly MarketHours _hours;
    private readonly Horizon _horizon;
    private readonly Forecast?[] _forecasts;
    private readonly LogForecast _own;
    private readonly IReadOnlyList<LogForecast> _rivals;

    /// <param name="market">The market.</param>
    /// <param name="horizon">The horizon.</param>
    /// <param name="forecasts">The forecasts of <c>remora-2</c> at the begin of each hour.</param>
    /// <param name="rivals">The forecasts of <see cref="Rivals.Names"/>.</param>
    public HorizonJudge(
        ForecastMarket market,
        Horizon horizon,
        Forecast?[] forecasts,
        IReadOnlyList<LogForecast> rivals
    )
    {
        (_pair, _hours, _horizon, _forecasts, _rivals) = (market.Pair, market.Hours, horizon, forecasts, rivals);
        _own = LogForecast.Empty(forecasts.Length);
        for (var hour = 0; hour < forecasts.Length; hour++)
        {
            if (forecasts[hour] is not { } forecast)
                continue;
            _own.Log[hour] = forecast[horizon].GetLogVariance();
            _own.Expected[hour] = _own.Log[hour] + forecast.GetCoefficients()[horizon].Smear;
        }
    }

    /// <summary>
    /// Judges the hours from a moment on, whose horizons end by another one, for which every model
    /// has a forecast and the next horizon is whole.
    /// </summary>
    public HorizonEvaluation Judge(Instant from, Instant until, bool inSample)
    {
        int[] hours =
        [
            .. Enumerable
                .Range(0, _hours.Count)
                .Where(hour =>
                    _forecasts[hour] is { } forecast
                    && forecast.InSample == inSample
                    && forecast.AsOf >= from
                    && forecast.AsOf + _horizon.Length <= until
                    && _rivals.All(rival => !double.IsNaN(rival.Log[hour]))
                    && _hours.AreWhole(hour, hour + _horizon.Hours)
                ),
        ];
        // Outside the tested range there are no probabilities.
        int[] tested = [.. hours.Where(hour => _forecasts[hour]!.InTestedRange)];
        return new(hours.Length, Models(hours), Drawdown(tested), ValueAtRisk(tested));
    }

    private Dictionary<string, ModelFigures> Models(int[] hours)
    {
        double[] actual =
        [
            .. hours.Select(hour => Outcome.LogOf(_hours.Variance(hour, hour + _horizon.Hours, _horizon.Hours))),
        ];
        var benchmark = Losses(_rivals[Rivals.BenchmarkIndex], hours, actual);
        var figures = new Dictionary<string, ModelFigures>
        {
            [ForecastCoefficients.Model] = FiguresOf(_own, hours, actual, benchmark),
        };
        for (var i = 0; i < _rivals.Count; i++)
            figures[Rivals.Names[i]] = FiguresOf(_rivals[i], hours, actual, benchmark);
        return figures;
    }

    private ModelFigures FiguresOf(LogForecast forecast, int[] hours, double[] actual, double[] benchmark)
    {
        double[] predicted = [.. hours.Select(hour => forecast.Log[hour])];
        var losses = Losses(forecast, hours, actual);
        var mean = actual.Length == 0 ? double.NaN : actual.Average();
        var (missed, spread) = (0.0, 0.0);
        for (var i = 0; i < actual.Length; i++)
        {
            missed += (actual[i] - predicted[i]) * (actual[i] - predicted[i]);
            spread += (actual[i] - mean) * (actual[i] - mean);
        }
        double[] worse = [.. losses.Zip(benchmark, (own, other) => own - other)];
        return new(
            Ranks.Correlation(predicted, actual),
            spread > 0 ? 1 - (missed / spread) : double.NaN,
            losses.Length == 0 ? double.NaN : losses.Average(),
            DieboldMariano.Test(worse, _horizon.Hours).Statistic
        );
    }

    private static double[] Losses(LogForecast forecast, int[] hours, double[] actual)
    {
        var losses = new double[hours.Length];
        for (var i = 0; i < losses.Length; i++)
        {
            var log = actual[i] - forecast.Expected[hours[i]];
            losses[i] = Math.Exp(log) - log - 1;
        }
        return losses;
    }

    private Dictionary<string, DrawdownFigures> Drawdown(int[] hours)
    {
        var falls = new double[_hours.Count + 1];
        for (var hour = 0; hour < falls.Length; hour++)
            falls[hour] =
                hour > 0 && _hours.AreWhole(hour, hour + _horizon.Hours)
                    ? _hours.Fall(hour, hour + _horizon.Hours)
                    : double.NaN;
        var figures = new Dictionary<string, DrawdownFigures>();
        foreach (var fall in Falls)
        {
            var depth = -Math.Log(1 - fall);
            var rates = FallSkill.KnownRate(
                [.. falls.Select(f => double.IsNaN(f) ? null : (bool?)(f > depth))],
                _horizon.Hours
            );
            var name = FormattableString.Invariant($"{fall}");
            figures[name] = FallSkill.Of(
                [.. hours.Select(hour => _forecasts[hour]![_horizon].ProbabilityOfFall(fall))],
                [.. hours.Select(hour => rates[hour])],
                [.. hours.Select(hour => falls[hour] > depth)],
                Draws.SeedFor(1, $"{_pair} {_horizon} {name}")
            );
        }
        return figures;
    }

    private Dictionary<string, ValueAtRiskFigures> ValueAtRisk(int[] hours)
    {
        var figures = new Dictionary<string, ValueAtRiskFigures>();
        foreach (var level in Levels)
        {
            // Horizons that do not overlap: those that begin at a multiple of the horizon. Null
            // where one is missing, so that its neighbours do not count as successive.
            var known = new SortedDictionary<long, bool>();
            foreach (var hour in hours)
            {
                var (slot, offset) = Math.DivRem(
                    _hours.BeginOf(hour).UnixMilliseconds,
                    (long)_horizon.Length.TotalMilliseconds
                );
                if (offset == 0)
                    known[slot] =
                        Math.Exp(_hours.Return(hour, hour + _horizon.Hours)) - 1
                        < -_forecasts[hour]![_horizon].ValueAtRiskAt(level);
            }
            var series = new bool?[known.Count == 0 ? 0 : known.Keys.Last() - known.Keys.First() + 1];
            foreach (var (slot, hit) in known)
                series[slot - known.Keys.First()] = hit;
            var hits = known.Values.Count(hit => hit);
            figures[FormattableString.Invariant($"{level}")] = new(
                known.Count == 0 ? double.NaN : (double)hits / known.Count,
                known.Count,
                HitTests.Kupiec(hits, known.Count, 1 - level),
                HitTests.Christoffersen(series)
            );
        }
        return figures;
    }
}
