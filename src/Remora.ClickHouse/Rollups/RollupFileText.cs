using System.Text;

namespace Remora.ClickHouse.Rollups;

/// <summary>A part of a definition, with its line from 1.</summary>
internal readonly record struct FileText(string Value, int Line);

/// <summary>
/// A definition split into the values of its header and the text of its aggregates.
/// </summary>
/// <param name="File">The name of the file, for messages.</param>
/// <param name="Header">The values by key.</param>
/// <param name="Body">The aggregates. Comments are blank lines, so that line numbers match.</param>
/// <param name="Lines">The number of lines.</param>
internal sealed record RollupFileText(string File, IReadOnlyDictionary<string, FileText> Header, string Body, int Lines)
{
    private static readonly string[] Keys =
    [
        "rollup",
        "source",
        "time",
        "ingested",
        "where",
        "intervals",
        "keys",
        "retention",
        "source retention",
        "partition",
        "granularity",
        "table",
        "load",
        "typical query",
        "slow",
    ];

    /// <exception cref="RollupDefinitionException">A key occurs twice.</exception>
    public static RollupFileText Split(string text, string file)
    {
        var header = new Dictionary<string, FileText>(StringComparer.OrdinalIgnoreCase);
        var body = new StringBuilder();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            var isComment = line.StartsWith("--", StringComparison.Ordinal);
            body.Append(isComment ? "" : lines[i]).Append('\n');
            if (!isComment || !TrySplit(line[2..], out var key, out var value))
                continue;
            if (!header.TryAdd(key, new(value, i + 1)))
                throw new RollupDefinitionException(file, i + 1, $"'-- {key}:' occurs twice: expected each key once");
        }
        return new(file, header, body.ToString(), lines.Length);
    }

    /// <summary>Returns the value of a key; null if the key is missing.</summary>
    public FileText? Find(string key) => Header.TryGetValue(key, out var value) ? value : null;

    /// <exception cref="RollupDefinitionException">The key is missing, or has no value.</exception>
    public FileText Require(string key) =>
        Find(key) is { Value.Length: > 0 } value
            ? value
            : throw Error(Find(key)?.Line ?? 1, $"'-- {key}: …' is missing from the header");

    public RollupDefinitionException Error(int line, string reason) => new(File, line, reason);

    private static bool TrySplit(string comment, out string key, out string value)
    {
        var parts = comment.Split(':', 2, StringSplitOptions.TrimEntries);
        (key, value) = (parts[0], parts[^1]);
        return parts.Length == 2 && Keys.Contains(key, StringComparer.OrdinalIgnoreCase);
    }
}
