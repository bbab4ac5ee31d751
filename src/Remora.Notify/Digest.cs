using System.Globalization;
using System.Text;

namespace Remora.Notify;

/// <summary>Combines notices into one message.</summary>
internal static class Digest
{
    private const int MostLines = 20;
    private const int MostSubjects = 3;

    /// <param name="notices">The notices in their order, at least one.</param>
    /// <param name="omitted">How many earlier notices were dropped.</param>
    /// <param name="link">The page for several subjects; null for none.</param>
    /// <param name="zone">The time zone of times in the text.</param>
    public static Message Of(IReadOnlyList<Notice> notices, long omitted, Uri? link, TimeZoneInfo zone)
    {
        if (notices is [var only] && omitted == 0)
            return new(Title([only]), only.Text, only.Link ?? link, only.IsUrgent);
        var shown = notices.TakeLast(MostLines).ToList();
        var left = omitted + notices.Count - shown.Count;
        var text = new StringBuilder();
        if (left > 0)
            text.Append(CultureInfo.InvariantCulture, $"{left} earlier messages are left out.\n");
        foreach (var notice in shown)
            text.Append(CultureInfo.InvariantCulture, $"{TimeOf(notice.At, zone)}  {notice.Text}\n");
        var subjects = notices.Select(notice => notice.Link).Distinct().ToList();
        return new(
            Title(notices),
            text.ToString().TrimEnd('\n'),
            subjects is [{ } same] ? same : link,
            notices.Any(notice => notice.IsUrgent)
        );
    }

    private static string Title(IReadOnlyList<Notice> notices)
    {
        var parts = notices
            .GroupBy(notice => notice.Kind)
            .OrderBy(group => group.Key)
            .Select(group => $"{Heading(group.Key)}: {Names([.. group.Select(one => one.Subject).Distinct()])}");
        return string.Join("; ", parts);
    }

    private static string Heading(NoticeKind kind) =>
        kind switch
        {
            NoticeKind.Block => "Entries blocked",
            NoticeKind.AllClear => "Entries allowed again",
            NoticeKind.Trouble => "Remora has trouble",
            NoticeKind.Book => "Open trades pass a limit",
            NoticeKind.BookWell => "Open trades within their limit",
            NoticeKind.Decisions => "The week's decisions",
            _ => "Remora recovered",
        };

    private static string Names(List<string> names) =>
        names.Count <= MostSubjects
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MostSubjects))} and {names.Count - MostSubjects} more";

    private static string TimeOf(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        return local.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);
    }
}
