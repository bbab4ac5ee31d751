namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Compares a rollup with its source by partition, and finds the ranges that differ.
/// </summary>
internal sealed class RollupVerifier(RollupDatabase database, RollupChain chain)
{
    private const double Tolerance = 1e-9; // sums of floats depend on their order

    private sealed record Facts(long Rows, double[] Values);

    private enum State
    {
        Right,
        WrongRows,
        WrongValue,
        Busy,
    }

    /// <summary>The comparison of a partition of an interval.</summary>
    private readonly record struct RangeCheck(State State, RollupAggregate? Differing = null);

    private RollupDefinition Definition => chain.Definition;

    /// <summary>
    /// Reads the rollup, the source, and the rollup again, and waits for running inserts between
    /// the reads. So the source has all rows of the first read, and the second read has all rows of
    /// the source, whatever is inserted meanwhile. Only fewer rows in the second read are missing,
    /// only more rows in the first are duplicates, and anything between is still being inserted.
    /// </summary>
    public async Task<RollupVerification> RunAsync(
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation,
        int? attempts = null
    )
    {
        var exact = await ComparableAsync(cancellation);
        for (var attempt = 1; ; attempt++)
        {
            var before = await RolledAsync(exact, progress, cancellation);
            await database.WaitForInsertsAsync(cancellation);
            var source = await SourceAsync(exact, cancellation);
            await database.WaitForInsertsAsync(cancellation);
            var after = await RolledAsync(exact, progress, cancellation);

            var compared = Definition
                .Intervals.SelectMany(interval =>
                    source
                        .Keys.Union(before[interval].Keys)
                        .Union(after[interval].Keys)
                        .Order()
                        .Where(partition =>
                            KeptFrom(interval) is not { } from
                            || RollupSlice.OfPartition(partition, Definition.Partition).From >= from
                        )
                        .Select(partition =>
                            (
                                Interval: interval,
                                Partition: partition,
                                RangeCheck: Compare(
                                    source.GetValueOrDefault(partition),
                                    before[interval].GetValueOrDefault(partition),
                                    after[interval].GetValueOrDefault(partition),
                                    exact
                                )
                            )
                        )
                )
                .ToList();
            if (
                compared.Exists(entry => entry.RangeCheck.State == State.Busy)
                && attempt < (attempts ?? database.Options.Attempts)
            )
                continue; // inserts may pause
            var findings = new List<RollupFinding>();
            foreach (
                var (interval, partition, verdict) in compared.Where(entry => entry.RangeCheck.State != State.Right)
            )
                findings.AddRange(
                    verdict.Differing is { } aggregate
                        ? [Different(interval, partition, aggregate)]
                        : await ExplainAsync(interval, partition, cancellation)
                );
            var busy = compared
                .Where(entry => entry.RangeCheck.State == State.Busy)
                .Select(entry => entry.Partition)
                .Distinct()
                .Order()
                .ToList();
            return new(findings, busy, source.Count, source.Values.Sum(facts => facts.Rows));
        }
    }

