using System.Globalization;
using Remora.Csv;
using Remora.Markets;
using TimeZoneConverter;

namespace Remora.Feeds.Calendar;

/// <summary>
/// The release dates of US consumer prices and US employment, as the Bureau of Labor Statistics
/// publishes them in its iCalendar. The file with which a restart begins has the format of a
/// calendar, with the time of the reading in its first line.
/// </summary>
/// <param name="ReadAt">When the dates were read from the agency.</param>
/// <param name="Content">The dates.</param>
public sealed record BlsSchedule(Instant ReadAt, CalendarContent Content)
{
    private const string ReadAtLine = "# read at: ";

    // Releases of the coming years at most; the agency publishes about one.
    private const int YearsAhead = 3;
    private static readonly Lazy<TimeZoneInfo> NewYork = new(() => TZConvert.GetTimeZoneInfo("America/New_York"));
    private static readonly string[] Endings = [" for ", " (", ","];
    private static readonly (string Title, CalendarEventKind Kind)[] Releases =
    [
        ("Consumer Price Index", CalendarEventKind.Cpi),
        ("Employment Situation", CalendarEventKind.Nfp),
    ];

    /// <summary>Reads the agency's iCalendar.</summary>
    /// <param name="text">The iCalendar.</param>
    /// <param name="now">The present, which becomes the announcement of dates that are new.</param>
    /// <param name="before">The dates that were known before; null for none.</param>
    /// <exception cref="FormatException">It is not an iCalendar, or lacks one of the two
    /// releases.</exception>
    public static BlsSchedule Parse(string text, Instant now, BlsSchedule? before)
    {
        var content = IcsFile.Read(
            text,
            new()
            {
                From = Instant.MinValue,
                Until = Instant.From(now.ToDateTimeOffset().AddYears(YearsAhead)),
                Floating = NewYork.Value,
            }
        );
        if (content.LeftOut.FirstOrDefault(IsUnread) is { } unread)
            throw new FormatException($"a release cannot be read: {unread}");
        var announced = (before?.Content.Entries ?? [])
            .DistinctBy(e => (e.Kind, e.At))
            .ToDictionary(e => (e.Kind, e.At), e => e.Announced);
        List<CalendarEntry> entries =
        [
            .. content
                .Entries.Select(e => (e.At, e.Name, Kind: KindOf(e.Name)))
                .Where(e => e.Kind is not null)
                .DistinctBy(e => (e.Kind, e.At))
                .OrderBy(e => e.At.UnixMilliseconds)
                .Select(e => new CalendarEntry(e.At, announced.GetValueOrDefault((e.Kind!.Value, e.At)) ?? now, e.Name)
                {
                    Kind = e.Kind.Value,
                }),
        ];
        var known = new Dictionary<CalendarEventKind, DateOnly>();
        foreach (var (title, kind) in Releases)
        {
            // The agency states no date until which its schedule is complete.
            var last =
                entries.LastOrDefault(e => e.Kind == kind)
                ?? throw new FormatException($"no event is named '{title}': the calendar may have another shape");
            known[kind] = DateOnly.FromDateTime(last.At.ToDateTimeOffset().UtcDateTime);
        }
        return new(now, new(entries, known, HasKind: true));
    }

    /// <summary>Reads the stored dates; null if there are none.</summary>
    /// <exception cref="FormatException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    public static BlsSchedule? Load(string file)
    {
        if (!File.Exists(file))
            return null;
        var text = File.ReadAllText(file);
        var first = text.AsSpan(0, Math.Max(0, text.IndexOf('\n'))).ToString();
        return
            first.StartsWith(ReadAtLine, StringComparison.Ordinal)
            && Instant.TryParse(first[ReadAtLine.Length..].Trim(), out var readAt)
            ? new(readAt, CalendarCsv.Parse(text))
            : throw new FormatException($"line 1: expected '{ReadAtLine}' and a time");
    }

    /// <summary>Stores the dates. Replaces the file atomically.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public void Save(string file)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(ReadAtLine + ReadAt);
        text.WriteLine("# Written by the service from the agency's iCalendar. Changes are overwritten.");
        foreach (var (kind, day) in Content.KnownUntil)
            text.WriteLine(CalendarCsv.KnownUntilLine(kind, day));
        text.WriteLine(CalendarCsv.Header);
        CalendarCsv.Write(text, Content.Entries);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var next = file + ".new";
        File.WriteAllText(next, text.ToString());
        File.Move(next, file, overwrite: true);
    }

    /// <summary>
    /// Returns the kind of a release, whose title can be followed by its month; null for other
    /// releases, such as 'Employment Situation of Veterans'.
    /// </summary>
    private static CalendarEventKind? KindOf(string name)
    {
        foreach (var (title, kind) in Releases)
            if (
                name.StartsWith(title, StringComparison.OrdinalIgnoreCase)
                && name[title.Length..] is var rest
                && (rest.Length == 0 || Endings.Any(ending => rest.StartsWith(ending, StringComparison.Ordinal)))
            )
                return kind;
        return null;
    }

    /// <summary>Whether a release was left out that takes place.</summary>
    private static bool IsUnread(string leftOut) =>
        KindOf(leftOut) is not null && !leftOut.EndsWith(IcsEvent.IsCancelled, StringComparison.Ordinal);
}
