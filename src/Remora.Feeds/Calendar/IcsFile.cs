using System.Globalization;
using System.Text;
using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>
/// The content of an iCalendar file: events that have a time, and the events that were left out.
/// </summary>
/// <param name="Entries">The events, in the order of the file.</param>
/// <param name="LeftOut">One line for each event that was left out, with the reason.</param>
public sealed record IcsContent(IReadOnlyList<CalendarEntry> Entries, IReadOnlyList<string> LeftOut);

/// <summary>
/// Reads the parts of iCalendar (RFC 5545) that a calendar of scheduled events needs: summary and
/// start of each VEVENT. Accepts times in UTC and in named time zones. Accepts all-day events only
/// with a time of day from the caller. Leaves out recurring, cancelled and floating events, and
/// reports them.
/// </summary>
public static class IcsFile
{
    private const int LongestText = 5 << 20;

    /// <summary>Parses the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="allDayAt">The time of day, UTC, for all-day events; null leaves them
    /// out.</param>
    /// <exception cref="FormatException">The text is not iCalendar.</exception>
    public static IcsContent Read(string text, TimeSpan? allDayAt = null)
    {
        if (text.Length > LongestText) throw new FormatException($"it is larger than {LongestText} characters");
        var lines = Unfold(text);
        if (lines.Count == 0 || !lines[0].Equals("BEGIN:VCALENDAR", StringComparison.OrdinalIgnoreCase)) throw new FormatException("it does not begin with BEGIN:VCALENDAR");
        var (entries, leftOut) = (new List<CalendarEntry>(), new List<string>());
        Dictionary<string, Property>? open = null;
        var depth = 0; // nested components, such as alarms, have properties of the same names
        foreach (var line in lines)
        {
            if (Property.Parse(line) is not { } property) continue;
            var isEvent = property.Value.Equals("VEVENT", StringComparison.OrdinalIgnoreCase);
            switch (property.Name)
            {
                case "BEGIN" when open is null && isEvent: open = []; break;
                case "BEGIN" when open is not null: depth++; break;
                case "END" when depth > 0: depth--; break;
                case "END" when open is not null && isEvent:
                    Take(open, allDayAt, entries, leftOut);
                    open = null;
                    break;
                default:
                    if (depth == 0) open?.TryAdd(property.Name, property);
                    break;
            }
            if (entries.Count > CalendarCsv.MostEntries) throw new FormatException($"it has more than {CalendarCsv.MostEntries} events");
        }
        return open is null ? new(entries, leftOut) : throw new FormatException("it ends within an event");
    }

    private static void Take(Dictionary<string, Property> properties, TimeSpan? allDayAt, List<CalendarEntry> entries, List<string> leftOut)
    {
        var name = CalendarCsv.NameOf(properties.TryGetValue("SUMMARY", out var summary) ? Unescape(summary.Value) : "");
        var start = properties.GetValueOrDefault("DTSTART");
        var why = name.Length == 0 ? "it has no summary"
            : start is null ? "it has no start"
            : properties.TryGetValue("STATUS", out var status) && status.Value.Equals("CANCELLED", StringComparison.OrdinalIgnoreCase) ? "it is cancelled"
            : properties.ContainsKey("RRULE") || properties.ContainsKey("RDATE") ? "it repeats, which is not supported: list each date"
            : null;
        if (why is null && TryStart(start!, allDayAt, out var at, out why)) entries.Add(new(at, null, name));
        else leftOut.Add($"{(name.Length == 0 ? "an event" : name)} ({start?.Value}): {why}");
    }

    private static bool TryStart(Property start, TimeSpan? allDayAt, out Instant at, out string? why)
    {
        at = default;
        why = null;
        if (DateTime.TryParseExact(start.Value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            if (allDayAt is null) why = "it is a whole day, name a time with --at";
            else at = Instant.From(new(day + allDayAt.Value, TimeSpan.Zero));
            return why is null;
        }
        var isUtc = start.Value.EndsWith('Z');
        if (!DateTime.TryParseExact(start.Value.TrimEnd('Z'), "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            why = "its start is no time";
        }
        else if (isUtc)
        {
            at = Instant.From(new(time, TimeSpan.Zero));
        }
        else if (start.Parameters.GetValueOrDefault("TZID") is not { } zoneName)
        {
            why = "its time has no zone";
        }
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out var zone))
        {
            why = $"the time zone '{zoneName}' is not known here";
        }
        else if (zone.IsInvalidTime(time))
        {
            why = "the clocks of its zone skip this time";
        }
        else
        {
            at = Instant.From(new DateTimeOffset(time, zone.GetUtcOffset(time)));
        }
        return why is null;
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
            if (line.Length > 0 && line[0] is ' ' or '\t' && lines.Count > 0) lines[^1].Append(line, 1, line.Length - 1);
            else if (line.Length > 0) lines.Add(new(line));
        }
        return [.. lines.Select(line => line.ToString())];
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length) plain.Append(text[i]);
            else plain.Append(text[++i] is 'n' or 'N' ? ' ' : text[i]);
        }
        return plain.ToString();
    }

    /// <summary>
    /// A content line, for example <c>DTSTART;TZID=America/New_York:20260128T140000</c>.
    /// </summary>
    private sealed record Property(string Name, IReadOnlyDictionary<string, string> Parameters, string Value)
    {
        public static Property? Parse(string line)
        {
            var colon = IndexOutsideQuotes(line, ':');
            if (colon < 0) return null;
            var head = Split(line[..colon]);
            var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var part in head.Skip(1))
                if (part.IndexOf('=') is > 0 and var equals) parameters.TryAdd(part[..equals], part[(equals + 1)..].Trim('"'));
            return new(head[0].ToUpperInvariant(), parameters, line[(colon + 1)..].Trim());
        }

        private static List<string> Split(string head)
        {
            var parts = new List<string>();
            for (var rest = head; ; )
            {
                var end = IndexOutsideQuotes(rest, ';');
                parts.Add(end < 0 ? rest : rest[..end]);
                if (end < 0) return parts;
                rest = rest[(end + 1)..];
            }
        }

        private static int IndexOutsideQuotes(string text, char wanted)
        {
            var quoted = false;
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '"') quoted = !quoted;
                else if (text[i] == wanted && !quoted) return i;
            }
            return -1;
        }
    }
}
