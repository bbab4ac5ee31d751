using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>Compares a rollup with its source, partition by partition, and names the ranges in which they differ.</summary>
internal sealed class RollupVerifier(RollupDatabase database, RollupChain chain)
{
    private const double Tolerance = 1e-9; // sums of floats depend on the order

    private sealed record Facts(long Rows, double[] Values);

    private RollupDefinition Definition => chain.Definition;

    public async Task<RollupVerification> RunAsync(IProgress<RollupProgress>? progress, CancellationToken cancellation, int? attempts = null)
    {
        var exact = await ComparableAsync(cancellation);
        var findings = new List<RollupFinding>();
        HashSet<string>? open = null;
        var busy = new HashSet<string>(StringComparer.Ordinal);
        Dictionary<string, Facts> source = [];
        for (var attempt = 1; ; attempt++)
        {
            await database.WaitForInsertsAsync(cancellation);
            source = await SourceAsync(exact, cancellation);
            var rolled = new Dictionary<RollupInterval, Dictionary<string, Facts>>();
            foreach (var interval in Definition.Intervals)
            {
                progress?.Report(new("verify", interval.ToString(), rolled.Count, Definition.Intervals.Count));
                rolled[interval] = await RolledAsync(interval, exact, cancellation);
            }
            await database.WaitForInsertsAsync(cancellation);
            var after = await CountsAsync(cancellation);

            // What was written meanwhile, or differs, is looked at again: an insert reaches the table before it reaches the views.
            busy = [.. after.Keys.Where(partition => !source.TryGetValue(partition, out var facts) || facts.Rows != after[partition])];
            var differing = Differences(source, rolled, exact).ToList();
            open = [.. differing.Select(difference => difference.Partition), .. busy];
            if (open.Count == 0) break;
            if (attempt < (attempts ?? database.Options.Attempts)) continue;
            foreach (var (interval, partition, aggregate) in differing)
                if (!busy.Contains(partition)) findings.AddRange(await ExplainAsync(interval, partition, aggregate, cancellation));
            break;
        }
        return new(findings, [.. busy.Order()], source.Count, source.Values.Sum(facts => facts.Rows));
    }

