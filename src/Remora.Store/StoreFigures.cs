using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store;

/// <summary>How big the store is and whether its rollups keep up, in a few quick queries: for those who look all the time.</summary>
/// <param name="MemoryBytes">What the engine holds in memory, by its own count; null where it does not say.</param>
/// <param name="DiskFreeBytes">What is left where the store lies.</param>
/// <param name="DiskBytes">How much there is in all.</param>
/// <param name="Tables">The tables, rollups' included.</param>
/// <param name="Rollups">Each interval of each rollup.</param>
public sealed record StoreFigures(long? MemoryBytes, long DiskFreeBytes, long DiskBytes, IReadOnlyList<TableFigures> Tables, IReadOnlyList<RollupFigures> Rollups)
{
    internal static async Task<StoreFigures> OfAsync(MarketStore store, CancellationToken cancellation)
    {
        var client = store.Client;
        var (memory, free, total) = await client.SingleAsync(
            "SELECT (SELECT toUInt64(greatest(value, 0)) FROM system.metrics WHERE metric = 'MemoryTracking'), free, total FROM (SELECT sum(free_space) AS free, sum(total_space) AS total FROM system.disks)",
            row => (row.Nullable(reader => (long)reader.UInt64()), (long)row.UInt64(), (long)row.UInt64()), null, cancellation);
        var tables = await client.ListAsync(
            "SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table",
            row => new TableFigures(row.String(), (long)row.UInt64(), (long)row.UInt64(), (int)row.UInt64()), null, cancellation);
        return new(memory, free, total, tables, await LagsAsync(store, cancellation));
    }

    // A rollup's last bucket ends before its source's last row: the row was missed, or the view is away.
    private static async Task<IReadOnlyList<RollupFigures>> LagsAsync(MarketStore store, CancellationToken cancellation)
    {
        var targets = (await RollupTarget.ListAsync(store, cancellation)).ToLookup(target => target.Rollup);
        var figures = new List<RollupFigures>();
        foreach (var rollup in store.Rollups.Select(rollup => rollup.Definition))
        {
            var where = rollup.Where is null ? "" : $" AND ({rollup.Where})";
            var newest = await LastAsync(store, rollup.QualifiedTime, rollup.FromClause(rollup.Source), rollup.Source, where, cancellation);
            if (newest is null) continue;
            foreach (var interval in rollup.Intervals)
            {
                // Of several versions the newest is the last.
                var target = targets[rollup.Name.Value].LastOrDefault(target => target.Name.Value.StartsWith($"{rollup.Name}_{interval.Suffix}_v", StringComparison.Ordinal));
                if (target is null) continue;
                var last = await LastAsync(store, "bucket", target.Name.Quoted, target.Name, "", cancellation);
                figures.Add(new(rollup.Name.Value, interval.Suffix, LagOf(interval, newest.Value, last ?? DateTimeOffset.UnixEpoch)));
            }
        }
        return figures;
    }

    // In the last partition only: there is no need to read years of times to find the latest.
    private static async Task<DateTimeOffset?> LastAsync(MarketStore store, string time, string from, SqlName table, string where, CancellationToken cancellation)
    {
        var (any, last) = await store.Client.SingleAsync(
            $"SELECT count() > 0, toDateTime64(max({time}), 3, 'UTC') FROM {from} WHERE _partition_id = (SELECT max(partition_id) FROM system.parts WHERE database = currentDatabase() AND table = {{t:String}} AND active){where}",
            row => (row.UInt8() == 1, row.DateTime64()), new QueryParameters().Add("t", table.Value), cancellation);
        return any ? last : null;
    }

    private static TimeSpan LagOf(RollupInterval interval, DateTimeOffset newest, DateTimeOffset last)
    {
        var lag = newest - interval.EndOf(last);
        return lag > TimeSpan.Zero ? lag : TimeSpan.Zero;
    }
}

/// <summary>How big a table is.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">Its rows, repeated ones included until they are merged.</param>
/// <param name="Bytes">Its size on disk.</param>
/// <param name="Parts">Its parts.</param>
public sealed record TableFigures(string Name, long Rows, long Bytes, int Parts);

/// <summary>How far a rollup is behind.</summary>
/// <param name="Rollup">The rollup.</param>
/// <param name="Interval">Its interval, such as <c>1h</c>.</param>
/// <param name="Lag">How far its last bucket ends before the source's last row; zero when it keeps up.</param>
public sealed record RollupFigures(string Rollup, string Interval, TimeSpan Lag);
