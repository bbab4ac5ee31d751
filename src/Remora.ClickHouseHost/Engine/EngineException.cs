using System.Globalization;
using System.Text.RegularExpressions;

namespace Remora.ClickHouseHost.Engine;

/// <summary>What the engine refused, with ClickHouse's own code.</summary>
internal sealed partial class EngineException(int code, string message) : Exception(message)
{
    public const int UnknownException = 1002;

    public int Code { get; } = code;

    /// <summary>An error of the host's own, in ClickHouse's form.</summary>
    public static EngineException Of(int code, string name, string message) => new(code, $"Code: {code}. DB::Exception: {message} ({name})");

    /// <summary>An error as the engine says it.</summary>
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
