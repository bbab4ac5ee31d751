using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

/// <summary>Coefficients and calendars for tests.</summary>
internal static class Fits
{
    /// <summary>
    /// The coefficients of the reference program, which do not change when the shipped ones do.
    /// </summary>
    public static CoefficientVintages Reference { get; } = CoefficientsFile.Parse(ReferenceFile());

    public static byte[] ReferenceFile() =>
        File.ReadAllBytes(Repository.PathOf("tests", "Remora.Tests", "Forecasts", "reference-fit.json"));

    /// <summary>The same coefficients for any market, so that probabilities are known.</summary>
    public static CoefficientVintages Anywhere { get; } =
        new(Reference.Newest with { Range = new(1, double.MaxValue, 0, 0) });

    public static Forecaster Forecaster(string timeframe = "5m", ForecastCalendar? calendar = null) =>
        new(Timeframe.Parse(timeframe), Anywhere, calendar);

    /// <summary>Creates a calendar of events that were always known.</summary>
    public static ForecastCalendar Calendar(params IEnumerable<(CalendarEventKind Kind, Instant At)> events) =>
        new(
            events.Select(e => new CalendarEvent(e.At, Instant.MinValue, e.Kind, "event")),
            new Dictionary<CalendarEventKind, DateOnly>()
        );

    /// <summary>The calendar of the shared data; without it, the test is skipped.</summary>
    public static ForecastCalendar SharedCalendar() =>
        Calendar(
            ReadEvents(SharedData.Require("outside/us-events.csv"), SharedData.Require("outside/us-holidays.csv"))
        );

    /// <summary>Applies all candles and returns the last forecast.</summary>
    public static Forecast? Play(this Forecaster forecaster, IEnumerable<Candle> candles)
    {
        foreach (var candle in candles)
            forecaster.Apply(candle);
        return forecaster.Current;
    }

    /// <summary>Applies all candles.</summary>
    public static Forecaster Also(this Forecaster forecaster, IEnumerable<Candle> candles)
    {
        forecaster.Play(candles);
        return forecaster;
    }

    /// <summary>All numbers of a forecast.</summary>
    public static double[] NumbersOf(Forecast? forecast) =>
        forecast is null
            ? []
            :
            [
                forecast.AsOf.UnixMilliseconds,
                forecast.HistoryDays,
                forecast.GetTraits().EmptyShare,
                forecast.GetTraits().TickOverSigma,
                forecast.GetTraits().Turnover,
                .. Horizon.All.SelectMany(h =>
                    new[]
                    {
                        forecast[h].GetLogVariance(),
                        forecast[h].Volatility,
                        forecast[h].Percentile,
                        forecast[h].MedianVolatility,
                        forecast[h].RelativeToUsual,
                    }
                ),
            ];

    private static List<(CalendarEventKind Kind, Instant At)> ReadEvents(params string[] files)
    {
        var events = new List<(CalendarEventKind, Instant)>();
        foreach (var row in files.SelectMany(file => File.ReadLines(file).Skip(1)).Select(line => line.Split(',')))
        {
            Assert.True(Instant.TryParse(row[0], out var at));
            events.Add((row.Length == 1 ? CalendarEventKind.Holiday : KindOf(row[1]), at));
        }
        return events;
    }

    private static CalendarEventKind KindOf(string name) => Enum.Parse<CalendarEventKind>(name, ignoreCase: true);
}
