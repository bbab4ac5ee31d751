using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse.Rows;

namespace Remora.ClickHouse.Rollups;

/// <summary>Queries of rollup operations to a database.</summary>
internal sealed class RollupDatabase(ClickHouseClient client, RollupOptions options, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public ClickHouseClient Client { get; } = client;

    public RollupOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    /// <summary>Runs a possibly long statement within the limits of the options.</summary>
    public Task<QuerySummary> RunAsync(
        string sql,
        CancellationToken cancellation,
        QueryParameters? parameters = null,
        string? token = null
    ) =>
        Client.ExecuteAsync(
            sql,
            new QueryOptions
            {
                Parameters = parameters,
                Settings = Heavy(token),
                Timeout = Timeout.InfiniteTimeSpan,
            },
            cancellation
        );

    /// <summary>
    /// Returns the rows of a possibly long query within the limits of the options.
    /// </summary>
    public async Task<List<T>> ListAsync<T>(
        string sql,
        Func<RowReader, T> read,
        CancellationToken cancellation,
        QueryParameters? parameters = null
    )
    {
        var rows = new List<T>();
        await foreach (
            var row in Client.QueryAsync(
                sql,
                read,
                new QueryOptions
                {
                    Parameters = parameters,
                    Settings = Heavy(null),
                    Timeout = Timeout.InfiniteTimeSpan,
                },
                cancellation
            )
        )
            rows.Add(row);
        return rows;
    }

    /// <summary>Returns all objects with the mark of a rollup.</summary>
    public async Task<List<(SqlName Name, string Engine, RollupMark Mark)>> MarkedAsync(
        SqlName rollup,
        CancellationToken cancellation
    )
    {
        var rows = await Client.ListAsync(
            "SELECT name, engine, comment FROM system.tables WHERE database = currentDatabase() AND "
                + "startsWith(comment, '{\"rollup\":')",
            row => (Name: row.String(), Engine: row.String(), Comment: row.String()),
            null,
            cancellation
        );
        return
        [
            .. rows.Select(row =>
                    (
                        Name: SqlName.TryParse(row.Name, out var name) ? name : default,
                        row.Engine,
                        Mark: JsonSerializer.Deserialize(row.Comment, RollupMarkJson.Default.RollupMark)!
                    )
                )
                .Where(row => row.Mark.Rollup == rollup.Value && IsOf(row.Name, row.Mark)),
        ];
    }

    // The mark is a comment, and copies of a table have it too; the rollup's own objects also have
    // its name as prefix.
    private static bool IsOf(SqlName name, RollupMark mark) =>
        name != default
        && (
            name.Value == $"{mark.Rollup}_{mark.Interval}"
            || name.Value.StartsWith($"{mark.Rollup}_{mark.Interval}_", StringComparison.Ordinal)
        );

    public async Task<bool> ExistsAsync(SqlName table, CancellationToken cancellation) =>
        await Client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {t:String}",
            row => row.UInt64(),
            new QueryParameters().Add("t", table.Value),
            cancellation
        ) > 0;

    public Task<List<DescribedColumn>> DescribeAsync(string query, CancellationToken cancellation) =>
        Client.ListAsync(
            $"DESCRIBE TABLE ({query})",
            row =>
            {
                var column = new DescribedColumn(row.String(), row.String());
                for (var i = 2; i < row.Names.Count; i++)
                    row.Bytes(); // skip defaults, comments and codecs
                return column;
            },
            null,
            cancellation
        );

    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) =>
        Client.SingleAsync("SELECT now64(6)", row => row.DateTime64(), null, cancellation);

    public async Task<long> CountAsync(
        string from,
        CancellationToken cancellation,
        QueryParameters? parameters = null
    ) => (long)await Client.SingleAsync($"SELECT count() FROM {from}", row => row.UInt64(), parameters, cancellation);

    /// <summary>
    /// Waits until every running insert has ended, so that its rows are in the table and in the
    /// targets of its materialized views. Does not wait for inserts that start meanwhile.
    /// </summary>
    public async Task WaitForInsertsAsync(CancellationToken cancellation)
    {
        var moment = await NowAsync(cancellation);
        var deadline = Time.GetUtcNow() + Options.InsertTimeout;
        while (
            await Client.SingleAsync(
                $"SELECT count() FROM {Processes} WHERE query_kind = 'Insert' AND now64(6) - "
                    + $"toIntervalMicrosecond(toInt64(elapsed * 1000000)) <= {{moment:DateTime64(6)}}",
                row => row.UInt64(),
                new QueryParameters().Add("moment", moment),
                cancellation
            ) > 0
        )
        {
            if (Time.GetUtcNow() > deadline)
                throw new RollupException(
                    $"an insert has been running for {Options.InsertTimeout}; try again after it ends"
                );
            await Task.Delay(Pause, Time, cancellation);
        }
    }

    public async Task<List<SqlName>> ColumnsToCopyAsync(RollupDefinition definition, CancellationToken cancellation)
    {
        var names = await Client.ListAsync(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} AND "
                + "default_kind NOT IN ('ALIAS', 'MATERIALIZED') ORDER BY position",
            row => row.String(),
            new QueryParameters().Add("t", definition.Source.Value),
            cancellation
        );
        return [.. names.Where(name => name != definition.Ingested).Select(SqlName.Of)];
    }

    private string Processes =>
        Client.Cluster is { } cluster
            ? $"clusterAllReplicas({SqlName.Of(cluster).Quoted}, system.processes)"
            : "system.processes";

    private Dictionary<string, string> Heavy(string? token)
    {
        var settings = new Dictionary<string, string>(InsertToken.Settings(token), StringComparer.Ordinal)
        {
            ["max_memory_usage"] = Options.MemoryBytes.ToString(CultureInfo.InvariantCulture),
            ["max_bytes_before_external_group_by"] = (Options.MemoryBytes / 2).ToString(CultureInfo.InvariantCulture),
            ["max_bytes_before_external_sort"] = (Options.MemoryBytes / 2).ToString(CultureInfo.InvariantCulture),
            ["max_threads"] = Options.Threads.ToString(CultureInfo.InvariantCulture),
            ["max_insert_threads"] = "1",
            ["min_insert_block_size_rows"] = (Options.ChunkRows * 4).ToString(CultureInfo.InvariantCulture),
            ["min_insert_block_size_bytes"] = (Options.MemoryBytes / 4).ToString(CultureInfo.InvariantCulture),
        };
        return settings;
    }
}
