using System.Globalization;
using System.Text.RegularExpressions;

namespace Remora.ClickHouseHost.Engine;

/// <summary>An error of the engine, with ClickHouse's error code.</summary>
internal sealed partial class EngineException(int code, string message) : Exception(message)
{
    public const int UnknownException = 1002;

    public int Code { get; } = code;

    /// <summary>Creates an error of the host in ClickHouse's form.</summary>
    public static EngineException Of(int code, string name, string message) =>
        new(code, $"Code: {code}. DB::Exception: {message} ({name})");

    /// <summary>Parses an error message of the engine.</summary>
    public static EngineException Read(string message)
    {
        var match = CodeAtStart().Match(message);
        return match.Success
            ? new(int.Parse(match.Groups["code"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), message)
            : Of(UnknownException, "UNKNOWN_EXCEPTION", message);
    }

    [GeneratedRegex(@"^Code: (?<code>\d+)\.", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeAtStart();
}
