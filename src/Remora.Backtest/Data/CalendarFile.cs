using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>The scheduled events of a replay.</summary>
/// <param name="Flags">The calendars of the event flag in the order in which they became known;
/// each one replaces the previous one. Empty if the flag is unknown.</param>
/// <param name="Dates">The calendar of forecasts.</param>
public sealed record ReplayCalendar(IReadOnlyList<EventCalendar> Flags, ForecastCalendar Dates)
{
    /// <summary>No events.</summary>
    public static ReplayCalendar None { get; } = new([], ForecastCalendar.Empty);

    /// <summary>The shipped dates for forecasts, and no events for the flag.</summary>
    public static ReplayCalendar Shipped { get; } = new([], ShippedCalendar.Dates);
}

/// <summary>
/// Reads a calendar as it became known: each event from its announcement date in the file on.
/// </summary>
public static class CalendarFile
{
    /// <summary>
    /// Returns the calendar of a replay: the file, and for forecasts also the shipped dates.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="before">The length of the event window before an event.</param>
    /// <param name="after">The length of the event window after an event.</param>
    /// <param name="shipped">The shipped dates; null for those of the program.</param>
    /// <exception cref="BacktestException">The file cannot be read, or an announcement date is
    /// missing. Without that date it is unknown when the event became knowable.</exception>
    public static ReplayCalendar Read(string path, TimeSpan before, TimeSpan after, ForecastCalendar? shipped = null)
    {
        try
        {
            return AsKnown(CalendarCsv.Read(TextFile.Open(path)), before, after, shipped);
        }
        catch (FormatException e)
        {
            throw new BacktestException($"{path}, {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Returns the calendar of a replay: the events, and the shipped dates.</summary>
    /// <param name="content">The events, each with the time of its announcement.</param>
    /// <param name="before">The length of the event window before an event.</param>
    /// <param name="after">The length of the event window after an event.</param>
    /// <param name="shipped">The shipped dates; null for those of the program.</param>
    /// <exception cref="FormatException">The announcement of an event is missing or after the
    /// event.</exception>
    public static ReplayCalendar AsKnown(
        CalendarContent content,
        TimeSpan before,
        TimeSpan after,
        ForecastCalendar? shipped = null
    )
    {
        var entries = content.Entries;
        foreach (var entry in entries)
        {
            if (entry.Announced is null)
                throw new FormatException(
                    $"'{entry.Name}' at {entry.At}: 'announced' is empty: a replay requires the time of the "
                        + $"announcement"
                );
            if (entry.Announced > entry.At)
                throw new FormatException($"'{entry.Name}' at {entry.At}: 'announced' is after the event");
        }
        var (known, calendars) = (new List<ScheduledEvent>(), new List<EventCalendar>());
        foreach (
            var news in entries.GroupBy(entry => entry.Announced!.Value).OrderBy(group => group.Key.UnixMilliseconds)
        )
        {
            known.RemoveAll(e => e.To <= news.Key); // past events are not needed any more
            known.AddRange(news.Select(entry => entry.Scheduled(before, after)));
            calendars.Add(new(news.Key, [.. known]));
        }
        // Every event states its announcement.
        return new(calendars, (shipped ?? ShippedCalendar.Dates).With(content.ForForecasts(Instant.MaxValue)));
    }
}
