namespace Remora.ClickHouse.Rollups.Follow;

/// <summary>The table that records which files were loaded into a table, and when.</summary>
internal sealed class FileJournal(RollupDatabase database, SqlName source)
{
    private static readonly SqlName Table = SqlName.Of("rollup_files");
    private static readonly SqlName[] Columns =
    [
        SqlName.Of("source"),
        SqlName.Of("file"),
        SqlName.Of("stamp"),
        SqlName.Of("hash"),
        SqlName.Of("state"),
        SqlName.Of("rows"),
        SqlName.Of("reason"),
    ];

    public Task CreateAsync(CancellationToken cancellation) =>
        database.RunAsync(
            $"CREATE TABLE IF NOT EXISTS {Table.Quoted} (source LowCardinality(String), file String, stamp String, "
                + "hash String, state LowCardinality(String), rows UInt64, reason String, at DateTime64(6) DEFAULT "
                + "now64(6)) ENGINE = MergeTree ORDER BY (source, file, at)",
            cancellation
        );

    /// <summary>Returns the last state of each file.</summary>
    public async Task<List<FollowedFile>> ListAsync(CancellationToken cancellation)
    {
        if (!await database.ExistsAsync(Table, cancellation))
            return [];
        return await database.ListAsync(
            "SELECT file, argMax(state, at), argMax(rows, at), argMax(reason, at), max(at), argMax(stamp, at), "
                + $"argMax(hash, at) FROM {Table.Quoted} WHERE source = {{source:String}} GROUP BY file ORDER BY file",
            row => new FollowedFile(
                row.String(),
                FollowedFile.StateOf(row.String()),
                (long)row.UInt64(),
                row.String(),
                row.DateTime64()
            )
            {
                Stamp = row.String(),
                Hash = row.String(),
            },
            cancellation,
            new QueryParameters().Add("source", source.Value)
        );
    }

    public async Task WriteAsync(FollowedFile file, CancellationToken cancellation) =>
        await database.Client.InsertAsync(
            Table,
            Columns,
            [file],
            (row, written) =>
            {
                row.String(source.Value);
                row.String(written.File);
                row.String(written.Stamp);
                row.String(written.Hash);
                row.String(FollowedFile.NameOf(written.State));
                row.UInt64((ulong)written.Rows);
                row.String(written.Reason);
            },
            cancellation: cancellation
        );
}
