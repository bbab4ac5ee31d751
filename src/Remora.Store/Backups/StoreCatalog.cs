using Remora.ClickHouse;

namespace Remora.Store.Backups;

/// <summary>A table or view of the database, as the engine lists it.</summary>
internal sealed record CatalogEntry(string Name, string Engine, string EngineFull, string Create, string Uuid, string Comment)
{
    public bool IsView => Engine is "View" or "MaterializedView";

    /// <summary>Rows in parts, which can be linked into another table.</summary>
    public bool HasParts => Engine.EndsWith("MergeTree", StringComparison.Ordinal);

    /// <summary>Rows of its own, which a backup can take and a restore bring back.</summary>
    public bool HasRows => HasParts || Engine is "Log" or "TinyLog" or "StripeLog";

    /// <summary>The clauses of a table with parts that say how its rows are cut and sorted, from PARTITION BY to ORDER BY or SAMPLE BY.</summary>
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
            if (EngineFull.IndexOf(clause, from, StringComparison.Ordinal) is >= 0 and var at) first = Math.Min(first, at);
        return first;
    }

    /// <summary>The table behind a materialized view that names no other.</summary>
    public bool IsInner => Name.StartsWith(".inner", StringComparison.Ordinal);
}

/// <summary>Names of the tables that a backup or a restore works with.</summary>
internal static class CopyName
{
    /// <summary>A table as it was at the beginning of a backup.</summary>
    public const string Held = "backup_of_";

    /// <summary>The comment of such a table.</summary>
    public const string HeldComment = "A table as it was when a backup began. It is dropped when the backup ends, or at the next start.";

    /// <summary>A table that a restore fills before it takes the place of the present one.</summary>
    public const string Staged = "restore_of_";
}

/// <summary>What backup and restore ask of the database, and do to tables as a whole.</summary>
internal sealed class StoreCatalog(ClickHouseClient client)
{
    private static readonly QueryOptions Repeatable = new() { IsRepeatable = true };
    private static readonly QueryOptions RepeatableDrop = new() { IsRepeatable = true, Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_table_size_to_drop"] = "0" } };

    /// <summary>A name in SQL, whatever letters it has.</summary>
    public static string Quote(string name) => $"`{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`";

    public static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(Quote));

    /// <summary>Every table and view of the database, by name.</summary>
    public async Task<IReadOnlyDictionary<string, CatalogEntry>> EntriesAsync(CancellationToken cancellation)
    {
        var entries = await client.ListAsync(
            "SELECT name, engine, engine_full, create_table_query, toString(uuid), comment FROM system.tables WHERE database = currentDatabase() AND NOT is_temporary ORDER BY name",
            row => new CatalogEntry(row.String(), row.String(), row.String(), row.String(), row.String(), row.String()), null, cancellation);
        return entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    public Task<List<string>> PartitionsAsync(string table, CancellationToken cancellation) => client.ListAsync(
        "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = {t:String} AND active ORDER BY partition_id",
        row => row.String(), new QueryParameters().Add("t", table), cancellation);

    /// <summary>The columns that are stored, in order.</summary>
    public Task<List<string>> ColumnsAsync(string table, CancellationToken cancellation) => client.ListAsync(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') ORDER BY position",
        row => row.String(), new QueryParameters().Add("t", table), cancellation);

    public async Task<long> CountAsync(string table, CancellationToken cancellation) =>
        (long)await client.SingleAsync($"SELECT count() FROM {Quote(table)}", row => row.UInt64(), null, cancellation);

    public Task RunAsync(string sql, CancellationToken cancellation) => client.ExecuteAsync(sql, cancellation: cancellation);

    public Task DropAsync(string table, CancellationToken cancellation) => client.ExecuteAsync($"DROP TABLE IF EXISTS {Quote(table)} SYNC", RepeatableDrop, cancellation);

    public Task DropViewAsync(string view, CancellationToken cancellation) => client.ExecuteAsync($"DROP VIEW IF EXISTS {Quote(view)} SYNC", Repeatable, cancellation);

    /// <summary>
    /// Makes a table of the same columns and keys as another, without its retention and without an engine that merges rows: what is linked into it
    /// stays as it is.
    /// </summary>
    public Task CreateHolderAsync(string name, CatalogEntry of, CancellationToken cancellation) => RunAsync(
        $"CREATE TABLE {Quote(name)} AS {Quote(of.Name)} ENGINE = MergeTree {of.Keys} SETTINGS allow_nullable_key = 1 COMMENT '{CopyName.HeldComment}'", cancellation);

    /// <summary>Links a partition's parts into another table. No view sees them.</summary>
    public Task AttachAsync(string to, string partition, string from, CancellationToken cancellation) => client.ExecuteAsync(
        $"ALTER TABLE {Quote(to)} ATTACH PARTITION ID {{p:String}} FROM {Quote(from)}", new QueryParameters().Add("p", partition), cancellation);
}
