using System.Globalization;
using System.Text.RegularExpressions;

namespace Remora.ClickHouse;

/// <summary>An error of ClickHouse, with its original message.</summary>
public sealed partial class ClickHouseException(int code, string name, string message) : Exception(message)
{
    /// <summary>ClickHouse's error code, for example 60.</summary>
    public int Code { get; } = code;

    /// <summary>ClickHouse's error name, for example UNKNOWN_TABLE.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// Parses the error text of the server. Text in another form, for example from a proxy, becomes
    /// the message, with code 0.
    /// </summary>
    public static ClickHouseException Read(string text)
    {
        var match = Form().Match(text.Length > 100_000 ? text[..100_000] : text);
        return match.Success
            ? new(
                int.Parse(match.Groups["code"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
                match.Groups["name"].Value,
                match.Groups["message"].Value.Trim().TrimEnd('.')
            )
            : new(0, "UNKNOWN", text.Trim());
    }

    [GeneratedRegex(
        @"^\s*Code: (?<code>\d+)\. DB::[A-Za-z]*Exception: (?<message>.*)\((?<name>[A-Z][A-Z0-9_]{2,})\)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Form();
}

/// <summary>ClickHouse is unreachable, or the connection broke during a response.</summary>
public sealed class ClickHouseUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the server may have received the statement.</summary>
    public bool WasSent { get; init; } = true;
}
