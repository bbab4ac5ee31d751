using System.Globalization;
using System.Text;
using Remora.Markets;

namespace Remora.Csv;

/// <summary>
/// Reads and writes a calendar as CSV that people edit: the header
/// <c>time,announced,kind,name</c>, then one line per event. The name is quoted, or the rest of its
/// line with its commas. Empty lines and lines that start with # are ignored, except
/// <c># known until: [KIND] DATE</c>. The header <c>time,announced,name</c> of earlier versions is
/// read too; all its events are of the kind <see cref="CalendarEventKind.Other"/>.
/// </summary>
public static class CalendarCsv
{
    /// <summary>The header line.</summary>
    public const string Header = "time,announced,kind,name";

    /// <summary>The header line of files without kinds.</summary>
    public const string HeaderWithoutKind = "time,announced,name";

    /// <summary>The maximum length of a name, in characters.</summary>
    public const int LongestName = 120;

    /// <summary>The maximum number of events in a calendar.</summary>
    public const int MostEntries = 2_000;

    /// <summary>The maximum size of a calendar, in bytes.</summary>
    public const int LargestFile = 1 << 20;

    private const char Comment = '#';
    private const string KnownUntil = "known until:";
    private static readonly Dictionary<string, CalendarEventKind> Kinds = Enum.GetValues<CalendarEventKind>()
        .ToDictionary(RemoraJson.NameOf);

    private static readonly string[] Columns = Header.Split(',');
    private static readonly string[] ColumnsWithoutKind = HeaderWithoutKind.Split(',');

    /// <summary>Parses a calendar.</summary>
    /// <exception cref="FormatException">A line is invalid; the message names the line and what is
    /// allowed.</exception>
    public static CalendarContent Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a calendar.</summary>
    /// <param name="content">The file, which is closed at the end.</param>
    /// <exception cref="FormatException">A line is invalid; the message names the line and what is
    /// allowed.</exception>
    public static CalendarContent Read(Stream content)
    {
        using var file = content;
        var bytes = new byte[LargestFile + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > LargestFile
            ? throw new FormatException($"the file has more than {LargestFile} bytes, the maximum")
            : Parse(bytes[..length]);
    }

    /// <summary>Writes one line per event, without a header.</summary>
    /// <param name="writer">Receives the lines.</param>
    /// <param name="entries">The events.</param>
    /// <param name="hasKind">Whether the file has the column <c>kind</c>.</param>
    public static void Write(TextWriter writer, IEnumerable<CalendarEntry> entries, bool hasKind = true)
    {
        using var csv = CsvOutput.To(writer);
        foreach (var entry in entries)
        {
            csv.WriteField(entry.At.ToString());
            csv.WriteField(entry.Announced?.ToString());
            if (hasKind)
                csv.WriteField(RemoraJson.NameOf(entry.Kind));
            csv.WriteField(NameOf(entry.Name));
            csv.EndRecord();
        }
    }

    /// <summary>Returns the line that states until when the events of a kind are known.</summary>
    public static string KnownUntilLine(CalendarEventKind kind, DateOnly day) =>
        $"{Comment} {KnownUntil} {RemoraJson.NameOf(kind)} {TextOf(day)}";

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

    private static CalendarContent Parse(byte[] bytes)
    {
        using var rows = new CsvRows(new MemoryStream(bytes), Comment);
        var entries = new List<CalendarEntry>();
        string[]? columns = null;
        while (rows.Read())
        {
            if (rows[0].StartsWith(Comment))
                continue; // a comment after blanks
            if (columns is not null)
                entries.Add(Entry(rows, columns));
            else
                columns = ColumnsOf(rows.ToArray()) ?? throw rows.Wrong(NoHeader);
            if (entries.Count > MostEntries)
                throw rows.Wrong($"there are more than {MostEntries} events");
        }
        return columns is null
            ? throw new FormatException($"line 1: {NoHeader}")
            : new(entries, KnownUntilIn(Encoding.UTF8.GetString(bytes)), columns == Columns);
    }

    private static string NoHeader => $"expected the header '{Header}' or '{HeaderWithoutKind}'";

    private static string[]? ColumnsOf(ReadOnlySpan<string> header) =>
        header.SequenceEqual(Columns) ? Columns
        : header.SequenceEqual(ColumnsWithoutKind) ? ColumnsWithoutKind
        : null;

    private static CalendarEntry Entry(CsvRows rows, string[] columns)
    {
        var name = rows.Count > columns.Length ? RestOfLine(rows, columns.Length) : rows[columns.Length - 1];
        if (name.Length == 0)
            throw rows.Wrong($"expected '{string.Join(',', columns)}', with a name");
        var kind = CalendarEventKind.Other;
        if (columns.Length == Columns.Length && !Kinds.TryGetValue(rows[2], out kind))
            throw rows.Wrong($"kind is '{rows[2]}', expected one of {string.Join(", ", Kinds.Keys)}");
        if (!rows[0].Contains('T') || !Instant.TryParse(rows[0], out var at))
            throw rows.Wrong($"time is '{rows[0]}', expected one in UTC such as 2026-01-28T19:00:00Z");
        if (kind == CalendarEventKind.Holiday && at != at.Floor(TimeSpan.FromDays(1)))
            throw rows.Wrong($"time is '{rows[0]}', expected 00:00 UTC for a holiday, such as 2026-12-25T00:00:00Z");
        Instant? announced = null;
        if (rows[1].Length > 0)
            announced = Instant.TryParse(rows[1], out var known)
                ? known
                : throw rows.Wrong(
                    $"announced is '{rows[1]}', expected an empty cell, a date or a time such as 2025-06-30"
                );
        if (name.Length > LongestName || name.Any(char.IsControl))
            throw rows.Wrong($"the name is longer than {LongestName} characters or contains control characters");
        return new(at, announced, name) { Kind = kind };
    }

    /// <summary>A name that is not quoted can contain commas.</summary>
    private static string RestOfLine(CsvRows rows, int columns) =>
        Encoding.UTF8.GetString(rows.Raw).Split(',', columns)[^1].Trim();

    private static Dictionary<CalendarEventKind, DateOnly> KnownUntilIn(string text)
    {
        var known = new Dictionary<CalendarEventKind, DateOnly>();
        DateOnly? ofAll = null;
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var comment = line.Trim("\uFEFF \t");
            if (!comment.StartsWith(Comment))
                continue;
            comment = comment.TrimStart("# \t");
            if (!comment.StartsWith(KnownUntil, StringComparison.OrdinalIgnoreCase))
                continue;
            var words = comment[KnownUntil.Length..].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            CalendarEventKind? kind = null;
            if (words.Length == 2 && Kinds.TryGetValue(words[0], out var named))
                kind = named;
            if (
                words.Length != (kind is null ? 1 : 2)
                || !DateOnly.TryParseExact(
                    words[^1],
                    "yyyy-MM-dd",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.None,
                    out var day
                )
            )
                throw new CsvException(
                    number,
                    $"known until is '{string.Join(' ', words)}', expected a date such as 2027-12-31, or a kind and a "
                        + $"date such as 'cpi 2027-12-31', the kind one of {string.Join(", ", Kinds.Keys)}"
                );
            if (kind is { } one ? !known.TryAdd(one, day) : ofAll is not null)
                throw new CsvException(
                    number,
                    "known until is stated twice" + (kind is null ? "" : $" for {words[0]}")
                );
            if (kind is null)
                ofAll = day;
        }
        if (ofAll is { } all)
            foreach (var kind in ForecastCalendar.KindsOfForecasts)
                known.TryAdd(kind, all);
        return known;
    }

    private static string TextOf(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
