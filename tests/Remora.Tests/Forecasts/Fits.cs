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

    public static Forecaster Forecaster(string timeframe = "5m", IForecastCalendar? calendar = null) =>
        new(Timeframe.Parse(timeframe), Anywhere, calendar);

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
}

/// <summary>A calendar of events in memory.</summary>
internal sealed class ListedEvents(IEnumerable<(CalendarEventKind Kind, Instant At)> events) : IForecastCalendar
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly ILookup<CalendarEventKind, Instant> _events = events.ToLookup(e => e.Kind, e => e.At);

    public Instant? KnownUntil => Instant.MaxValue;

    public bool HasEvent(CalendarEventKind kind, Instant from, Instant until) =>
        _events[kind].Any(at => from <= at && at < until);

    public double HolidayShare(Instant from, Instant until)
    {
        var share = TimeSpan.Zero;
        foreach (var day in _events[CalendarEventKind.Holiday])
        {
            var (start, end) = (day > from ? day : from, day + Day < until ? day + Day : until);
            if (end > start)
                share += end - start;
        }
        return share / (until - from);
    }
}
