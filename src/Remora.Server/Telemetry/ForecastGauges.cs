using System.Diagnostics.Metrics;
using Remora.Feeds.Calendar;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Api;

namespace Remora.Server.Telemetry;

/// <summary>
/// Gauges of the forecasts, one series per tracked market that has one, and of what they depend on.
/// </summary>
internal static class ForecastGauges
{
    public static void Register(
        Meter meter,
        AssessmentBoard board,
        CoefficientVintages coefficients,
        CalendarFeed? calendar
    )
    {
        PerHorizon(
            "remora.forecast.volatility",
            "Forecast standard deviation of the log return over the horizon, a ratio.",
            forecast => forecast.Volatility
        );
        PerHorizon(
            "remora.forecast.percentile",
            "Share of the market's own last 180 days with a smaller forecast, from 0 to 1; absent before 30 days.",
            forecast => forecast.Percentile
        );
        meter.CreateFiniteGauge(
            "remora.forecast.drawdown.probability",
            () =>
                Horizons(board)
                    .SelectMany(one =>
                        one.Forecast.ProbabilityOfDrawdown.Select(entry => new Measurement<double>(
                            entry.Value,
                            [.. one.Tags, new("fall", entry.Key)]
                        ))
                    ),
            null,
            "Probability of a fall below the close within the horizon, from 0 to 1; absent outside the tested range."
        );
        Each(
            "remora.forecast.in.tested.range",
            null,
            "Whether the market is like those of the fit: 1 or 0.",
            forecast => forecast.InTestedRange ? 1 : 0
        );
        Each(
            "remora.forecast.history",
            "s",
            "The length of the past that the forecast is based on.",
            forecast => TimeSpan.FromDays(forecast.HistoryDays).TotalSeconds
        );
        Each("remora.forecast.confidence", null, "Confidence of the forecast, from 0 to 1.", f => f.Confidence);
        meter.CreateObservableGauge(
            "remora.forecast.coefficients.age",
            () =>
            {
                var fit = CoefficientsStatus.At(board.Now, coefficients);
                return new Measurement<double>(
                    (board.Now - fit.ValidFrom).TotalSeconds,
                    new KeyValuePair<string, object?>("coefficients", fit.Id)
                );
            },
            "s",
            "Time since the day from which the coefficients of forecasts are valid."
        );
        meter.CreateFiniteGauge(
            "remora.forecast.calendar.left",
            () =>
                calendar?.Health.Forecasts?.KnownUntil is { } day
                    ? [new((ForecastCalendar.EndOf(day) - board.Now).TotalSeconds)]
                    : [],
            "s",
            "Time until the calendar of forecasts ends, negative afterwards; absent while its end is unknown."
        );

        void PerHorizon(string name, string help, Func<HorizonForecast, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => Horizons(board).Select(one => new Measurement<double>(value(one.Forecast), one.Tags)),
                null,
                help
            );
        void Each(string name, string? unit, string help, Func<Forecast, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => All(board).Select(one => new Measurement<double>(value(one.Forecast), one.Tags)),
                unit,
                help
            );
    }

    private static IEnumerable<(Forecast Forecast, KeyValuePair<string, object?>[] Tags)> All(AssessmentBoard board) =>
        board
            .Markets.Select(market => board.Latest(market))
            .Where(a => a.Forecast is not null)
            .Select(a => (a.Forecast!, MarketGauges.Tags(a.Exchange, a.Pair, a.Timeframe)));

    private static IEnumerable<(HorizonForecast Forecast, KeyValuePair<string, object?>[] Tags)> Horizons(
        AssessmentBoard board
    ) =>
        All(board)
            .SelectMany(one =>
                Horizon.All.Select(horizon =>
                    (
                        one.Forecast[horizon],
                        (KeyValuePair<string, object?>[])[.. one.Tags, new("horizon", horizon.Name)]
                    )
                )
            );
}
