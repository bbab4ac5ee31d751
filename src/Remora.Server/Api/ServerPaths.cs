using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Server.Api;

/// <summary>
/// Takes the absolute paths of this machine out of what callers are told: errors of files and of the store name them, and
/// where a service keeps its files is nobody else's business. What is left is the last part, as in <c>…/journal</c>.
/// </summary>
internal static partial class ServerPaths
{
    // What may begin a path, so that /api/v1/status and http://host/x stay as they are.
    private static readonly HashSet<string> TopFolders = new(
        OperatingSystem.IsWindows() ? [] : Directory.EnumerateDirectories("/").Select(path => path[1..]), StringComparer.Ordinal);

    /// <summary>The text without the folders of absolute paths.</summary>
    public static string Hide(string text) => text.AsSpan().IndexOfAny('/', '\\') < 0 ? text : PathPattern().Replace(text, match => IsPath(match) ? $"…/{LastOf(match.Value)}" : match.Value);

    /// <summary>JSON in which this is done to every text; everything else stays as it is, byte for byte.</summary>
    public static byte[] Hide(byte[] json)
    {
        using var result = new MemoryStream(json.Length);
        var reader = new Utf8JsonReader(json);
        var copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IndexOfAny((byte)'/', (byte)'\\') < 0) continue;
            var text = reader.GetString()!;
            var hidden = Hide(text);
            if (hidden == text) continue;
            result.Write(json.AsSpan(copied, (int)reader.TokenStartIndex - copied));
            result.Write(Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(hidden, RemoraJson.Options.Encoder)}\""));
            copied = (int)reader.BytesConsumed;
        }
        result.Write(json.AsSpan(copied));
        return result.ToArray();
    }

    private static bool IsPath(Match match) => match.Groups["drive"].Success || TopFolders.Contains(match.Groups["top"].Value);

    private static string LastOf(string path)
    {
        var trimmed = path.TrimEnd('/', '\\', '.');
        return trimmed[(trimmed.LastIndexOfAny(['/', '\\']) + 1)..] + (path.EndsWith('.') ? "." : "");
    }

    // In quotes a path may hold spaces. Elsewhere it ends with the word; a slash within a word, as in BTC/USDT or a URL, begins none.
    [GeneratedRegex(
        """(?<=['"])(/(?<top>[^/'"\n]+)(/[^'"\n]*)?|(?<drive>[A-Za-z]:)[\\/][^'"\n]*)(?=['"])|(?<![\w.:/\\-])(/(?<top>[^/\s'",;:()<>|]+)(/[^\s'",;:()<>|]*)*|(?<drive>[A-Za-z]:)[\\/][^\s'",;()<>|]+)""",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathPattern();
}
