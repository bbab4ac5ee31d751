using System.Text;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>
/// The content of an iCalendar file: events that have a time, and the events that were left out.
/// </summary>
/// <param name="Entries">The events and occurrences, in the order of the file.</param>
/// <param name="LeftOut">One line for each event that was left out, with the reason.</param>
public sealed record IcsContent(IReadOnlyList<CalendarEntry> Entries, IReadOnlyList<string> LeftOut);

/// <summary>What is read from an iCalendar file.</summary>
public sealed record IcsOptions
{
    /// <summary>Occurrences of repeating events before this moment are left out.</summary>
    public required Instant From { get; init; }

    /// <summary>
    /// Occurrences of repeating events at or after this moment, at most in the year 2199, are left
    /// out.
    /// </summary>
    public required Instant Until { get; init; }

    /// <summary>The time of day, UTC, for whole days; null leaves them out.</summary>
    public TimeSpan? AllDayAt { get; init; }

    /// <summary>The zone of times without one; null leaves them out.</summary>
    public TimeZoneInfo? Floating { get; init; }

    internal bool Has(Instant at) => at >= From && at < Until;
}

/// <summary>
/// Reads the parts of iCalendar (RFC 5545) that a calendar of scheduled events needs: summary,
/// start and recurrence of each VEVENT. Accepts times in UTC and in named time zones, with the
/// names of IANA and of Windows. Leaves out cancelled and floating events, and those with a
/// recurrence that is not supported, and reports them.
/// </summary>
public static class IcsFile
{
    private const int LongestText = 5 << 20;

    // Repeating events; together with the bounds of a rule, a bound on the work.
    private const int MostSeries = 1_000;

    /// <summary>Parses the text of a file.</summary>
    /// <exception cref="FormatException">The text is not iCalendar, or has too many
    /// events.</exception>
    public static IcsContent Read(string text, IcsOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Until.ToDateTimeOffset().Year, IcsTime.LastYear);
        var events = Events(text);
        var changes = events
            .Where(one => one.Replaces is not null && one.Uid is not null)
            .GroupBy(one => one.Uid!)
            .ToDictionary(group => group.Key, IReadOnlyList<IcsEvent> (group) => [.. group]);
        var (entries, leftOut) = (new List<CalendarEntry>(), new List<string>());
        foreach (var one in events)
        {
            try
            {
                var starts = one.Starts(options, one.Uid is { } uid ? changes.GetValueOrDefault(uid, []) : []);
                entries.AddRange(starts.Select(at => new CalendarEntry(at, null, one.Name)));
            }
            catch (FormatException e)
            {
                var name = one.Name.Length == 0 ? "an event" : one.Name;
                leftOut.Add($"{name} ({IcsTime.Cut(one.Start ?? "")}): {e.Message}");
            }
            if (entries.Count > CalendarCsv.MostEntries)
                throw new FormatException(
                    $"the file has more than {CalendarCsv.MostEntries} events, including repetitions until "
                        + $"{options.Until}"
                );
        }
        return new(entries, leftOut);
    }

    private static List<IcsEvent> Events(string text)
    {
        if (text.Length > LongestText)
            throw new FormatException($"the file has {text.Length} characters, more than the maximum of {LongestText}");
        var lines = Unfold(text);
        if (lines.Count == 0 || !lines[0].Equals("BEGIN:VCALENDAR", StringComparison.OrdinalIgnoreCase))
            throw new FormatException("it does not begin with BEGIN:VCALENDAR");
        var events = new List<IcsEvent>();
        IcsEvent? open = null;
        var depth = 0; // nested components, such as alarms, have properties of the same names
        foreach (var line in lines)
        {
            if (IcsProperty.Parse(line) is not { } property)
                continue;
            var isEvent = property.Value.Equals("VEVENT", StringComparison.OrdinalIgnoreCase);
            switch (property.Name)
            {
                case "BEGIN" when open is null && isEvent:
                    open = new();
                    break;
                case "BEGIN" when open is not null:
                    depth++;
                    break;
                case "END" when depth > 0:
                    depth--;
                    break;
                case "END" when open is not null && isEvent:
                    events.Add(open);
                    open = null;
                    break;
                default:
                    if (depth == 0)
                        open?.Add(property);
                    break;
            }
        }
        if (open is not null)
            throw new FormatException("it ends within an event");
        if (events.Count(one => one.Repeats) > MostSeries)
            throw new FormatException($"it has more than {MostSeries} repeating events");
        return events;
    }

    /// <summary>
    /// Joins folded lines: a line that begins with a blank continues the line before it.
    /// </summary>
    private static List<string> Unfold(string text)
    {
        var lines = new List<StringBuilder>();
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            var line = raw.TrimEnd('\r');
            if (line.Length > 0 && line[0] is ' ' or '\t' && lines.Count > 0)
                lines[^1].Append(line, 1, line.Length - 1);
            else if (line.Length > 0)
                lines.Add(new(line));
        }
        return [.. lines.Select(line => line.ToString())];
    }
}
