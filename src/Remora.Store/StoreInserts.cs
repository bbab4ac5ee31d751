using Remora.ClickHouse;
using Remora.ClickHouse.Rows;

namespace Remora.Store;

/// <summary>
/// Inserts rows into the tables of the store. On a cluster, an insert is acknowledged when its rows
/// are on their shards.
/// </summary>
internal sealed class StoreInserts(ClickHouseClient client)
{
    /// <summary>Settings of all inserts into a table of the store.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["distributed_foreground_insert"] = "1",
            ["max_partitions_per_insert_block"] = "1000",
        };

    /// <summary>Inserts rows, each with its version.</summary>
    public Task InsertAsync<T>(
        StoreTable<T> table,
        IReadOnlyList<T> rows,
        Func<T, ulong> sequence,
        CancellationToken cancellation
    )
    {
        var writer = new RowWriter();
        foreach (var row in rows)
            table.Write(writer, row, sequence(row));
        return InsertAsync(table, writer, cancellation);
    }

    /// <summary>Inserts encoded rows.</summary>
    public Task InsertAsync(StoreTable table, RowWriter rows, CancellationToken cancellation) =>
        client.InsertAsync(
            table.Name,
            table.Columns,
            rows,
            Guid.NewGuid().ToString("N"),
            new QueryOptions { Settings = Settings },
            cancellation
        );
}
