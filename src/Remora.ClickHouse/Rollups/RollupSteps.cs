namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Stores the finished steps of a load in the database, so that an interrupted load continues where
/// it stopped.
/// </summary>
internal sealed class RollupSteps(RollupDatabase database, string load)
{
    private static readonly SqlName Table = SqlName.Of("rollup_loads");

    /// <summary>
    /// Returns the name of the step after which a load must be finished before other operations on
    /// its source.
    /// </summary>
    public static string Staged(SqlName source) => $"staged for {source}";

    /// <exception cref="RollupException">A load into the source was interrupted.</exception>
    public static async Task RequireNoOpenLoadAsync(
        RollupDatabase database,
        SqlName source,
        CancellationToken cancellation
    )
    {
        if (!await database.ExistsAsync(Table, cancellation))
            return;
        await SyncAsync(database, cancellation);
        var open = await database.Client.ListAsync(
            $"SELECT load FROM {Table.Quoted} GROUP BY load HAVING countIf(step = {{staged:String}}) > 0 AND "
                + $"countIf(startsWith(step, 'done ')) = 0",
            row => row.String(),
            new QueryParameters().Add("staged", Staged(source)),
            cancellation
        );
        if (open.Count > 0)
            throw new RollupException($"a load into {source} was interrupted ({open[0]}): run that load again first");
    }

    public async Task<HashSet<string>> DoneAsync(CancellationToken cancellation)
    {
        if (!await database.ExistsAsync(Table, cancellation))
            await database.RunAsync(Create(database.Client.Cluster), cancellation);
        await SyncAsync(database, cancellation);
        var steps = await database.Client.ListAsync(
            $"SELECT step FROM {Table.Quoted} WHERE load = {{load:String}}",
            row => row.String(),
            new QueryParameters().Add("load", load),
            cancellation
        );
        return [.. steps];
    }

    // On a cluster, every server has the whole journal, so that a load can continue at any of them.
    private static string Create(string? cluster) =>
        $"CREATE TABLE IF NOT EXISTS {Table.Quoted}"
        + $"{(cluster is null ? "" : $" ON CLUSTER {SqlName.Of(cluster).Quoted}")} "
        + "(load String, step String, at DateTime64(3) DEFAULT now64(3)) ENGINE = "
        + (
            cluster is null
                ? "MergeTree"
                : "ReplicatedMergeTree('/clickhouse/tables/{uuid}/rollup_loads', '{shard}_{replica}')"
        )
        + " ORDER BY (load, at)";

    private static Task SyncAsync(RollupDatabase database, CancellationToken cancellation) =>
        database.Client.Cluster is null
            ? Task.CompletedTask
            : database.RunAsync($"SYSTEM SYNC REPLICA {Table.Quoted} LIGHTWEIGHT", cancellation);

    public async Task MarkAsync(string step, CancellationToken cancellation)
    {
        var replicas = database.Client.Cluster is null
            ? 0
            : await database.Client.SingleAsync(
                "SELECT toInt32(active_replicas) FROM system.replicas WHERE database = currentDatabase() AND table = "
                    + "{t:String}",
                row => row.Int32(),
                new QueryParameters().Add("t", Table.Value),
                cancellation
            );
        try
        {
            await InsertAsync(step, replicas, cancellation);
        }
        catch (ClickHouseException e) when (RollupDatabase.IsWithoutQuorum(e))
        {
            await InsertAsync(step, replicas: 1, cancellation);
        }
    }

    private Task<QuerySummary> InsertAsync(string step, int replicas, CancellationToken cancellation) =>
        database.Client.InsertAsync(
            Table,
            [SqlName.Of("load"), SqlName.Of("step")],
            [step],
            (row, text) =>
            {
                row.String(load);
                row.String(text);
            },
            options: replicas == 0 ? null : new() { Settings = RollupDatabase.QuorumOf(replicas) },
            cancellation: cancellation
        );
}
