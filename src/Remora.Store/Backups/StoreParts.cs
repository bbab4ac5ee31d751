using System.Security.Cryptography;
using Remora.ClickHouse;

namespace Remora.Store.Backups;

/// <summary>Operations of backup and restore on tables and their parts.</summary>
internal static class StoreParts
{
    private static readonly QueryOptions Repeatable = new() { IsRepeatable = true };

    public static Task<List<string>> PartitionsAsync(ClickHouseClient client, SqlName table, CancellationToken cancellation) => client.ListAsync(
        "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = {t:String} AND active ORDER BY partition_id",
        row => row.String(), new QueryParameters().Add("t", table.Value), cancellation);

    public static async Task<IReadOnlyList<SqlName>> ColumnsAsync(ClickHouseClient client, SqlName table, CancellationToken cancellation)
    {
        var names = await client.ListAsync(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED') ORDER BY position",
            row => row.String(), new QueryParameters().Add("t", table.Value), cancellation);
        return [.. names.Select(SqlName.Of)];
    }

    public static string List(IEnumerable<SqlName> columns) => string.Join(", ", columns.Select(column => column.Quoted));

    public static Task CreateLikeAsync(ClickHouseClient client, SqlName name, SqlName table, CancellationToken cancellation) =>
        client.ExecuteAsync($"CREATE TABLE {name.Quoted} AS {table.Quoted}", cancellation: cancellation);

    public static Task DropAsync(ClickHouseClient client, SqlName table, CancellationToken cancellation) =>
        client.ExecuteAsync($"DROP TABLE IF EXISTS {table.Quoted} SYNC", Repeatable, cancellation);

    /// <summary>
    /// Links the parts of a partition into another table. Materialized views do not see them.
    /// </summary>
    public static Task AttachAsync(ClickHouseClient client, SqlName to, string partition, SqlName from, CancellationToken cancellation) =>
        client.ExecuteAsync($"ALTER TABLE {to.Quoted} ATTACH PARTITION ID {{p:String}} FROM {from.Quoted}", new QueryParameters().Add("p", partition), cancellation);

    public static async Task<string> ChecksumAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }
}
