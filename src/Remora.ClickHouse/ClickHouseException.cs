using System.Globalization;
using System.Text.RegularExpressions;

namespace Remora.ClickHouse;

/// <summary>What ClickHouse refused, in its own words.</summary>
public sealed partial class ClickHouseException(int code, string name, string message) : Exception(message)
{
    /// <summary>ClickHouse's number of the error, such as 60.</summary>
    public int Code { get; } = code;

    /// <summary>ClickHouse's name of the error, such as UNKNOWN_TABLE.</summary>
    public string Name { get; } = name;

    /// <summary>Reads the text the server sends. A text in another form, of a proxy perhaps, is kept as it is, under code 0.</summary>
    public static ClickHouseException Read(string text)
    {
        var match = Form().Match(text.Length > 100_000 ? text[..100_000] : text);
        return match.Success
            ? new(
                int.Parse(match.Groups["code"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
                match.Groups["name"].Value,
                match.Groups["message"].Value.Trim().TrimEnd('.'))
            : new(0, "UNKNOWN", text.Trim());
    }

    [GeneratedRegex(@"^\s*Code: (?<code>\d+)\. DB::Exception: (?<message>.*)\((?<name>[A-Z][A-Z0-9_]{2,})\)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}

/// <summary>The engine or server cannot be reached, or went away in the middle of an answer.</summary>
public sealed class ClickHouseUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