    /// <summary>The rows of the source in each partition of the rollup.</summary>
    public async Task<SortedDictionary<string, long>> CountsAsync(CancellationToken cancellation, string? condition = null, QueryParameters? parameters = null)
    {
        var rows = await database.ListAsync(
            $"SELECT toString({chain.PartitionOf(Definition.QualifiedTime)}) AS p, count() FROM {Definition.FromClause(Definition.Source)}{Where(condition)} GROUP BY p",
            row => (row.String(), (long)row.UInt64()), cancellation, parameters);
        return new(rows.ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    /// <summary>Where a comparison begins: before it the rollup or its source has let go of rows.</summary>
    public DateTimeOffset? KeptFrom(RollupInterval interval)
    {
        int?[] days = [Definition.SourceRetentionDays, Definition.Retention.FirstOrDefault(retention => retention.Interval == interval)?.Days];
        return days.Min() is { } least ? RollupSlice.NextPartition(database.Time.GetUtcNow().AddDays(-least), Definition.Partition) : null;
    }

    private IEnumerable<(RollupInterval Interval, string Partition, RollupAggregate? Aggregate)> Differences(
        Dictionary<string, Facts> source, Dictionary<RollupInterval, Dictionary<string, Facts>> rolled, List<RollupAggregate> exact)
    {
        foreach (var interval in Definition.Intervals)
        {
            foreach (var partition in source.Keys.Union(rolled[interval].Keys).Order())
            {
                if (KeptFrom(interval) is { } from && RollupSlice.OfPartition(partition, Definition.Partition).From < from) continue;
                var left = source.GetValueOrDefault(partition);
                var right = rolled[interval].GetValueOrDefault(partition);
                if (left?.Rows != right?.Rows)
                {
                    yield return (interval, partition, null);
                    continue;
                }
                for (var i = 0; i < exact.Count; i++)
                {
                    if (!AreEqual(left!.Values[i], right!.Values[i]))
                    {
                        yield return (interval, partition, exact[i]);
                        break;
                    }
                }
            }
        }
    }

    private async Task<List<RollupFinding>> ExplainAsync(RollupInterval interval, string partition, RollupAggregate? aggregate, CancellationToken cancellation)
    {
        var slice = RollupSlice.OfPartition(partition, Definition.Partition);
        if (aggregate is not null)
            return [new(interval, partition, RollupFindingKind.Different, slice.From, slice.To, 0, 0, $"{aggregate.Value} AS {aggregate.Name} is not what the source gives")];
        var target = chain.Target(interval).Quoted;
        var buckets = await database.ListAsync(
            $"""
            SELECT bucket, sum(source) AS source, sum(rolled) AS rolled FROM (
                SELECT toDateTime(toStartOfInterval({Definition.QualifiedTime}, {interval.Sql}, 'UTC'), 'UTC') AS bucket, count() AS source, 0::UInt64 AS rolled
                FROM {Definition.FromClause(Definition.Source)}{Where(RollupSlice.Condition(Definition.QualifiedTime))} GROUP BY bucket
                UNION ALL
                SELECT t.bucket AS bucket, 0::UInt64 AS source, sum(t.rows) AS rolled FROM {target} AS t WHERE {RollupSlice.Condition("t.bucket")} GROUP BY bucket
            ) GROUP BY bucket HAVING source != rolled ORDER BY bucket
            """,
            row => (Bucket: row.DateTime(), Source: (long)row.UInt64(), Rolled: (long)row.UInt64()), cancellation, slice.Parameters);
        var isEmpty = await database.CountAsync($"{target} AS t WHERE {RollupSlice.Condition("t.bucket")}", cancellation, slice.Parameters) == 0;
        var viewMade = await ViewIsYoungerAsync(interval, slice, cancellation);
        var findings = new List<RollupFinding>();
        foreach (var (bucket, source, rolled) in buckets)
        {
            var kind = rolled < source ? RollupFindingKind.Missing : RollupFindingKind.Doubled;
            var last = findings.Count > 0 ? findings[^1] : null;
            if (last?.Kind == kind && last.To == bucket)
                findings[^1] = last with { To = interval.EndOf(bucket), SourceRows = last.SourceRows + source, RollupRows = last.RollupRows + rolled };
            else
                findings.Add(new(interval, partition, kind, bucket, interval.EndOf(bucket), source, rolled, Why(kind, isEmpty, viewMade)));
        }
        return findings;
    }

    private static string Why(RollupFindingKind kind, bool isEmpty, bool? viewIsYounger) => kind switch
    {
        RollupFindingKind.Doubled => "rows were counted twice: a block was inserted again, or a partition attached to one that was filled",
        _ when viewIsYounger == true => "the rows were inserted before the view was made",
        _ when isEmpty => "the partition was dropped, or never filled",
        _ => "rows are missing",
    };

    // Only with a column that says when rows were inserted can this be told.
    private async Task<bool?> ViewIsYoungerAsync(RollupInterval interval, RollupSlice slice, CancellationToken cancellation)
    {
        if (Definition.QualifiedIngested is not { } ingested) return null;
        var parameters = slice.Parameters.Add("mv", chain.MaterializedView(interval).Value);
        var answer = await database.ListAsync(
            $"""
            SELECT toUInt8(ifNull(max({ingested}) < (SELECT max(metadata_modification_time) FROM system.tables WHERE database = currentDatabase() AND name = {"{mv:String}"}), 0))
            FROM {Definition.FromClause(Definition.Source)}{Where(RollupSlice.Condition(Definition.QualifiedTime))}
            """,
            row => row.UInt8(), cancellation, parameters);
        return answer is [1];
    }

    // Aggregates whose merged states give a number that can be compared.
    private async Task<List<RollupAggregate>> ComparableAsync(CancellationToken cancellation)
    {
        var exact = Definition.Aggregates.Where(aggregate => aggregate.IsExact).ToList();
        if (exact.Count == 0) return exact;
        var values = string.Join(", ", exact.Select(aggregate => $"{aggregate.Value} AS {aggregate.Name.Quoted}"));
        var columns = await database.DescribeAsync($"SELECT {values} FROM {Definition.FromClause(Definition.Source)}", cancellation);
        return [.. exact.Zip(columns).Where(pair => IsNumber(pair.Second.Type)).Select(pair => pair.First)];
    }

    private static bool IsNumber(string type)
    {
        var inner = type.StartsWith("Nullable(", StringComparison.Ordinal) ? type["Nullable(".Length..^1] : type;
        return inner.StartsWith("UInt", StringComparison.Ordinal) || inner.StartsWith("Int", StringComparison.Ordinal) ||
            inner.StartsWith("Float", StringComparison.Ordinal) || inner.StartsWith("Decimal", StringComparison.Ordinal);
    }

    private async Task<Dictionary<string, Facts>> SourceAsync(List<RollupAggregate> exact, CancellationToken cancellation) => await FactsAsync(
        $"SELECT toString({chain.PartitionOf(Definition.QualifiedTime)}) AS p, count(), {Values(exact.Select(aggregate => aggregate.Value))} " +
        $"FROM {Definition.FromClause(Definition.Source)}{Where(null)} GROUP BY p",
        cancellation);

    private async Task<Dictionary<string, Facts>> RolledAsync(RollupInterval interval, List<RollupAggregate> exact, CancellationToken cancellation) => await FactsAsync(
        $"SELECT toString({chain.PartitionOf("t.bucket")}) AS p, sum(t.rows), {Values(exact.Select(aggregate => aggregate.Merge("t")))} FROM {chain.Target(interval).Quoted} AS t GROUP BY p",
        cancellation);

    private async Task<Dictionary<string, Facts>> FactsAsync(string sql, CancellationToken cancellation)
    {
        var rows = await database.ListAsync(sql, row => (row.String(), new Facts((long)row.UInt64(), row.Array(r => r.Float64()))), cancellation);
        return rows.ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal);
    }

    private static string Values(IEnumerable<string> values) => $"CAST([{string.Join(", ", values.Select(value => $"toFloat64(ifNull({value}, nan))"))}], 'Array(Float64)')";

    private string Where(string? condition)
    {
        var given = new[] { Definition.Where, condition }.Where(text => text is not null).Select(text => $"({text})").ToList();
        return given.Count == 0 ? "" : " WHERE " + string.Join(" AND ", given);
    }

    private static bool AreEqual(double left, double right) =>
        left.Equals(right) || Math.Abs(left - right) <= Tolerance * Math.Max(Math.Abs(left), Math.Abs(right));

    /// <summary>A finding as a person reads it.</summary>
    public static string Describe(RollupFinding finding) => string.Create(
        CultureInfo.InvariantCulture,
        $"{finding.Interval}: {finding.Kind.ToString().ToLowerInvariant()} {new RollupSlice(finding.From, finding.To)}: source {finding.SourceRows}, rollup {finding.RollupRows} ({finding.Explanation})");
}
