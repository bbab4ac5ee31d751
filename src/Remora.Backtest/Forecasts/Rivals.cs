using Remora.Backtest.Calibration;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// The models that <c>remora-2</c> is compared with, each from the market's own candles. Each makes
/// one or more numbers an hour; a regression turns them into the log of variance. It is fitted
/// anew at the begin of each quarter, on all outcomes that were known a day before.
/// </summary>
internal sealed class Rivals
{
    /// <summary>
    /// The position of the benchmark: the heterogeneous autoregression with the hour of the week.
    /// </summary>
    public const int BenchmarkIndex = 1;

    /// <summary>
    /// The time between the end of the last outcome of a fit and its first use.
    /// </summary>
    public static readonly TimeSpan Embargo = TimeSpan.FromDays(1);

    private const double Decay = 0.94;
    private const int GarchHours = 365 * 24;
    private const int MinimumRows = 4 * SeasonalRidge.Week; // each hour of the week about four times

    private readonly MarketHours _hours;
    private readonly int[] _refits;
    private readonly double[] _ewma;
    private readonly double[] _returns;
    private readonly Lazy<Garch?[]> _garch; // of each refit

    /// <summary>Prepares what is the same for all horizons.</summary>
    public Rivals(MarketHours hours)
    {
        _hours = hours;
        _refits = [.. Quarters.Within(hours.BeginOf(0), hours.BeginOf(hours.Count)).Select(hours.HourAt)];
        _ewma = Ewma();
        _returns = [.. Enumerable.Range(0, hours.Count).Select(hours.HourReturn)];
        _garch = new(() =>
            [
                .. _refits.Select(hour =>
                {
                    var start = Math.Max(0, hour - GarchHours);
                    return Garch.Fit(_returns.AsSpan(start, hour - start));
                }),
            ]
        );
    }

    /// <summary>The names of the rivals.</summary>
    public static IReadOnlyList<string> Names { get; } = ["har", "har_season", "ewma", "garch", "persistence"];

    /// <summary>Returns the forecasts of all rivals, in the order of their names.</summary>
    public IReadOnlyList<LogForecast> Of(Horizon horizon)
    {
        var target = Target(horizon);
        var har = HarInputs();
        return
        [
            Fit(har, target, horizon, null),
            Fit(har, target, horizon, SeasonPenalty.Usual),
            Fit([_ewma], target, horizon, null),
            FitGarch(target, horizon),
            Fit(PersistenceInputs(horizon), target, horizon, null),
        ];
    }

    /// <summary>
    /// Fits HAR with hour of week and persistence at the end of the hours, on all outcomes that
    /// were known a day before.
    /// </summary>
    /// <param name="horizon">The horizon.</param>
    /// <param name="leastRows">The number of hours that a fit needs.</param>
    /// <returns>The fits; without those that have too few hours.</returns>
    public IEnumerable<RivalFit> FitAtEnd(Horizon horizon, int leastRows)
    {
        var target = Target(horizon);
        foreach (var (name, inputs, season) in ComparedWith(horizon))
        {
            var (regression, x) = (new SeasonalRidge(inputs.Length), new double[inputs.Length]);
            var known = KnownAt(_hours.Count, horizon);
            for (var hour = 0; hour <= known; hour++)
                if (Known(inputs, hour, x) && !double.IsNaN(target[hour]))
                    regression.Add(x, _hours.HourOfWeek(hour), target[hour]);
            if (regression.Count >= leastRows && regression.Solve([], season) is { } fit)
                yield return new(
                    name,
                    fit.Intercept,
                    fit.Coefficients,
                    fit.Season,
                    SmearOf(fit, inputs, target, known),
                    regression.Count
                );
        }
    }

    private IEnumerable<(string Name, double[][] Inputs, SeasonPenalty? Season)> ComparedWith(Horizon horizon) =>
        [(Names[BenchmarkIndex], HarInputs(), SeasonPenalty.Usual), (Names[^1], PersistenceInputs(horizon), null)];

    private double[] Target(Horizon horizon) => Each(hour => Log(hour, hour + horizon.Hours, horizon.Hours));

    private double[][] HarInputs() => [Past(1, 1), Past(4, 4), Past(24, 24), Past(168, 152)];

    private double[][] PersistenceInputs(Horizon horizon) => [Past(horizon.Hours, horizon.Hours)];

