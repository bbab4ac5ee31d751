using Remora.Markets;

namespace Remora.Csv;

/// <summary>A row of a calendar.</summary>
/// <param name="At">The time of the event; 00:00 UTC of a holiday.</param>
/// <param name="Announced">When the date became public; null when the file does not state
/// it.</param>
/// <param name="Name">The name of the event.</param>
public sealed record CalendarEntry(Instant At, Instant? Announced, string Name)
{
    /// <summary>The kind of event.</summary>
    public CalendarEventKind Kind { get; init; } = CalendarEventKind.Other;

    /// <summary>
    /// Returns the event with the window in which it raises its flag. A holiday lasts its day.
    /// </summary>
    /// <param name="before">The length of the window before the event.</param>
    /// <param name="after">The length of the window after the event.</param>
    public ScheduledEvent Scheduled(TimeSpan before, TimeSpan after) =>
        ScheduledEvent.Around(
            Name,
            At,
            before,
            Kind == CalendarEventKind.Holiday ? TimeSpan.FromDays(1) + after : after
        );
}

/// <summary>The content of a calendar file.</summary>
/// <param name="Entries">The events, in the order of the file.</param>
/// <param name="KnownUntil">Of each kind, the last day (UTC) for which the file states that it has
/// all events; other kinds are absent.</param>
/// <param name="HasKind">Whether the file has the column <c>kind</c>.</param>
public sealed record CalendarContent(
    IReadOnlyList<CalendarEntry> Entries,
    IReadOnlyDictionary<CalendarEventKind, DateOnly> KnownUntil,
    bool HasKind
)
{
    /// <summary>Returns the calendar of forecasts that the file contains.</summary>
    /// <param name="announced">When dates became known whose announcement the file does not
    /// state.</param>
    public ForecastCalendar ForForecasts(Instant announced) =>
        new(Entries.Select(e => new CalendarEvent(e.At, e.Announced ?? announced, e.Kind, e.Name)), KnownUntil);
}
