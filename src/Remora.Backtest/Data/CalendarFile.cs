using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads a calendar as it became known: each event from its announcement date in the file on.
/// </summary>
public static class CalendarFile
{
    /// <summary>
    /// Returns calendars in the order in which they became known; each one replaces the previous
    /// one.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="before">The length of the event window before an event.</param>
    /// <param name="after">The length of the event window after an event.</param>
    /// <exception cref="BacktestException">The file cannot be read, or an announcement date is
    /// missing. Without that date it is unknown when the event became knowable.</exception>
    public static IReadOnlyList<EventCalendar> Read(string path, TimeSpan before, TimeSpan after)
    {
        try
        {
            return AsKnown(CalendarCsv.Read(TextFile.Open(path)), before, after);
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

    /// <summary>
    /// Returns calendars in the order in which they became known; each one replaces the previous
    /// one.
    /// </summary>
    /// <param name="entries">The events, each with the time of its announcement.</param>
    /// <param name="before">The length of the event window before an event.</param>
    /// <param name="after">The length of the event window after an event.</param>
    /// <exception cref="FormatException">The announcement of an event is missing or after the
    /// event.</exception>
    public static IReadOnlyList<EventCalendar> AsKnown(
        IReadOnlyList<CalendarEntry> entries,
        TimeSpan before,
        TimeSpan after
    )
    {
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
            known.AddRange(news.Select(entry => ScheduledEvent.Around(entry.Name, entry.At, before, after)));
            calendars.Add(new(news.Key, [.. known]));
        }
        return calendars;
    }
}