    private double[] Past(int hours, int least) => Each(hour => Log(hour - hours, hour, least));

    private double Log(int from, int to, int least) => Outcome.LogOf(_hours.Variance(from, to, least));

    private double[] Each(Func<int, double> value)
    {
        var values = new double[_hours.Count + 1];
        for (var hour = 0; hour < values.Length; hour++)
            values[hour] = value(hour);
        return values;
    }

    private double[] Ewma()
    {
        var variance = double.NaN;
        return Each(hour =>
        {
            var last = _hours.Variance(hour - 1, hour, 1);
            if (!double.IsNaN(last))
                variance = double.IsNaN(variance) ? last : (Decay * variance) + ((1 - Decay) * last);
            return Outcome.LogOf(variance);
        });
    }

    // The model of each refit filters the past anew, so that its numbers before and after the refit
    // are alike.
    private LogForecast FitGarch(double[] target, Horizon horizon)
    {
        var forecast = LogForecast.Empty(target.Length);
        for (var refit = 0; refit < _refits.Length; refit++)
        {
            if (_garch.Value[refit] is not { } model)
                continue;
            var end = refit + 1 < _refits.Length ? _refits[refit + 1] : target.Length;
            var (logs, variance) = (new double[end], model.LongRun);
            for (var hour = 0; hour < end; hour++)
            {
                if (hour > 0 && !double.IsNaN(_returns[hour - 1]))
                    variance = model.Next(variance, _returns[hour - 1]);
                logs[hour] = Outcome.LogOf(
                    model.Ahead(variance, horizon.Hours) / (horizon.Hours * MarketHours.Candles)
                );
            }
            var (regression, known) = (new SeasonalRidge(1), KnownAt(_refits[refit], horizon));
            for (var hour = 0; hour <= known; hour++)
                if (!double.IsNaN(target[hour]))
                    regression.Add([logs[hour]], 0, target[hour]);
            if (regression.Count < MinimumRows || regression.Solve([], null) is not { } fit)
                continue;
            var smear = SmearOf(fit, [logs], target, known);
            for (var hour = _refits[refit]; hour < end; hour++)
            {
                forecast.Log[hour] = fit.Of([logs[hour]], 0);
                forecast.Expected[hour] = forecast.Log[hour] + smear;
            }
        }
        return forecast;
    }

    // The last hour whose outcome a fit at a moment may use.
    private static int KnownAt(int hour, Horizon horizon) => hour - horizon.Hours - (int)Embargo.TotalHours;

    private LogForecast Fit(double[][] inputs, double[] target, Horizon horizon, SeasonPenalty? season)
    {
        var forecast = LogForecast.Empty(target.Length);
        var regression = new SeasonalRidge(inputs.Length);
        SeasonalFit? fit = null;
        var (x, added, smear) = (new double[inputs.Length], 0, double.NaN);
        for (var hour = 0; hour < target.Length; hour++)
        {
            if (Array.BinarySearch(_refits, hour) >= 0)
            {
                var known = KnownAt(hour, horizon);
                for (; added <= known; added++)
                    if (Known(inputs, added, x) && !double.IsNaN(target[added]))
                        regression.Add(x, _hours.HourOfWeek(added), target[added]);
                if (regression.Count >= MinimumRows && regression.Solve([], season) is { } better)
                    (fit, smear) = (better, SmearOf(better, inputs, target, known));
            }
            if (fit is null || !Known(inputs, hour, x))
                continue;
            forecast.Log[hour] = fit.Of(x, _hours.HourOfWeek(hour));
            forecast.Expected[hour] = forecast.Log[hour] + smear;
        }
        return forecast;
    }

    private double SmearOf(SeasonalFit fit, double[][] inputs, double[] target, int known)
    {
        var (x, sum, count) = (new double[inputs.Length], 0.0, 0);
        for (var hour = 0; hour <= known; hour++)
        {
            if (!Known(inputs, hour, x) || double.IsNaN(target[hour]))
                continue;
            sum += Math.Exp(target[hour] - fit.Of(x, _hours.HourOfWeek(hour)));
            count++;
        }
        return Math.Log(sum / count);
    }

    private static bool Known(double[][] inputs, int hour, double[] x)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = inputs[i][hour];
            if (double.IsNaN(x[i]))
                return false;
        }
        return true;
    }
}
