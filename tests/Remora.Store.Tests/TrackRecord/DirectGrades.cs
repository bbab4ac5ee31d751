using System.Text.Json;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Store.Tests.TrackRecord;

/// <summary>
/// Grades published forecasts one by one, from candles and answers: what the store does in SQL.
/// </summary>
internal sealed class DirectGrades
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(15);
    private static readonly int[] PastHours = [1, 4, 24, 168];
    private static readonly int[] PastLeast = [1, 4, 24, 152];
    private readonly List<(Instant Time, string Reason, double Roughness)> _hours = [];

    /// <param name="candles">The stored candles.</param>
    /// <param name="forecasts">The published forecasts.</param>
    /// <param name="fits">The fits of each model, with the moment from which each is valid.</param>
    /// <param name="horizon">The horizon.</param>
    /// <param name="from">The first hour.</param>
    /// <param name="now">The current time.</param>
    public DirectGrades(
        IReadOnlyList<Candle> candles,
        IReadOnlyDictionary<Instant, PublishedForecast> forecasts,
        IReadOnlyList<(Instant From, RivalFit Fit)> fits,
        Horizon horizon,
        Instant from,
        Instant now
    )
    {
        var hours = MarketHours.Of(candles);
        for (var time = from; time < now; time += TimeSpan.FromHours(1))
        {
            var (hour, h) = (hours.HourAt(time), horizon.Hours);
            var published = forecasts.GetValueOrDefault(time);
            var isWhole = hours.AreWhole(hour, hour + h);
            var reason =
                time + horizon.Length + TimeSpan.FromMinutes(5) > now ? "not_passed"
                : published?.At is not { } at ? "outage"
                : at > time + Grace ? "late"
                : published.Forecast is null ? "no_forecast"
                : !isWhole ? "gap"
                : "graded";
            _hours.Add((time, reason, hours.Variance(hour, hour + h, 1)));
            if (reason != "graded")
                continue;
            var forecast = published!.Forecast!.Value;
            var numbers = forecast.GetProperty("horizons").GetProperty(horizon.Name);
            var volatility = numbers.GetProperty("volatility").GetDouble();
            var models = new Dictionary<string, (double Log, double Expected)>
            {
                [ForecastCoefficients.Model] = (
                    Math.Log(volatility * volatility / (12 * h)),
                    Math.Log(published.Expected[horizon.Index] / (12 * h))
                ),
            };
            foreach (var (name, inputs) in new[] { ("har_season", PastHours), ("persistence", [h]) })
            {
                var fit = fits.LastOrDefault(each => each.From <= time && each.Fit.Model == name).Fit;
                if (fit is null)
                    continue;
                var log = fit.Intercept + fit.Season[hours.HourOfWeek(hour)];
                for (var i = 0; i < inputs.Length; i++)
                    log +=
                        fit.Inputs[i]
                        * Outcome.LogOf(hours.Variance(hour - inputs[i], hour, inputs.Length == 1 ? h : PastLeast[i]));
                if (!double.IsNaN(log))
                    models[name] = (log, log + fit.Smear);
            }
            Graded.Add(
                new(
                    time,
                    forecast.GetProperty("coefficients").GetString()!,
                    volatility,
                    published.Expected[horizon.Index],
                    hours.Variance(hour, hour + h, h),
                    models,
                    [.. Table(numbers, "probability_of_drawdown", "0.01", "0.02", "0.05")],
                    [.. Table(numbers, "value_at_risk", "0.95", "0.99")],
                    hours.Fall(hour, hour + h),
                    Math.Exp(hours.Return(hour, hour + h)) - 1
                )
            );
        }
    }

    public List<GradedForecast> Graded { get; } = [];

    public int Hours => _hours.Count;

    public Dictionary<string, (int Hours, int InStorms)> Reasons
    {
        get
        {
            double[] known = [.. _hours.Select(hour => hour.Roughness).Where(value => !double.IsNaN(value)).Order()];
            var limit = known[(int)(0.9 * known.Length)];
            return _hours
                .GroupBy(hour => hour.Reason)
                .ToDictionary(
                    group => group.Key,
                    group => (group.Count(), group.Count(hour => hour.Roughness > limit))
                );
        }
    }

    private static IEnumerable<double> Table(JsonElement numbers, string table, params string[] keys) =>
        keys.Select(key =>
            numbers.GetProperty(table).GetProperty(key) is { ValueKind: JsonValueKind.Number } number
                ? number.GetDouble()
                : double.NaN
        );
}

/// <summary>A forecast and what came.</summary>
internal sealed record GradedForecast(
    Instant Time,
    string Coefficients,
    double Volatility,
    double Expected,
    double Variance,
    IReadOnlyDictionary<string, (double Log, double Expected)> Models,
    double[] Odds,
    double[] Losses,
    double Fall,
    double Change
)
{
    public double LogVariance => Outcome.LogOf(Variance);
}