    /// <summary>Returns the number of source rows in each partition of the rollup.</summary>
    public async Task<SortedDictionary<string, long>> CountsAsync(
        CancellationToken cancellation,
        string? condition = null,
        QueryParameters? parameters = null
    )
    {
        await database.SyncAsync(Definition.Source, cancellation);
        var rows = await database.ListAsync(
            $"SELECT toString({chain.PartitionOf(Definition.QualifiedTime)}) AS p, count() FROM "
                + $"{Definition.FromClause(Definition.Source)}{Where(condition)} GROUP BY p",
            row => (row.String(), (long)row.UInt64()),
            cancellation,
            parameters
        );
        return new(
            rows.ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    /// <summary>
    /// Returns the start of a comparison. Before it, rows of the rollup or its source have expired.
    /// </summary>
    public DateTimeOffset? KeptFrom(RollupInterval interval)
    {
        int?[] days =
        [
            Definition.SourceRetentionDays,
            Definition.Retention.FirstOrDefault(retention => retention.Interval == interval)?.Days,
        ];
        return days.Min() is { } least
            ? RollupSlice.NextPartition(database.Time.GetUtcNow().AddDays(-least), Definition.Partition)
            : null;
    }

    private static RangeCheck Compare(Facts? source, Facts? before, Facts? after, List<RollupAggregate> exact)
    {
        var (rows, first, second) = (source?.Rows ?? 0, before?.Rows ?? 0, after?.Rows ?? 0);
        if (first > rows || second < rows)
            return new(State.WrongRows);
        if (first < rows || second > rows)
            return new(State.Busy);
        if (rows == 0)
            return new(State.Right);
        for (var i = 0; i < exact.Count; i++)
            if (!AreEqual(source!.Values[i], after!.Values[i]))
                return new(State.WrongValue, exact[i]);
        return new(State.Right);
    }

    // Busy partitions are compared by bucket too: most of their buckets do not change, and a gap
    // shows there.
    private async Task<List<RollupFinding>> ExplainAsync(
        RollupInterval interval,
        string partition,
        CancellationToken cancellation
    )
    {
        var slice = RollupSlice.OfPartition(partition, Definition.Partition);
        var target = chain.Target(interval).Quoted;
        var rolledSql =
            $"SELECT t.bucket AS bucket, sum(t.rows) FROM {target} AS t WHERE {RollupSlice.Condition("t.bucket")} "
            + $"GROUP BY bucket";
        var sourceSql =
            $"SELECT toDateTime(toStartOfInterval({Definition.QualifiedTime}, {interval.Sql}, 'UTC'), 'UTC') AS "
            + $"bucket, count() FROM {Definition.FromClause(Definition.Source)}"
            + $"{Where(RollupSlice.Condition(Definition.QualifiedTime))} GROUP BY bucket";
        var before = await BucketsAsync(rolledSql, chain.Target(interval));
        await database.WaitForInsertsAsync(cancellation);
        var source = await BucketsAsync(sourceSql, Definition.Source);
        await database.WaitForInsertsAsync(cancellation);
        var after = await BucketsAsync(rolledSql, chain.Target(interval));

        var viewMade = await ViewIsYoungerAsync(interval, slice, cancellation);
        var findings = new List<RollupFinding>();
        foreach (var bucket in source.Keys.Union(before.Keys).Union(after.Keys).Order())
        {
            var (rows, first, second) = (
                source.GetValueOrDefault(bucket),
                before.GetValueOrDefault(bucket),
                after.GetValueOrDefault(bucket)
            );
            if (first <= rows && second >= rows)
                continue;
            var kind = second < rows ? RollupFindingKind.Missing : RollupFindingKind.Doubled;
            var rolled = kind == RollupFindingKind.Missing ? second : first;
            var last = findings.Count > 0 ? findings[^1] : null;
            if (last?.Kind == kind && last.To == bucket)
                findings[^1] = last with
                {
                    To = interval.EndOf(bucket),
                    SourceRows = last.SourceRows + rows,
                    RollupRows = last.RollupRows + rolled,
                };
            else
                findings.Add(
                    new(
                        interval,
                        partition,
                        kind,
                        bucket,
                        interval.EndOf(bucket),
                        rows,
                        rolled,
                        Why(kind, after.Count == 0, viewMade)
                    )
                    {
                        Shard = database.Shard,
                    }
                );
        }
        return findings;

        async Task<Dictionary<DateTimeOffset, long>> BucketsAsync(string sql, SqlName table)
        {
            await database.SyncAsync(table, cancellation);
            var rows = await database.ListAsync(
                sql,
                row => (Bucket: row.DateTime(), Rows: (long)row.UInt64()),
                cancellation,
                slice.Parameters
            );
            return rows.ToDictionary(row => row.Bucket, row => row.Rows);
        }
    }

    private RollupFinding Different(RollupInterval interval, string partition, RollupAggregate aggregate)
    {
        var slice = RollupSlice.OfPartition(partition, Definition.Partition);
        return new(
            interval,
            partition,
            RollupFindingKind.Different,
            slice.From,
            slice.To,
            0,
            0,
            $"{aggregate.Value} AS {aggregate.Name} differs from the source"
        )
        {
            Shard = database.Shard,
        };
    }

    private static string Why(RollupFindingKind kind, bool isEmpty, bool? viewIsYounger) =>
        kind switch
        {
            RollupFindingKind.Doubled =>
                "rows were counted twice: a block was inserted again, or a partition was attached to a filled one",
            _ when viewIsYounger == true => "the rows were inserted before the view was created",
            _ when isEmpty => "the partition was dropped, or never filled",
            _ => "rows are missing",
        };

    // Requires a column with the insert time of rows.
    private async Task<bool?> ViewIsYoungerAsync(
        RollupInterval interval,
        RollupSlice slice,
        CancellationToken cancellation
    )
    {
        if (Definition.QualifiedIngested is not { } ingested)
            return null;
        var parameters = slice.Parameters.Add("mv", chain.MaterializedView(interval).Value);
        var answer = await database.ListAsync(
            $"""
            SELECT toUInt8(ifNull(max({ingested}) < (SELECT max(metadata_modification_time) FROM system.tables WHERE database = currentDatabase() AND name = {"{mv:String}"}), 0))
            FROM {Definition.FromClause(Definition.Source)}{Where(RollupSlice.Condition(Definition.QualifiedTime))}
            """,
            row => row.UInt8(),
            cancellation,
            parameters
        );
        return answer is [1];
    }

    // Aggregates whose merged states are numbers that can be compared.
    private async Task<List<RollupAggregate>> ComparableAsync(CancellationToken cancellation)
    {
        var exact = Definition.Aggregates.Where(aggregate => aggregate.IsExact).ToList();
        if (exact.Count == 0)
            return exact;
        var values = string.Join(", ", exact.Select(aggregate => $"{aggregate.Value} AS {aggregate.Name.Quoted}"));
        var columns = await database.DescribeAsync(
            $"SELECT {values} FROM {Definition.FromClause(Definition.Source)}",
            cancellation
        );
        return [.. exact.Zip(columns).Where(pair => IsNumber(pair.Second.Type)).Select(pair => pair.First)];
    }

    private static bool IsNumber(string type)
    {
        var inner = type.StartsWith("Nullable(", StringComparison.Ordinal) ? type["Nullable(".Length..^1] : type;
        return inner.StartsWith("UInt", StringComparison.Ordinal)
            || inner.StartsWith("Int", StringComparison.Ordinal)
            || inner.StartsWith("Float", StringComparison.Ordinal)
            || inner.StartsWith("Decimal", StringComparison.Ordinal);
    }

    private Task<Dictionary<string, Facts>> SourceAsync(List<RollupAggregate> exact, CancellationToken cancellation) =>
        FactsAsync(
            Definition.Source,
            chain.PartitionOf(Definition.QualifiedTime),
            $"count(), {Values(exact.Select(aggregate => aggregate.Value))}",
            condition => $"{Definition.FromClause(Definition.Source)}{Where(condition)}",
            exact,
            cancellation
        );

    private async Task<Dictionary<RollupInterval, Dictionary<string, Facts>>> RolledAsync(
        List<RollupAggregate> exact,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var rolled = new Dictionary<RollupInterval, Dictionary<string, Facts>>();
        foreach (var interval in Definition.Intervals)
        {
            progress?.Report(new("verify", interval.ToString(), rolled.Count, Definition.Intervals.Count));
            rolled[interval] = await RolledAsync(interval, exact, cancellation);
        }
        return rolled;
    }

    private Task<Dictionary<string, Facts>> RolledAsync(
        RollupInterval interval,
        List<RollupAggregate> exact,
        CancellationToken cancellation
    ) =>
        FactsAsync(
            chain.Target(interval),
            chain.PartitionOf("t.bucket"),
            $"sum(t.rows), {Values(exact.Select(aggregate => aggregate.Merge("t")))}",
            condition => $"{chain.Target(interval).Quoted} AS t{(condition is null ? "" : $" WHERE {condition}")}",
            exact,
            cancellation
        );

    // uniqExact keeps all values: those of one partition at a time must fit into the memory.
    private async Task<Dictionary<string, Facts>> FactsAsync(
        SqlName table,
        string partition,
        string facts,
        Func<string?, string> from,
        List<RollupAggregate> exact,
        CancellationToken cancellation
    )
    {
        await database.SyncAsync(table, cancellation);
        List<string?> conditions = [null];
        if (exact.Exists(aggregate => aggregate.Function.StartsWith("uniqExact", StringComparison.Ordinal)))
            conditions =
            [
                .. await database.ListAsync(
                    $"SELECT DISTINCT toString({partition}) FROM {from(null)}",
                    row => $"{partition} = {row.String()}",
                    cancellation
                ),
            ];
        var all = new Dictionary<string, Facts>(StringComparer.Ordinal);
        foreach (var condition in conditions)
        foreach (
            var (id, read) in await database.ListAsync(
                $"SELECT toString({partition}) AS p, {facts} FROM {from(condition)} GROUP BY p",
                row => (row.String(), new Facts((long)row.UInt64(), row.Array(r => r.Float64()))),
                cancellation
            )
        )
            all.Add(id, read);
        return all;
    }

    private static string Values(IEnumerable<string> values) =>
        $"CAST([{string.Join(", ", values.Select(value => $"toFloat64(ifNull({value}, nan))"))}], 'Array(Float64)')";

    private string Where(string? condition)
    {
        var given = new[] { Definition.Where, condition }
            .Where(text => text is not null)
            .Select(text => $"({text})")
            .ToList();
        return given.Count == 0 ? "" : " WHERE " + string.Join(" AND ", given);
    }

    private static bool AreEqual(double left, double right) =>
        left.Equals(right) || Math.Abs(left - right) <= Tolerance * Math.Max(Math.Abs(left), Math.Abs(right));
}
