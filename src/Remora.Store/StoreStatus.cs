using Remora.ClickHouse;
using Remora.Store.Schema;

namespace Remora.Store;

/// <summary>The current status of a table.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rollup">The rollup of the table; null for a table of rows.</param>
/// <param name="Rows">The rows, including duplicate candles that are not merged yet.</param>
/// <param name="Bytes">The size on disk, in bytes.</param>
/// <param name="UncompressedBytes">The uncompressed size, in bytes.</param>
/// <param name="Parts">The number of parts.</param>
/// <param name="First">The earliest time of a row; null for an empty table.</param>
/// <param name="Last">The latest time of a row; null for an empty table.</param>
public sealed record TableStatus(
    string Name,
    string? Rollup,
    long Rows,
    long Bytes,
    long UncompressedBytes,
    int Parts,
    DateTimeOffset? First,
    DateTimeOffset? Last
);

/// <summary>The current status of the store.</summary>
/// <param name="Version">The version of ClickHouse.</param>
/// <param name="Database">The database.</param>
/// <param name="SchemaVersion">The schema version; 0 before the store was prepared.</param>
/// <param name="Tables">The tables: first those of rows, then those of rollups.</param>
public sealed record StoreStatus(string Version, string Database, int SchemaVersion, IReadOnlyList<TableStatus> Tables)
{
    internal static async Task<StoreStatus> OfAsync(MarketStore store, CancellationToken cancellation)
    {
        var client = store.Client;
        var version = await client.SingleAsync("SELECT version()", row => row.String(), null, cancellation);
        var schema = await new SchemaSteps(client, SchemaFile.All).VersionAsync(cancellation);
        var tables = new List<TableStatus>();
        foreach (var table in StoreTable.All)
            tables.AddRange(await TableAsync(store, table.Name, table.Time, null, cancellation));
        foreach (var target in await RollupTarget.ListAsync(store, cancellation))
            tables.AddRange(await TableAsync(store, target.Name, SqlName.Of("bucket"), target.Rollup, cancellation));
        return new(version, client.Database, schema, tables);
    }

    private static async Task<IReadOnlyList<TableStatus>> TableAsync(
        MarketStore store,
        SqlName table,
        SqlName time,
        string? rollup,
        CancellationToken cancellation
    )
    {
        var client = store.Client;
        var local = rollup is null ? store.Dialect.Local(table) : table;
        var parameters = new QueryParameters().Add("t", local.Value);
        var isThere =
            await client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {t:String}",
                row => row.UInt64(),
                parameters,
                cancellation
            ) > 0;
        if (!isThere)
            return [];
        var size = await client.SingleAsync(
            "SELECT sum(rows), sum(bytes_on_disk), sum(data_uncompressed_bytes), count() FROM "
                + $"{store.Dialect.OfAllShards("system", "parts")} WHERE database = currentDatabase() AND table = "
                + "{t:String} AND active",
            row =>
                (
                    Rows: (long)row.UInt64(),
                    Bytes: (long)row.UInt64(),
                    Plain: (long)row.UInt64(),
                    Parts: (int)row.UInt64()
                ),
            parameters,
            cancellation
        );
        var (any, first, last) = await client.SingleAsync(
            $"SELECT count() > 0, toDateTime64(min({time.Quoted}), 3, 'UTC'), toDateTime64(max({time.Quoted}), 3, "
                + $"'UTC') FROM {store.Dialect.OfAllShards(client.Database, local.Value)}",
            row => (row.UInt8() == 1, row.DateTime64(), row.DateTime64()),
            null,
            cancellation
        );
        return
        [
            new(
                table.Value,
                rollup,
                size.Rows,
                size.Bytes,
                size.Plain,
                size.Parts,
                any ? first : null,
                any ? last : null
            ),
        ];
    }
}
