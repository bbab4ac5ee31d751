using Remora.ClickHouse;

namespace Remora.Store.Schema;

/// <summary>
/// What differs between one engine and a cluster. On a cluster the rows lie in replicated tables <c>…_local</c>, and a distributed table of
/// the plain name stands over them; readers and writers use the plain name in both.
/// </summary>
internal sealed class SchemaDialect(string? cluster)
{
    private const string ClusterOnly = "-- cluster only";

    /// <summary>The cluster's name, quoted; null for one engine.</summary>
    private readonly string? _cluster = cluster is null ? null : SqlName.Of(cluster).Quoted;

    /// <summary>A clause for DDL.</summary>
    public string OnCluster => _cluster is null ? "" : $" ON CLUSTER {_cluster}";

    /// <summary>The table that holds the rows, and that rollups watch.</summary>
    public SqlName Local(SqlName table) => _cluster is null ? table : SqlName.Of(table.Value + "_local");

    /// <summary>A rollup's view as a reader names it: on a cluster one replica of every shard is asked. A key lies on one shard, so their rows need no merging.</summary>
    public string From(SqlName view) => _cluster is null ? view.Quoted : $"cluster({_cluster}, currentDatabase(), {view.Quoted})";

    /// <summary>The statements of a schema file. A statement ends with a semicolon at the end of a line.</summary>
    public IReadOnlyList<string> Statements(string text)
    {
        var statements = new List<string>();
        foreach (var part in text.ReplaceLineEndings("\n").Split(";\n"))
        {
            var lines = part.Split('\n');
            if (_cluster is null && lines.Contains(ClusterOnly)) continue;
            var sql = string.Join('\n', lines.Where(line => !line.StartsWith("--", StringComparison.Ordinal))).Trim();
            if (sql.Length > 0) statements.Add(Fill(sql));
        }
        return statements;
    }

    private string Fill(string sql) => sql
        .Replace("{on_cluster}", OnCluster, StringComparison.Ordinal)
        .Replace("{local}", _cluster is null ? "" : "_local", StringComparison.Ordinal)
        .Replace("{replicated}", _cluster is null ? "" : "Replicated", StringComparison.Ordinal)
        .Replace("{window}", $"{(_cluster is null ? "non_replicated_deduplication_window" : "replicated_deduplication_window")} = 1000", StringComparison.Ordinal)
        .Replace("{cluster}", _cluster, StringComparison.Ordinal);
}
