using System.Text;
using Remora.Markets;

namespace Remora.Csv;

/// <summary>A row of a calendar.</summary>
/// <param name="At">The time of the event.</param>
/// <param name="Announced">When the date became public; null when the file does not state
/// it.</param>
/// <param name="Name">The name of the event.</param>
public sealed record CalendarEntry(Instant At, Instant? Announced, string Name);

/// <summary>
/// Reads and writes a calendar as CSV that people edit: the header <c>time,announced,name</c>, then
/// one line per event. The name is quoted, or the rest of its line with its commas. Empty lines and
/// lines that start with # are ignored.
/// </summary>
public static class CalendarCsv
{
    /// <summary>The header line.</summary>
    public const string Header = "time,announced,name";

    /// <summary>The maximum length of a name, in characters.</summary>
    public const int LongestName = 120;

    /// <summary>The maximum number of events in a calendar.</summary>
    public const int MostEntries = 2_000;

    private const char Comment = '#';
    private static readonly string[] Columns = Header.Split(',');

    /// <summary>Parses a calendar.</summary>
    /// <exception cref="FormatException">A line is invalid; the message names the line and what is
    /// allowed.</exception>
    public static IReadOnlyList<CalendarEntry> Parse(string text) =>
        Read(new MemoryStream(Encoding.UTF8.GetBytes(text)));

    /// <summary>Reads a calendar.</summary>
    /// <param name="content">The file, which is closed at the end.</param>
    /// <exception cref="FormatException">A line is invalid; the message names the line and what is
    /// allowed.</exception>
    public static IReadOnlyList<CalendarEntry> Read(Stream content)
    {
        using var rows = new CsvRows(content, Comment);
        var entries = new List<CalendarEntry>();
        var begun = false;
        while (rows.Read())
        {
            if (rows[0].StartsWith(Comment))
                continue; // a comment after blanks
            if (begun)
                entries.Add(Entry(rows));
            else if (!rows.ToArray().AsSpan().SequenceEqual(Columns))
                throw rows.Wrong($"expected the header '{Header}'");
            begun = true;
            if (entries.Count > MostEntries)
                throw rows.Wrong($"there are more than {MostEntries} events");
        }
        return begun ? entries : throw new FormatException($"line 1: expected the header '{Header}'");
    }

    /// <summary>Writes one line per event, without a header.</summary>
    public static void Write(TextWriter writer, IEnumerable<CalendarEntry> entries)
    {
        using var csv = CsvOutput.To(writer);
        foreach (var entry in entries)
        {
            csv.WriteField(entry.At.ToString());
            csv.WriteField(entry.Announced?.ToString());
            csv.WriteField(NameOf(entry.Name));
            csv.EndRecord();
        }
    }

    /// <summary>
    /// Makes a name of a text: one line, without control characters, at most
    /// <see cref="LongestName"/> characters.
    /// </summary>
    public static string NameOf(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text.Trim())
            if (!char.IsControl(c))
                name.Append(c);
            else if (name.Length > 0 && name[^1] != ' ')
                name.Append(' ');
        return name.Length > LongestName ? name.ToString(0, LongestName).TrimEnd() : name.ToString().TrimEnd();
    }

    private static CalendarEntry Entry(CsvRows rows)
    {
        var name = rows.Count > Columns.Length ? RestOfLine(rows) : rows[2];
        if (name.Length == 0)
            throw rows.Wrong($"expected '{Header}', with a name");
        if (!rows[0].Contains('T') || !Instant.TryParse(rows[0], out var at))
            throw rows.Wrong($"time is '{rows[0]}', expected one in UTC such as 2026-01-28T19:00:00Z");
        Instant? announced = null;
        if (rows[1].Length > 0)
            announced = Instant.TryParse(rows[1], out var known)
                ? known
                : throw rows.Wrong(
                    $"announced is '{rows[1]}', expected an empty cell, a date or a time such as 2025-06-30"
                );
        if (name.Length > LongestName || name.Any(char.IsControl))
            throw rows.Wrong($"the name is longer than {LongestName} characters or contains control characters");
        return new(at, announced, name);
    }

    /// <summary>A name that is not quoted can contain commas.</summary>
    private static string RestOfLine(CsvRows rows) =>
        Encoding.UTF8.GetString(rows.Raw).Split(',', Columns.Length)[^1].Trim();
}
