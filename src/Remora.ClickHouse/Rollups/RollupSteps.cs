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
        await database.Client.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {Table.Quoted} (load String, step String, at DateTime64(3) DEFAULT "
                + $"now64(3)) ENGINE = MergeTree ORDER BY (load, at)",
            cancellation: cancellation
        );
        var steps = await database.Client.ListAsync(
            $"SELECT step FROM {Table.Quoted} WHERE load = {{load:String}}",
            row => row.String(),
            new QueryParameters().Add("load", load),
            cancellation
        );
        return [.. steps];
    }

    public Task MarkAsync(string step, CancellationToken cancellation) =>
        database.Client.InsertAsync(
            Table,
            [SqlName.Of("load"), SqlName.Of("step")],
            [step],
            (row, text) =>
            {
                row.String(load);
                row.String(text);
            },
            cancellation: cancellation
        );
}
