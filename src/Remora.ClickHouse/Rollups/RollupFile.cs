using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Reads a definition: a header of <c>-- key: value</c> lines, then named aggregates, separated by
/// commas. Other comments are ignored.
/// <code>
/// -- rollup: requests
/// -- source: api_requests
/// -- time: at
/// -- ingested: ingested
/// -- intervals: 1 minute, 1 hour, 6 hours
/// -- keys: route, lower(pair) AS pair
/// -- retention: 1 minute 90 days, 1 hour 730 days
/// -- partition: month
/// -- granularity: 8192
/// count() AS requests,
/// quantileTDigest(0.95)(microseconds) AS p95
/// </code>
/// </summary>
public static class RollupFile
{
    private static readonly string[] HeaderKeys = ["rollup", "source", "time", "ingested", "where", "intervals", "keys", "retention", "source retention", "partition", "granularity"];
    private const int MostDays = 10_000; // the expiry of a bucket must be a valid DateTime, or the bucket expires immediately
    private static readonly string[] Reserved = ["bucket", "rows"];

    public static async Task<RollupDefinition> ReadAsync(string path, CancellationToken cancellation = default) =>
        Parse(await File.ReadAllTextAsync(path, cancellation), Path.GetFileName(path));

    /// <exception cref="RollupDefinitionException">A part is missing or invalid.</exception>
    public static RollupDefinition Parse(string text, string file)
    {
        var header = new Dictionary<string, (string Value, int Line)>(StringComparer.OrdinalIgnoreCase);
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var body = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            body.Append(line.StartsWith("--", StringComparison.Ordinal) ? "" : lines[i]).Append('\n');
            if (!line.StartsWith("--", StringComparison.Ordinal)) continue;
            var parts = line[2..].Split(':', 2);
            var key = parts[0].Trim();
            if (parts.Length < 2 || !HeaderKeys.Contains(key, StringComparer.OrdinalIgnoreCase)) continue; // a comment
            if (!header.TryAdd(key, (parts[1].Trim(), i + 1))) throw new RollupDefinitionException(file, i + 1, $"'{key}' is given twice");
        }

        var name = Name(Needed("rollup"));
        var source = Needed("source");
        var (table, rest) = source.Value.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is [var first, .. var more] ? (first, more.Length > 0 ? more[0] : "AS s") : ("", "");
        var time = Needed("time");
        var keys = header.TryGetValue("keys", out var keyText) && keyText.Value.Length > 0 ? Items(keyText.Value, keyText.Line).Select(Key).ToList() : [];
        var aggregates = Items(body.ToString(), 1).Select(Aggregate).ToList();
        if (aggregates.Count == 0) throw new RollupDefinitionException(file, lines.Length, "there is no aggregate: write at least one, such as 'count() AS events'");
        foreach (var (taken, line) in keys.Select(key => (key.Name.Value, key.Line)).Concat(aggregates.Select(aggregate => (aggregate.Name.Value, aggregate.Line))).GroupBy(pair => pair.Value).Where(group => group.Count() > 1 || Reserved.Contains(group.Key)).Select(group => group.Last()))
            throw new RollupDefinitionException(file, line, Reserved.Contains(taken) ? $"'{taken}' is a column every rollup has: take another name" : $"the name '{taken}' is given twice");

        var cut = header.TryGetValue("partition", out var partition) ? Partition(partition) : RollupPartition.Month;
        var lengths = Intervals(Needed("intervals"));
        if (cut != RollupPartition.Year && lengths.Exists(interval => interval.IsYear)) throw new RollupDefinitionException(file, Needed("intervals").Line, "buckets of a year need '-- partition: year'");

        return new()
        {
            Name = name,
            File = file,
            Source = Name((table, source.Line)),
            SourceRest = rest.StartsWith("AS ", StringComparison.OrdinalIgnoreCase) ? rest : throw new RollupDefinitionException(file, source.Line, "a source with more than a table's name goes on with AS and an alias"),
            SourceLine = source.Line,
            Time = time.Value,
            TimeLine = time.Line,
            Ingested = header.TryGetValue("ingested", out var ingested) ? ingested.Value : null,
            Where = header.TryGetValue("where", out var where) ? where.Value : null,
            Intervals = lengths,
            Keys = keys,
            Aggregates = aggregates,
            Retention = header.TryGetValue("retention", out var retention) ? Retentions(retention) : [],
            SourceRetentionDays = header.TryGetValue("source retention", out var kept) ? Days(kept.Value, kept.Line) : null,
            Partition = cut,
            Granularity = header.TryGetValue("granularity", out var granularity) ? Granularity(granularity) : null,
            Hash = Hash(header, keys, aggregates),
        };

