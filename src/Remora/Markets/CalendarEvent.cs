namespace Remora.Markets;

/// <summary>A scheduled event of a <see cref="ForecastCalendar"/>.</summary>
/// <param name="At">The time of the event; 00:00 UTC of a holiday.</param>
/// <param name="Announced">When the date became public. The event does not exist for forecasts that
/// were made before.</param>
/// <param name="Kind">The kind of event.</param>
/// <param name="Name">The name of the event, for people.</param>
public sealed record CalendarEvent(Instant At, Instant Announced, CalendarEventKind Kind, string Name);
