using Remora.Markets;

namespace Remora.Csv;

/// <summary>
/// The calendar of forecasts that is shipped with the program: US consumer prices, US employment,
/// decisions of the Federal Reserve, and US holidays. It has no effect on flags.
/// </summary>
public static class ShippedCalendar
{
    private const string Resource = "us-calendar.csv";
    private static readonly Lazy<ForecastCalendar> Content = new(() =>
        CalendarCsv
            .Read(typeof(ShippedCalendar).Assembly.GetManifestResourceStream(Resource)!)
            // Every row states its announcement.
            .ForForecasts(Instant.MaxValue)
    );

    /// <summary>The calendar.</summary>
    public static ForecastCalendar Dates => Content.Value;
}
