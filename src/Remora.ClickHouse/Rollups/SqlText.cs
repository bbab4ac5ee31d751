using System.Text.RegularExpressions;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Splits lists and calls with respect to brackets and quotes. ClickHouse checks the parts.
/// </summary>
internal static partial class SqlText
{
    /// <summary>
    /// Splits at commas outside brackets and quotes. Returns each item with its first line.
    /// </summary>
    /// <exception cref="FormatException">A bracket or a quote is not closed.</exception>
    public static List<(string Text, int Line)> SplitList(string text, int firstLine)
    {
        var items = new List<(string, int)>();
        int start = 0,
            depth = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            if (at == text.Length || (text[at] == ',' && depth == 0))
            {
                var item = text[start..at];
                var blank = item.Length - item.TrimStart().Length;
                var line = firstLine + text.AsSpan(0, start + blank).Count('\n');
                if (item.Trim().TrimEnd(';').Trim() is { Length: > 0 } found)
                    items.Add((found, line));
                else if (at < text.Length)
                    throw new FormatException("an item between two commas is empty");
                start = at + 1;
            }
            else if (text[at] is '\'' or '"' or '`')
            {
                at = EndOfQuoted(text, at);
            }
            else if (text[at] is '(' or '[' or '{')
            {
                depth++;
            }
            else if (text[at] is ')' or ']' or '}' && --depth < 0)
            {
                throw new FormatException("a closing bracket has no opening bracket");
            }
        }
        return depth == 0 ? items : throw new FormatException("a bracket is not closed");
    }

    /// <summary>Returns the expression and the name after its last AS.</summary>
    public static (string Expression, string? Alias) SplitAlias(string item)
    {
        var match = Alias().Match(item);
        return match.Success
            ? (match.Groups["expression"].Value.Trim(), match.Groups["name"].Value.Trim('`'))
            : (item.Trim(), null);
    }

    /// <summary>
    /// Returns the function of a call, its parameters in brackets if it has any, and its arguments
    /// in brackets.
    /// </summary>
    public static (string Function, string Parameters, string Arguments)? SplitCall(string expression)
    {
        var open = expression.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || !SqlName.TryParse(expression[..open].Trim(), out var function))
            return null;
        var end = EndOfBracket(expression, open);
        if (end < 0)
            return null;
        var first = expression[open..(end + 1)];
        var rest = expression[(end + 1)..].Trim();
        if (rest.Length == 0)
            return (function.Value, "", first);
        return rest[0] == '(' && EndOfBracket(rest, 0) == rest.Length - 1 ? (function.Value, first, rest) : null;
    }

    private static int EndOfBracket(string text, int open)
    {
        var depth = 0;
        for (var at = open; at < text.Length; at++)
        {
            if (text[at] is '\'' or '"' or '`')
                at = EndOfQuoted(text, at);
            else if (text[at] is '(' or '[' or '{')
                depth++;
            else if (text[at] is ')' or ']' or '}' && --depth == 0)
                return at;
        }
        return -1;
    }

    private static int EndOfQuoted(string text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == text[start])
                return at;
        }
        throw new FormatException("a quote is not closed");
    }

    [GeneratedRegex(
        @"^(?<expression>.+)\s+AS\s+(?<name>`?\w+`?)$",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Alias();
}
