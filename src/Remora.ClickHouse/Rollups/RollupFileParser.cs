using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Remora.ClickHouse.Rollups;

/// <summary>Validates the parts of a definition. Each error names the file and the line.</summary>
internal sealed class RollupFileParser(RollupFileText text)
{
    // The expiry of a bucket must be a valid DateTime; otherwise the bucket expires immediately.
    private const int MostDays = 10_000;
    private const int MostRows = 65_536;
    private const int MostMilliseconds = 60_000;

    private static readonly string[] Reserved = ["bucket", "rows"];

    // The header keys whose text the hash contains. Further ones are hashed only if they are set,
    // so that the hashes of older definitions stay the same.
    private static readonly string[] Hashed = ["source", "time", "where", "intervals", "partition"];

    /// <exception cref="RollupDefinitionException">A part is missing or invalid.</exception>
    public RollupDefinition Parse()
    {
        var name = Name(text.Require("rollup"));
        var (source, line) = text.Require("source");
        var (table, after) = SplitSource(source);
        var time = text.Require("time");
        var keys = Keys();
        var aggregates = Aggregates();
        CheckNames(keys, aggregates);
        var partition = Partition();
        var definition = new RollupDefinition
        {
            Name = name,
            File = text.File,
            Source = Name(new(table, line)),
            SourceRest = after.StartsWith("AS ", StringComparison.OrdinalIgnoreCase)
                ? after
                : throw text.Error(line, $"'{source}' has no alias: expected 'table', or 'table AS alias JOIN …'"),
            SourceLine = line,
            Time = time.Value,
            TimeLine = time.Line,
            Ingested = text.Find("ingested")?.Value,
            Where = text.Find("where")?.Value,
            Intervals = Intervals(partition),
            Keys = keys,
            Aggregates = aggregates,
            Retention = Retention(),
            SourceRetentionDays = text.Find("source retention") is { } kept ? Days(kept) : null,
            Partition = partition,
            Granularity = Granularity(),
            TableSettings = Settings("table"),
            LoadSettings = Settings("load"),
            TypicalQuery = TypicalQuery(),
            Hash = Hash(keys, aggregates),
        };
        return text.Find("slow") is { } slow ? definition with { SlowAfter = Milliseconds(slow) } : definition;
    }

    private static (string Table, string After) SplitSource(string source)
    {
        var words = source.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        return (words[0], words.Length > 1 ? words[1] : "AS s");
    }

    private List<RollupKey> Keys() =>
        text.Find("keys") is { Value.Length: > 0 } keys ? [.. Items(keys).Select(Key)] : [];

    private RollupKey Key(FileText item)
    {
        var (expression, alias) = SqlText.SplitAlias(item.Value);
        return new(Name(new(alias ?? expression, item.Line)), expression, item.Line);
    }

    private List<RollupAggregate> Aggregates()
    {
        List<RollupAggregate> aggregates = [.. Items(new(text.Body, 1)).Select(Aggregate)];
        return aggregates.Count > 0
            ? aggregates
            : throw text.Error(text.Lines, "no aggregate: expected at least one, such as 'count() AS events'");
    }

    private RollupAggregate Aggregate(FileText item)
    {
        var (expression, alias) = SqlText.SplitAlias(item.Value);
        if (alias is null)
            throw text.Error(item.Line, $"'{item.Value}' has no name: expected '… AS name'");
        if (SqlText.SplitCall(expression) is not var (function, parameters, arguments))
        {
            throw text.Error(
                item.Line,
                $"'{expression}' is not a call of an aggregate function: expected one such as sum(x) or "
                    + $"quantile(0.9)(x)"
            );
        }
        return new(Name(new(alias, item.Line)), function, parameters, arguments, item.Line);
    }

