namespace Remora.Markets;

/// <summary>The kinds of scheduled events that a forecast distinguishes.</summary>
public enum CalendarEventKind
{
    /// <summary>US consumer prices.</summary>
    Cpi,

    /// <summary>US employment (nonfarm payrolls).</summary>
    Nfp,

    /// <summary>An interest rate decision of the Federal Reserve.</summary>
    Fomc,

    /// <summary>A US holiday: its time is 00:00 UTC, and it lasts that UTC day.</summary>
    Holiday,

    /// <summary>Any other event. It has no effect on forecasts.</summary>
    Other,
}

/// <summary>A scheduled event of a <see cref="ForecastCalendar"/>.</summary>
/// <param name="At">The time of the event; 00:00 UTC of a holiday.</param>
/// <param name="Announced">When the date became public. The event does not exist for forecasts that
/// were made before.</param>
/// <param name="Kind">The kind of event.</param>
/// <param name="Name">The name of the event, for people.</param>
public sealed record CalendarEvent(Instant At, Instant Announced, CalendarEventKind Kind, string Name);
