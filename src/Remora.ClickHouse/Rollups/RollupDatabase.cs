using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse.Rows;

namespace Remora.ClickHouse.Rollups;

/// <summary>Queries of rollup operations to a database.</summary>
internal sealed class RollupDatabase(ClickHouseClient client, RollupOptions options, TimeProvider time)
{
    private const int TimeoutExceeded = 159;
    private const int TooFewLiveReplicas = 285;
    private const int UnknownStatusOfInsert = 319;
    private const int MostThreads = 8;
    private const long LeastMemory = 256L << 20;
    private const long MostMemory = 8L << 30;
    private const long UnknownMemory = 1L << 30;

    // A load that continues after a kill must make the same blocks again: their tokens are numbers
    private const long BlockBytes = 256L << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private Limits? _limits;

    public ClickHouseClient Client { get; } = client;

    public RollupOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    /// <summary>Settings of the definition for heavy statements.</summary>
    public IReadOnlyList<RollupSetting> Load { get; init; } = [];

    /// <summary>The shard whose rows the server has; null for a single server.</summary>
    public int? Shard { get; private init; }

    /// <summary>The number of active replicas of the shard; 0 for a single server.</summary>
    public int Replicas { get; private set; }

    /// <summary>Returns the database at a replica of a shard.</summary>
    /// <param name="replica">A client of the replica alone.</param>
    /// <param name="shard">The number of the shard, from 1.</param>
    /// <param name="replicas">The number of active replicas of the shard.</param>
    public RollupDatabase OfShard(ClickHouseClient replica, int shard, int replicas) =>
        new(replica, Options, Time)
        {
            Shard = shard,
            Replicas = replicas,
            Load = Load,
        };

    /// <summary>The shard, at the beginning of a message; empty for a single server.</summary>
    public string Place => Shard is { } shard ? $"shard {shard.ToString(CultureInfo.InvariantCulture)}: " : "";

    /// <summary>
    /// Waits until this replica has all rows that its shard has accepted. Nothing on a single
    /// server.
    /// </summary>
    /// <exception cref="RollupException">Another replica, which is gone, has the rows.</exception>
    public async Task SyncAsync(SqlName table, CancellationToken cancellation)
    {
        if (Shard is null)
            return;
        try
        {
            await RunAsync($"SYSTEM SYNC REPLICA {table.Quoted} LIGHTWEIGHT", cancellation);
        }
        catch (ClickHouseException e) when (e.Code == TimeoutExceeded)
        {
            throw new RollupException(
                $"{Place}{Client.Address} still lacks rows of {table} after {Options.InsertTimeout}: another replica "
                    + $"of the shard has them and is unreachable. Start it, and run the command again",
                e
            );
        }
    }

    /// <summary>
    /// Waits until every replica that runs has all rows of a table. Nothing on a single server.
    /// </summary>
    public async Task SyncEverywhereAsync(SqlName table, CancellationToken cancellation)
    {
        if (Client.Cluster is { } cluster)
            await RunAsync(
                $"SYSTEM SYNC REPLICA ON CLUSTER {SqlName.Of(cluster).Quoted} "
                    + $"{SqlName.Of(Client.Database).Quoted}.{table.Quoted} LIGHTWEIGHT",
                cancellation
            );
    }

