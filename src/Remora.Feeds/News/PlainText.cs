using System.Net;
using System.Text;

namespace Remora.Feeds.News;

/// <summary>
/// Makes text from outside safe to display: one line, without markup, and without control
/// characters that a terminal interprets.
/// </summary>
internal static class PlainText
{
    private const int LongestTitle = 300;
    private const int LongestLink = 1_000;

    /// <summary>Returns a title; empty if it contains no text.</summary>
    public static string Title(string raw)
    {
        var text = new StringBuilder();
        foreach (
            var rune in WithoutTags(
                    WebUtility.HtmlDecode(raw.Length > 4 * LongestTitle ? raw[..(4 * LongestTitle)] : raw)
                )
                .EnumerateRunes()
        )
        {
            var isText =
                !Rune.IsControl(rune)
                && !Rune.IsWhiteSpace(rune)
                && Rune.GetUnicodeCategory(rune)
                    is not (
                        System.Globalization.UnicodeCategory.Format
                        or System.Globalization.UnicodeCategory.OtherNotAssigned
                    );
            if (isText)
                text.Append(rune.ToString());
            else if (text.Length > 0 && text[^1] != ' ')
                text.Append(' ');
            if (text.Length >= LongestTitle)
                break;
        }
        return text.ToString().Trim();
    }

    /// <summary>Returns a web address; null if the text is not one.</summary>
    public static string? Link(string? raw) =>
        raw?.Trim() is { Length: > 0 and <= LongestLink } text
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            ? url.AbsoluteUri
            : null;

    private static string WithoutTags(string text)
    {
        if (!text.Contains('<'))
            return text;
        var kept = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            // '<' begins a tag only before a letter, '/' or '!': "ETF inflows < 1 billion" is text.
            var begins =
                text[at] == '<'
                && at + 1 < text.Length
                && (char.IsAsciiLetter(text[at + 1]) || text[at + 1] is '/' or '!');
            var end = begins ? text.IndexOf('>', at) : -1;
            if (end < 0)
                kept.Append(text[at]);
            else
                at = end;
        }
        return kept.ToString();
    }
}
