namespace Remora.Feeds.Calendar;

/// <summary>
/// A content line of an iCalendar file, for example
/// <c>DTSTART;TZID=America/New_York:20260128T140000</c>.
/// </summary>
internal sealed record IcsProperty(string Name, IReadOnlyDictionary<string, string> Parameters, string Value)
{
    /// <summary>Parses a line that is not folded; null if it is not a content line.</summary>
    public static IcsProperty? Parse(string line)
    {
        var colon = IndexOutsideQuotes(line, ':');
        if (colon < 0)
            return null;
        var head = Split(line[..colon]);
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in head.Skip(1))
            if (part.IndexOf('=') is > 0 and var equals)
                parameters.TryAdd(part[..equals], part[(equals + 1)..].Trim('"'));
        return new(head[0].ToUpperInvariant(), parameters, line[(colon + 1)..].Trim());
    }

    private static List<string> Split(string head)
    {
        var parts = new List<string>();
        for (var rest = head; ; )
        {
            var end = IndexOutsideQuotes(rest, ';');
            parts.Add(end < 0 ? rest : rest[..end]);
            if (end < 0)
                return parts;
            rest = rest[(end + 1)..];
        }
    }

    private static int IndexOutsideQuotes(string text, char wanted)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            else if (text[i] == wanted && !quoted)
                return i;
        }
        return -1;
    }
}
