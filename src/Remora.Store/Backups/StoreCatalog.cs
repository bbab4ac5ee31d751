using Remora.ClickHouse;

namespace Remora.Store.Backups;

/// <summary>A table or view of the database.</summary>
internal sealed record CatalogEntry(
    string Name,
    string Engine,
    string EngineFull,
    string Create,
    string Uuid,
    string Comment
)
{
    public bool IsView => Engine is "View" or "MaterializedView";

    /// <summary>Whether the rows are in parts, which can be linked into another table.</summary>
    public bool HasParts => Engine.EndsWith("MergeTree", StringComparison.Ordinal);

    /// <summary>Whether it stores rows, which a backup can include.</summary>
    public bool HasRows => HasParts || Engine is "Log" or "TinyLog" or "StripeLog";

    /// <summary>
    /// The clauses about partitions and order, from PARTITION BY to ORDER BY or SAMPLE BY.
    /// </summary>
    public string Keys
    {
        get
        {
            var start = First(0, " PARTITION BY ", " PRIMARY KEY ", " ORDER BY ");
            return EngineFull[start..First(start, " TTL ", " SETTINGS ")].Trim();
        }
    }

    private int First(int from, params ReadOnlySpan<string> clauses)
    {
        var first = EngineFull.Length;
        foreach (var clause in clauses)
            if (EngineFull.IndexOf(clause, from, StringComparison.Ordinal) is >= 0 and var at)
                first = Math.Min(first, at);
        return first;
    }

    /// <summary>Whether it is the inner table of a materialized view.</summary>
    public bool IsInner => Name.StartsWith(".inner", StringComparison.Ordinal);
}

/// <summary>Names of the tables that a backup or a restore creates.</summary>
internal static class CopyName
{
    /// <summary>The prefix of a table's state at the start of a backup.</summary>
    public const string Held = "backup_of_";

    /// <summary>The comment of such a table.</summary>
    public const string HeldComment =
        "A table as it was when a backup began. It is dropped when the backup ends, or at the next start.";

    /// <summary>
    /// The prefix of a table that a restore fills before it replaces the current table.
    /// </summary>
    public const string Staged = "restore_of_";
}

/// <summary>Queries and changes of whole tables for backup and restore.</summary>
internal sealed class StoreCatalog(ClickHouseClient client)
{
    private static readonly QueryOptions Repeatable = new() { IsRepeatable = true };
    private static readonly QueryOptions RepeatableDrop = new()
    {
        IsRepeatable = true,
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_table_size_to_drop"] = "0" },
    };

    /// <summary>Returns a quoted name. Any characters are allowed.</summary>
    public static string Quote(string name) =>
        $"`{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`";

    public static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(Quote));

    /// <summary>Returns all tables and views of the database, by name.</summary>
    public async Task<IReadOnlyDictionary<string, CatalogEntry>> EntriesAsync(CancellationToken cancellation)
    {
        var entries = await client.ListAsync(
            "SELECT name, engine, engine_full, create_table_query, toString(uuid), comment FROM system.tables WHERE "
                + "database = currentDatabase() AND NOT is_temporary ORDER BY name",
            row => new CatalogEntry(row.String(), row.String(), row.String(), row.String(), row.String(), row.String()),
            null,
            cancellation
        );
        return entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    public Task<List<string>> PartitionsAsync(string table, CancellationToken cancellation) =>
        client.ListAsync(
            "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = "
                + "{t:String} AND active ORDER BY partition_id",
            row => row.String(),
            new QueryParameters().Add("t", table),
            cancellation
        );

    /// <summary>Returns the stored columns, in order.</summary>
    public Task<List<string>> ColumnsAsync(string table, CancellationToken cancellation) =>
        client.ListAsync(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} AND "
                + "default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') ORDER BY position",
            row => row.String(),
            new QueryParameters().Add("t", table),
            cancellation
        );

    public async Task<long> CountAsync(string table, CancellationToken cancellation) =>
        (long)await client.SingleAsync($"SELECT count() FROM {Quote(table)}", row => row.UInt64(), null, cancellation);

    /// <summary>
    /// Returns the sum of the hashes of all rows, which does not depend on their order. Columns
    /// with states of aggregate functions are left out, because equal states can have other bytes.
    /// </summary>
    /// <param name="table">The table whose columns are taken.</param>
    /// <param name="from">The table with the rows.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<string> ChecksumAsync(string table, string from, CancellationToken cancellation)
    {
        var columns = await client.ListAsync(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} AND "
                + "default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') AND NOT startsWith(type, "
                + "'AggregateFunction(') ORDER BY position",
            row => row.String(),
            new QueryParameters().Add("t", table),
            cancellation
        );
        var values = columns.Count > 0 ? $"toString(tuple({List(columns)}))" : "''";
        var sum = client.QueryAsync(
            $"SELECT toString(sum(cityHash64({values}))) FROM {Quote(from)}",
            row => row.String(),
            new() { Timeout = Timeout.InfiniteTimeSpan },
            cancellation
        );
        return await sum.SingleAsync(cancellation);
    }

    /// <summary>Stops merges of a table, which would drop repeated and expired rows.</summary>
    public Task StopMergesAsync(string table, CancellationToken cancellation) =>
        RunAsync($"SYSTEM STOP MERGES {Quote(table)}", cancellation);

    public Task RunAsync(string sql, CancellationToken cancellation) =>
        client.ExecuteAsync(sql, cancellation: cancellation);

    public Task DropAsync(string table, CancellationToken cancellation) =>
        client.ExecuteAsync($"DROP TABLE IF EXISTS {Quote(table)} SYNC", RepeatableDrop, cancellation);

    public Task DropViewAsync(string view, CancellationToken cancellation) =>
        client.ExecuteAsync($"DROP VIEW IF EXISTS {Quote(view)} SYNC", Repeatable, cancellation);

    /// <summary>
    /// Creates a table with the columns and keys of another, without retention and without an
    /// engine that merges rows, so that linked parts do not change.
    /// </summary>
    public Task CreateHolderAsync(string name, CatalogEntry of, CancellationToken cancellation) =>
        RunAsync(
            $"CREATE TABLE {Quote(name)} AS {Quote(of.Name)} ENGINE = MergeTree {of.Keys} SETTINGS "
                + $"allow_nullable_key = 1 COMMENT '{CopyName.HeldComment}'",
            cancellation
        );

    /// <summary>
    /// Links the parts of a partition into another table. Views do not process them.
    /// </summary>
    public Task AttachAsync(string to, string partition, string from, CancellationToken cancellation) =>
        client.ExecuteAsync(
            $"ALTER TABLE {Quote(to)} ATTACH PARTITION ID {{p:String}} FROM {Quote(from)}",
            new QueryParameters().Add("p", partition),
            cancellation
        );
}