    private void CheckNames(List<RollupKey> keys, List<RollupAggregate> aggregates)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var all = keys.Select(key => (key.Name, key.Line))
            .Concat(aggregates.Select(aggregate => (aggregate.Name, aggregate.Line)));
        foreach (var (name, line) in all)
        {
            if (Reserved.Contains(name.Value))
                throw text.Error(line, $"'{name}' is a column of every rollup: use another name");
            if (!names.Add(name.Value))
                throw text.Error(line, $"the name '{name}' occurs twice: use another name");
        }
    }

    private List<RollupInterval> Intervals(RollupPartition partition)
    {
        var (value, line) = text.Require("intervals");
        List<RollupInterval> intervals =
        [
            .. value.Split(',').Select(item => Interval(new(item.Trim(), line))).OrderBy(interval => interval.Length),
        ];
        if (intervals.Distinct().Count() < intervals.Count)
            throw text.Error(line, $"'{value}' lists an interval twice: expected each once");
        if (partition != RollupPartition.Year && intervals.Exists(interval => interval.IsYear))
            throw text.Error(line, "intervals of a year require '-- partition: year'");
        return intervals;
    }

    private List<RollupRetention> Retention() =>
        text.Find("retention") is var (value, line)
            ? [.. value.Split(',').Select(item => Retention(new(item.Trim(), line)))]
            : [];

    private RollupRetention Retention(FileText item)
    {
        var words = item.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 4
            ? new(
                Interval(new(string.Join(' ', words[..2]), item.Line)),
                Days(new(string.Join(' ', words[2..]), item.Line))
            )
            : throw text.Error(
                item.Line,
                $"invalid retention '{item.Value}': expected an interval and days, such as '1 minute 90 days'"
            );
    }

    private int Days(FileText item) =>
        item.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, "day" or "days"]
        && Whole(number, MostDays) is { } days
            ? days
            : throw text.Error(
                item.Line,
                $"invalid number of days '{item.Value}': expected 1 to {MostDays} days, such as '90 days'"
            );

    private int? Granularity()
    {
        if (text.Find("granularity") is not var (value, line))
            return null;
        return Whole(value, MostRows)
            ?? throw text.Error(line, $"invalid granularity '{value}': expected 1 to {MostRows} rows");
    }

    private IReadOnlyList<RollupSetting> Settings(string key) =>
        text.Find(key) is var (value, line) ? At(line, () => RollupSetting.Parse(value, key == "table")) : [];

    private string? TypicalQuery() =>
        text.Find("typical query") is not var (value, line) ? null
        : value.StartsWith("SELECT ", StringComparison.OrdinalIgnoreCase)
        && !value.Contains(';', StringComparison.Ordinal)
            ? value
        : throw text.Error(line, $"invalid typical query '{value}': expected one SELECT statement, without ';'");

    private TimeSpan Milliseconds(FileText item) =>
        item.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, "ms"]
        && Whole(number, MostMilliseconds) is { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw text.Error(
                item.Line,
                $"invalid time '{item.Value}': expected 1 to {MostMilliseconds} milliseconds, such as '200 ms'"
            );

    private RollupPartition Partition()
    {
        if (text.Find("partition") is not var (value, line))
            return RollupPartition.Month;
        return value.ToLowerInvariant() switch
        {
            "month" => RollupPartition.Month,
            "year" => RollupPartition.Year,
            _ => throw text.Error(line, $"invalid partition '{value}': expected month or year"),
        };
    }

    private SqlName Name(FileText from) => At(from.Line, () => SqlName.Of(from.Value));

    private RollupInterval Interval(FileText from) => At(from.Line, () => RollupInterval.Parse(from.Value));

    private IEnumerable<FileText> Items(FileText from) =>
        At(from.Line, () => SqlText.SplitList(from.Value, from.Line))
            .Select(item => new FileText(item.Text, item.Line));

    /// <summary>Adds file and line to the error of a parser.</summary>
    private T At<T>(int line, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException e)
        {
            throw text.Error(line, e.Message);
        }
    }

    private static int? Whole(string number, int most) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value >= 1
        && value <= most
            ? value
            : null;

    private string Hash(List<RollupKey> keys, List<RollupAggregate> aggregates)
    {
        var hashed = new StringBuilder();
        foreach (var key in Hashed)
            hashed.Append(key).Append('=').Append(text.Find(key)?.Value).Append('\n');
        if (text.Find("granularity") is { } rows)
            hashed.Append("granularity=").Append(rows.Value).Append('\n');
        foreach (var key in keys)
            hashed.Append(key.Expression).Append(" AS ").Append(key.Name).Append('\n');
        foreach (var aggregate in aggregates)
            hashed.Append(aggregate.Value).Append(" AS ").Append(aggregate.Name).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashed.ToString())))[..16];
    }
}
