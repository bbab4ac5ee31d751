using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Server.Api;

/// <summary>
/// Removes absolute paths of this machine from answers. Errors of files and of the store contain
/// them, but callers must not see where a service stores its files. Only the last part remains, as
/// in <c>…/journal</c>.
/// </summary>
internal static partial class ServerPaths
{
    // The first folders of absolute paths. Texts such as /api/v1/status and http://host/x stay
    // unchanged.
    private static readonly HashSet<string> TopFolders = new(
        OperatingSystem.IsWindows() ? [] : Directory.EnumerateDirectories("/").Select(path => path[1..]),
        StringComparer.Ordinal
    );

    /// <summary>Returns the text without the folders of absolute paths.</summary>
    public static string Hide(string text) =>
        text.AsSpan().IndexOfAny('/', '\\') < 0
            ? text
            : PathPattern().Replace(text, match => IsPath(match) ? $"…/{LastOf(match.Value)}" : match.Value);

    /// <summary>
    /// Returns JSON with the paths removed from every string. All other bytes stay unchanged.
    /// </summary>
    public static byte[] Hide(byte[] json)
    {
        using var result = new MemoryStream(json.Length);
        var reader = new Utf8JsonReader(json);
        var copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IndexOfAny((byte)'/', (byte)'\\') < 0)
                continue;
            var text = reader.GetString()!;
            var hidden = Hide(text);
            if (hidden == text)
                continue;
            result.Write(json.AsSpan(copied, (int)reader.TokenStartIndex - copied));
            result.Write(Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(hidden, RemoraJson.Options.Encoder)}\""));
            copied = (int)reader.BytesConsumed;
        }
        result.Write(json.AsSpan(copied));
        return result.ToArray();
    }

    private static bool IsPath(Match match) =>
        match.Groups["drive"].Success || TopFolders.Contains(match.Groups["top"].Value);

    private static string LastOf(string path)
    {
        var trimmed = path.TrimEnd('/', '\\', '.');
        return trimmed[(trimmed.LastIndexOfAny(['/', '\\']) + 1)..] + (path.EndsWith('.') ? "." : "");
    }

    // Inside quotes, a path may contain spaces. Otherwise it ends with the word. A slash inside a
    // word, as in BTC/USDT or a URL, does not start a path.
    [GeneratedRegex(
        """(?<=['"])(/(?<top>[^/'"\n]+)(/[^'"\n]*)?|(?<drive>[A-Za-z]:)[\\/][^'"\n]*)(?=['"])|(?<![\w.:/\\-])(/(?<top>[^/\s'",;:()<>|]+)(/[^\s'",;:()<>|]*)*|(?<drive>[A-Za-z]:)[\\/][^\s'",;()<>|]+)""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PathPattern();
}
