namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Computes the states of a slice of rows into tables beside the targets, a bounded number of rows
/// at a time.
/// </summary>
internal sealed class PartitionFill(RollupDatabase database, RollupChain chain)
{
    /// <summary>
    /// Empties and fills one table per interval from a table with the columns of the source.
    /// </summary>
    /// <returns>The number of rows in the states, which is the same for all intervals.</returns>
    /// <exception cref="RollupException">
    /// The intervals differ, because rows changed meanwhile.
    /// </exception>
    public async Task<long> RunAsync(
        SqlName source,
        RollupSlice slice,
        string? condition,
        QueryParameters? parameters,
        Func<RollupInterval, SqlName> fill,
        Action<long, long> report,
        CancellationToken cancellation
    )
    {
        foreach (var interval in chain.Definition.Intervals)
        {
            if (!await database.ExistsAsync(fill(interval), cancellation))
                await database.RunAsync(chain.CreateLike(fill(interval), interval), cancellation);
            await database.RunAsync($"TRUNCATE TABLE {fill(interval).Quoted} SYNC", cancellation);
        }
        return await AddAsync(source, slice, condition, parameters, fill, report, cancellation);
    }

    private async Task<long> AddAsync(
        SqlName source,
        RollupSlice slice,
        string? condition,
        QueryParameters? parameters,
        Func<RollupInterval, SqlName> fill,
        Action<long, long> report,
        CancellationToken cancellation
    )
    {
        var definition = chain.Definition;
        var where = string.Join(
            " AND ",
            new[] { definition.Where, condition, RollupSlice.Condition(definition.QualifiedTime) }
                .Where(text => text is not null)
                .Select(text => $"({text})")
        );
        var chunks = await RowChunks.ListAsync(
            database,
            $"{definition.FromClause(source)} WHERE {where}",
            definition.QualifiedTime,
            With(slice.Parameters, parameters),
            cancellation
        );
        var total = chunks.Sum(chunk => chunk.Rows);
        foreach (var interval in chain.Definition.Intervals)
        {
            if (chain.Below(interval) is { } below)
            {
                await database.RunAsync(
                    $"INSERT INTO {fill(interval).Quoted} {chain.StatesOfStates(interval, fill(below))}",
                    cancellation
                );
                continue;
            }
            var done = 0L;
            foreach (var (part, rows) in chunks)
            {
                var rowsOfPart = Both(RollupSlice.Condition(chain.Definition.QualifiedTime), condition);
                var states = chain.StatesOfRows(interval, source, rowsOfPart);
                var sql = $"INSERT INTO {fill(interval).Quoted} {states}";
                await database.RunAsync(sql, cancellation, With(part.Parameters, parameters));
                done += rows;
                report(done, total);
            }
        }
        var counted = new List<long>();
        foreach (var interval in chain.Definition.Intervals)
            counted.Add(await RowsAsync(fill(interval), cancellation));
        return counted.Distinct().Count() == 1 && counted[0] == total
            ? total
            : throw new RollupChangedException(
                $"{slice}: the source has {total} rows, the states have {string.Join(", ", counted)}"
            );
    }

    public async Task<long> RowsAsync(SqlName table, CancellationToken cancellation) =>
        (long)(await database.ListAsync($"SELECT sum(rows) FROM {table.Quoted}", row => row.UInt64(), cancellation))[0];

    private static string Both(string first, string? second) => second is null ? first : $"({first}) AND ({second})";

    private static QueryParameters With(QueryParameters parameters, QueryParameters? more)
    {
        if (more is not null)
            parameters.AddAll(more);
        return parameters;
    }
}

/// <summary>The rows of a slice changed while their states were computed.</summary>
internal sealed class RollupChangedException(string message) : Exception(message);
