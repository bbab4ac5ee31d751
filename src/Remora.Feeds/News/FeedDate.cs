using System.Globalization;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// Parses dates of RSS (RFC 822, with the time zones still in use) and of Atom (RFC 3339).
/// </summary>
internal static class FeedDate
{
    private static readonly string[] Rfc822 = ["d MMM yyyy HH:mm:ss zzz", "d MMM yyyy HH:mm zzz"];
    private static readonly string[] Rfc3339 = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    private static readonly Dictionary<string, string> Zones = new(StringComparer.OrdinalIgnoreCase)
    {
        ["GMT"] = "+00:00",
        ["UTC"] = "+00:00",
        ["UT"] = "+00:00",
        ["Z"] = "+00:00",
        ["EST"] = "-05:00",
        ["EDT"] = "-04:00",
        ["CST"] = "-06:00",
        ["CDT"] = "-05:00",
        ["MST"] = "-07:00",
        ["MDT"] = "-06:00",
        ["PST"] = "-08:00",
        ["PDT"] = "-07:00",
    };

    /// <summary>Parses a date. Returns false if the text is not one.</summary>
    public static bool TryParse(string? text, out Instant moment)
    {
        moment = default;
        if (text is not { Length: > 0 and <= 64 })
            return false;
        text = text.Trim();
        var found = text.Contains(' ')
            ? DateTimeOffset.TryParseExact(
                WithOffset(text),
                Rfc822,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var date
            )
            : DateTimeOffset.TryParseExact(
                text.EndsWith('Z') ? text[..^1] + "+00:00" : text,
                Rfc3339,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out date
            );
        if (found)
            moment = Instant.From(date);
        return found;
    }

    /// <summary>
    /// Returns the text without the weekday, which may be wrong, and with the time zone as an
    /// offset.
    /// </summary>
    private static string WithOffset(string text)
    {
        var comma = text.IndexOf(',');
        if (comma is >= 0 and <= 10)
            text = text[(comma + 1)..].Trim();
        var space = text.LastIndexOf(' ');
        if (space < 0)
            return text;
        var zone = text[(space + 1)..];
        if (Zones.TryGetValue(zone, out var offset))
            return text[..(space + 1)] + offset;
        return zone is [('+' or '-'), _, _, _, _] ? $"{text[..(space + 1)]}{zone[..3]}:{zone[3..]}" : text;
    }
}