        (string Value, int Line) Needed(string key) => header.TryGetValue(key, out var value) && value.Value.Length > 0
            ? value
            : throw new RollupDefinitionException(file, 1, $"the header has no '-- {key}: …'");

        SqlName Name((string Value, int Line) from)
        {
            try
            {
                return SqlName.Of(from.Value);
            }
            catch (FormatException e)
            {
                throw new RollupDefinitionException(file, from.Line, e.Message);
            }
        }

        RollupKey Key((string Text, int Line) item)
        {
            var (expression, alias) = SqlText.SplitAlias(item.Text);
            return new(Name((alias ?? expression, item.Line)), expression, item.Line);
        }

        RollupAggregate Aggregate((string Text, int Line) item)
        {
            var (expression, alias) = SqlText.SplitAlias(item.Text);
            if (alias is null) throw new RollupDefinitionException(file, item.Line, $"'{item.Text}' has no name: write '… AS name'");
            return SqlText.SplitCall(expression) is var (function, parameters, arguments)
                ? new(Name((alias, item.Line)), function, parameters, arguments, item.Line)
                : throw new RollupDefinitionException(file, item.Line, $"'{expression}' is no call of an aggregate function, such as sum(x) or quantile(0.9)(x)");
        }

        List<(string Text, int Line)> Items(string from, int firstLine)
        {
            try
            {
                return SqlText.SplitList(from, firstLine);
            }
            catch (FormatException e)
            {
                throw new RollupDefinitionException(file, firstLine, e.Message);
            }
        }

        List<RollupInterval> Intervals((string Value, int Line) from)
        {
            try
            {
                var intervals = from.Value.Split(',').Select(text => RollupInterval.Parse(text.Trim())).OrderBy(interval => interval.Length).ToList();
                return intervals.Distinct().Count() == intervals.Count ? intervals : throw new FormatException("an interval is given twice");
            }
            catch (FormatException e)
            {
                throw new RollupDefinitionException(file, from.Line, e.Message);
            }
        }

        List<RollupRetention> Retentions((string Value, int Line) from) =>
            [.. from.Value.Split(',').Select(text =>
            {
                var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length != 4) throw new RollupDefinitionException(file, from.Line, $"'{text.Trim()}' is no retention: write '1 minute 90 days'");
                try
                {
                    return new RollupRetention(RollupInterval.Parse(string.Join(' ', words[..2])), Days(string.Join(' ', words[2..]), from.Line));
                }
                catch (FormatException e)
                {
                    throw new RollupDefinitionException(file, from.Line, e.Message);
                }
            })];

        int Days(string value, int line) =>
            value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, "day" or "days"] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= MostDays
                ? days
                : throw new RollupDefinitionException(file, line, $"'{value}' is no number of days: write '90 days'; at most {MostDays}");

        int Granularity((string Value, int Line) from) => int.TryParse(from.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is >= 1 and <= 65536
            ? rows
            : throw new RollupDefinitionException(file, from.Line, $"'{from.Value}' is no granularity: allowed are 1 to 65536 rows");

        RollupPartition Partition((string Value, int Line) from) => from.Value.ToLowerInvariant() switch
        {
            "month" => RollupPartition.Month,
            "year" => RollupPartition.Year,
            _ => throw new RollupDefinitionException(file, from.Line, $"'{from.Value}' is no partition: allowed are month and year"),
        };
    }

    private static string Hash(Dictionary<string, (string Value, int Line)> header, List<RollupKey> keys, List<RollupAggregate> aggregates)
    {
        var text = new StringBuilder();
        foreach (var key in (string[])["source", "time", "where", "intervals", "partition"]) text.Append(key).Append('=').Append(header.GetValueOrDefault(key).Value).Append('\n');
        if (header.TryGetValue("granularity", out var granularity)) text.Append("granularity=").Append(granularity.Value).Append('\n');
        foreach (var key in keys) text.Append(key.Expression).Append(" AS ").Append(key.Name).Append('\n');
        foreach (var aggregate in aggregates) text.Append(aggregate.Value).Append(" AS ").Append(aggregate.Name).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