    /// <summary>Runs a possibly long statement within the limits of the options.</summary>
    public async Task<QuerySummary> RunAsync(
        string sql,
        CancellationToken cancellation,
        QueryParameters? parameters = null,
        string? token = null
    )
    {
        var settings = Heavy(token, await LimitsAsync(cancellation));
        var query = new QueryOptions
        {
            Parameters = parameters,
            Settings = settings,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        try
        {
            return await Client.ExecuteAsync(sql, query, cancellation);
        }
        catch (ClickHouseException e) when (Replicas > 1 && IsWithoutQuorum(e))
        {
            // The other replica was lost. With the same token, blocks that were written count once.
            Replicas = 1;
            foreach (var (name, value) in QuorumOf(Replicas))
                settings[name] = value;
            return await Client.ExecuteAsync(sql, query, cancellation);
        }
    }

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
                    Settings = Heavy(null, await LimitsAsync(cancellation)),
                    Timeout = Timeout.InfiniteTimeSpan,
                },
                cancellation
            )
        )
            rows.Add(row);
        return rows;
    }

    /// <summary>Returns all objects with the mark of a rollup.</summary>
    public async Task<List<MarkedObject>> MarkedAsync(SqlName rollup, CancellationToken cancellation)
    {
        var rows = await Client.ListAsync(
            "SELECT name, engine, comment, engine_full FROM system.tables WHERE database = currentDatabase() AND "
                + "startsWith(comment, '{\"rollup\":')",
            row => (Name: row.String(), Engine: row.String(), Comment: row.String(), Full: row.String()),
            null,
            cancellation
        );
        return
        [
            .. rows.Select(row => new MarkedObject(
                    SqlName.TryParse(row.Name, out var name) ? name : default,
                    row.Engine,
                    JsonSerializer.Deserialize(row.Comment, RollupMarkJson.Default.RollupMark)!,
                    RollupSetting.OfEngine(row.Full)
                ))
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

    /// <summary>Returns the clocks of all servers: the slowest and the fastest.</summary>
    public Task<(DateTimeOffset Slowest, DateTimeOffset Fastest)> NowAsync(CancellationToken cancellation) =>
        Client.SingleAsync(
            $"SELECT min(at), max(at) FROM (SELECT nowInBlock64(6) AS at FROM {OnAll("system.one")}){Reachable}",
            row => (row.DateTime64(), row.DateTime64()),
            null,
            cancellation
        );

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
        var begun = Time.GetTimestamp();
        while (
            await Client.SingleAsync(
                $"SELECT count() FROM {OnAll("system.processes")} WHERE query_kind = 'Insert' AND elapsed >= "
                    + $"{{waited:Float64}}{Reachable}",
                row => row.UInt64(),
                new QueryParameters().Add("waited", Time.GetElapsedTime(begun).TotalSeconds),
                cancellation
            ) > 0
        )
        {
            if (Time.GetElapsedTime(begun) > Options.InsertTimeout)
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

    // A table of every server of the cluster.
    private string OnAll(string table) =>
        Client.Cluster is { } cluster ? $"clusterAllReplicas({SqlName.Of(cluster).Quoted}, {table})" : table;

    // A server that does not run neither inserts nor has a clock.
    private string Reachable => Client.Cluster is null ? "" : " SETTINGS skip_unavailable_shards = 1";

    private readonly record struct Limits(long Memory, int Threads);

    private async ValueTask<Limits> LimitsAsync(CancellationToken cancellation)
    {
        if (_limits is { } known)
            return known;
        var (memory, threads) = await Client.SingleAsync(
            "SELECT toInt64(ifNull((SELECT max(toUInt64OrZero(value)) FROM system.server_settings WHERE name = "
                + "'max_server_memory_usage'), 0)), toInt32(ifNull((SELECT max(toUInt32OrZero(extract(value, "
                + "'[0-9]+'))) FROM system.settings WHERE name = 'max_threads'), 0))",
            row => (row.Int64(), row.Int32()),
            null,
            cancellation
        );
        Limits limits = new(
            Options.MemoryBytes ?? (memory > 0 ? Math.Clamp(memory / 2, LeastMemory, MostMemory) : UnknownMemory),
            Options.Threads ?? Math.Clamp(threads, 1, MostThreads)
        );
        _limits = limits;
        return limits;
    }

    private Dictionary<string, string> Heavy(string? token, Limits limits)
    {
        var settings = new Dictionary<string, string>(InsertToken.Settings(token), StringComparer.Ordinal)
        {
            ["max_memory_usage"] = limits.Memory.ToString(CultureInfo.InvariantCulture),
            ["max_bytes_before_external_group_by"] = (limits.Memory / 2).ToString(CultureInfo.InvariantCulture),
            ["max_bytes_before_external_sort"] = (limits.Memory / 2).ToString(CultureInfo.InvariantCulture),
            ["max_threads"] = limits.Threads.ToString(CultureInfo.InvariantCulture),
            ["max_insert_threads"] = "1",
            ["min_insert_block_size_rows"] = (Options.ChunkRows * 4).ToString(CultureInfo.InvariantCulture),
            ["min_insert_block_size_bytes"] = BlockBytes.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var setting in Load)
            settings[setting.Name] = setting.Text;
        if (token is not null)
            settings["max_insert_threads"] = "1"; // threads would number the blocks differently each time
        if (Client.Cluster is not null)
            settings["receive_timeout"] = Options.InsertTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        if (Replicas > 0)
            foreach (var (name, value) in QuorumOf(Replicas))
                settings[name] = value;
        return settings;
    }

    /// <summary>Whether an insert failed only because a replica was lost.</summary>
    public static bool IsWithoutQuorum(ClickHouseException e) => e.Code is TooFewLiveReplicas or UnknownStatusOfInsert;

    /// <summary>
    /// Settings with which an insert counts as done when two replicas have its rows, so that
    /// another replica can continue when one is lost.
    /// </summary>
    public static Dictionary<string, string> QuorumOf(int replicas) =>
        new(StringComparer.Ordinal)
        {
            ["insert_quorum"] = (replicas > 1 ? 2 : 0).ToString(CultureInfo.InvariantCulture),
            ["insert_quorum_timeout"] = "20000",
        };
}
