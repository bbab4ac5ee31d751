using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store;

/// <summary>
/// The size of the store and the lag of its rollups, from a few fast queries for frequent polling.
/// </summary>
/// <param name="MemoryBytes">
/// The memory of the engine as it reports it, in bytes; null if it does not.
/// </param>
/// <param name="DiskFreeBytes">The free space on the disk of the store, in bytes.</param>
/// <param name="DiskBytes">The size of that disk, in bytes.</param>
/// <param name="Tables">The tables, including those of rollups.</param>
/// <param name="Rollups">Each interval of each rollup.</param>
public sealed record StoreFigures(
    long? MemoryBytes,
    long DiskFreeBytes,
    long DiskBytes,
    IReadOnlyList<TableFigures> Tables,
    IReadOnlyList<RollupFigures> Rollups
)
{
    internal static async Task<StoreFigures> OfAsync(MarketStore store, CancellationToken cancellation)
    {
        var client = store.Client;
        var (memory, free, total) = await client.SingleAsync(
            "SELECT (SELECT toUInt64(greatest(value, 0)) FROM system.metrics WHERE metric = 'MemoryTracking'), "
                + "free, total FROM (SELECT sum(free_space) AS free, sum(total_space) AS total FROM system.disks)",
            row => (row.Nullable(reader => (long)reader.UInt64()), (long)row.UInt64(), (long)row.UInt64()),
            null,
            cancellation
        );
        var tables = await client.ListAsync(
            $"SELECT table, sum(rows), sum(bytes_on_disk), count() FROM {store.Dialect.OfAllShards("system", "parts")} "
                + "WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table",
            row => new TableFigures(row.String(), (long)row.UInt64(), (long)row.UInt64(), (int)row.UInt64()),
            null,
            cancellation
        );
        var names = StoreTable.All.ToDictionary(
            table => store.Dialect.Local(table.Name).Value,
            table => table.Name.Value
        );
        return new(
            memory,
            free,
            total,
            [.. tables.Select(table => table with { Name = names.GetValueOrDefault(table.Name, table.Name) })],
            await LagsAsync(store, cancellation)
        );
    }

    // A rollup's last bucket that ends before the last row of its source means that the view missed
    // the row or does not exist.
    private static async Task<IReadOnlyList<RollupFigures>> LagsAsync(MarketStore store, CancellationToken cancellation)
    {
        var targets = (await RollupTarget.ListAsync(store, cancellation)).ToLookup(target => target.Rollup);
        var figures = new List<RollupFigures>();
        foreach (var rollup in store.Rollups.Select(rollup => rollup.Definition))
        {
            var where = rollup.Where is null ? "" : $" AND ({rollup.Where})";
            var newest = await LastAsync(
                store,
                rollup.QualifiedTime,
                rollup.Source,
                $" AS {rollup.Alias}",
                where,
                cancellation
            );
            if (newest is null)
                continue;
            foreach (var interval in rollup.Intervals)
            {
                // The newest version is the last one.
                var target = targets[rollup.Name.Value]
                    .LastOrDefault(target =>
                        target.Name.Value.StartsWith($"{rollup.Name}_{interval.Suffix}_v", StringComparison.Ordinal)
                    );
                if (target is null)
                    continue;
                var last = await LastAsync(store, "bucket", target.Name, "", "", cancellation);
                figures.Add(
                    new(
                        rollup.Name.Value,
                        interval.Suffix,
                        LagOf(interval, newest.Value, last ?? DateTimeOffset.UnixEpoch)
                    )
                );
            }
        }
        return figures;
    }

    // Reads only the last partition, instead of all times, to find the latest.
    private static async Task<DateTimeOffset?> LastAsync(
        MarketStore store,
        string time,
        SqlName table,
        string alias,
        string where,
        CancellationToken cancellation
    )
    {
        var (any, last) = await store.Client.SingleAsync(
            $"SELECT count() > 0, toDateTime64(max({time}), 3, 'UTC') FROM "
                + $"{store.Dialect.OfAllShards(store.Client.Database, table.Value)}{alias} WHERE _partition_id = "
                + $"(SELECT max(partition_id) FROM {store.Dialect.OfAllShards("system", "parts")} WHERE database = "
                + $"currentDatabase() AND table = {{t:String}} AND active){where}",
            row => (row.UInt8() == 1, row.DateTime64()),
            new QueryParameters().Add("t", table.Value),
            cancellation
        );
        return any ? last : null;
    }

    private static TimeSpan LagOf(RollupInterval interval, DateTimeOffset newest, DateTimeOffset last)
    {
        var lag = newest - interval.EndOf(last);
        return lag > TimeSpan.Zero ? lag : TimeSpan.Zero;
    }
}

/// <summary>The size of a table.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">The rows, including duplicates that are not merged yet.</param>
/// <param name="Bytes">The size on disk, in bytes.</param>
/// <param name="Parts">The number of parts.</param>
public sealed record TableFigures(string Name, long Rows, long Bytes, int Parts);

/// <summary>The lag of a rollup.</summary>
/// <param name="Rollup">The rollup.</param>
/// <param name="Interval">The interval, for example <c>1h</c>.</param>
/// <param name="Lag">
/// The time from the end of its last bucket to the last row of its source; zero without a lag.
/// </param>
public sealed record RollupFigures(string Rollup, string Interval, TimeSpan Lag);
