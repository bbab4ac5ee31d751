using System.Text;

namespace Remora.Markets;

/// <summary>A row of a calendar.</summary>
/// <param name="At">The time of the event.</param>
/// <param name="Announced">When the date became public; null when the file does not state
/// it.</param>
/// <param name="Name">The name of the event.</param>
public sealed record CalendarEntry(Instant At, Instant? Announced, string Name);

/// <summary>
/// Reads and writes a calendar as CSV text that people edit: the header <c>time,announced,name</c>,
/// then one line per event. The name is the rest of its line, commas included. Empty lines and
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

    /// <summary>Reads a calendar.</summary>
    /// <exception cref="FormatException">A line is invalid; the message names the line and what is
    /// allowed.</exception>
    public static IReadOnlyList<CalendarEntry> Parse(string text)
    {
        var entries = new List<CalendarEntry>();
        var lines = text.TrimStart('\uFEFF').Split('\n');
        var begun = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (begun) entries.Add(Entry(line, i + 1));
            else if (line != Header) throw new FormatException($"line {i + 1}: expected the header '{Header}'");
            begun = true;
            if (entries.Count > MostEntries) throw new FormatException($"line {i + 1}: there are more than {MostEntries} events");
        }
        return begun ? entries : throw new FormatException($"line 1: expected the header '{Header}'");
    }

    /// <summary>Formats an event as a line.</summary>
    public static string Line(CalendarEntry entry) => $"{entry.At},{entry.Announced},{NameOf(entry.Name)}";

    /// <summary>
    /// Makes a name of a text: one line, without control characters, at most
    /// <see cref="LongestName"/> characters.
    /// </summary>
    public static string NameOf(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text.Trim())
            if (!char.IsControl(c)) name.Append(c);
            else if (name.Length > 0 && name[^1] != ' ') name.Append(' ');
        return name.Length > LongestName ? name.ToString(0, LongestName).TrimEnd() : name.ToString().TrimEnd();
    }

    private static CalendarEntry Entry(string line, int number)
    {
        var cells = line.Split(',', 3, StringSplitOptions.TrimEntries);
        if (cells.Length < 3 || cells[2].Length == 0) throw new FormatException($"line {number}: expected '{Header}', with a name");
        if (!cells[0].Contains('T') || !Instant.TryParse(cells[0], out var at)) throw new FormatException($"line {number}: time is '{cells[0]}', expected one in UTC such as 2026-01-28T19:00:00Z");
        Instant? announced = null;
        if (cells[1].Length > 0) announced = Instant.TryParse(cells[1], out var known) ? known : throw new FormatException($"line {number}: announced is '{cells[1]}', expected an empty cell, a date or a time such as 2025-06-30");
        if (cells[2].Length > LongestName || cells[2].Any(char.IsControl)) throw new FormatException($"line {number}: the name is longer than {LongestName} characters or contains control characters");
        return new(at, announced, cells[2]);
    }
}
