using Remora.ClickHouse;

namespace Remora.Store.Schema;

/// <summary>
/// Differences between one engine and a cluster. On a cluster, rows are in replicated tables
/// <c>…_local</c> under a distributed table with the plain name. Readers and writers use the plain
/// name in both cases.
/// </summary>
internal sealed class SchemaDialect(string? cluster)
{
    private const string ClusterOnly = "-- cluster only";

    /// <summary>The quoted name of the cluster; null for one engine.</summary>
    private readonly string? _cluster = cluster is null ? null : SqlName.Of(cluster).Quoted;

    /// <summary>The ON CLUSTER clause for DDL.</summary>
    public string OnCluster => _cluster is null ? "" : $" ON CLUSTER {_cluster}";

    /// <summary>Returns the table that contains the rows and feeds rollups.</summary>
    public SqlName Local(SqlName table) => _cluster is null ? table : SqlName.Of(table.Value + "_local");

    /// <summary>
    /// Returns the FROM expression for a table with a part of the rows on each shard. On a cluster
    /// it reads one replica of every shard.
    /// </summary>
    public string OfAllShards(string database, string table)
    {
        var (inDatabase, name) = (SqlName.Of(database).Quoted, SqlName.Of(table).Quoted);
        return _cluster is null ? $"{inDatabase}.{name}" : $"cluster({_cluster}, {inDatabase}, {name})";
    }

    /// <summary>
    /// Returns the statements of a schema file. A statement ends with a semicolon at the end of a
    /// line.
    /// </summary>
    public IReadOnlyList<string> Statements(string text)
    {
        var statements = new List<string>();
        foreach (var part in text.ReplaceLineEndings("\n").Split(";\n"))
        {
            var lines = part.Split('\n');
            if (_cluster is null && lines.Contains(ClusterOnly))
                continue;
            var sql = string.Join('\n', lines.Where(line => !line.StartsWith("--", StringComparison.Ordinal))).Trim();
            if (sql.Length > 0)
                statements.Add(Fill(sql));
        }
        return statements;
    }

    private string Fill(string sql) =>
        sql.Replace("{on_cluster}", OnCluster, StringComparison.Ordinal)
            .Replace("{local}", _cluster is null ? "" : "_local", StringComparison.Ordinal)
            .Replace("{replicated}", _cluster is null ? "" : "Replicated", StringComparison.Ordinal)
            .Replace(
                "{window}",
                _cluster is null ? "non_replicated_deduplication_window = 1000" : InsertToken.ReplicatedWindow,
                StringComparison.Ordinal
            )
            .Replace("{cluster}", _cluster, StringComparison.Ordinal);
}
