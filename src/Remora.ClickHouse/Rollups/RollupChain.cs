using System.Globalization;
using System.Text.Json;

namespace Remora.ClickHouse.Rollups;

/// <summary>A column as ClickHouse describes it.</summary>
internal readonly record struct DescribedColumn(string Name, string Type);

/// <summary>
/// The objects of one version of a definition and the SQL that creates them. Each interval has a
/// target with states (<c>_tt</c>), a materialized view that fills it (<c>_mv</c>), and plain views
/// with values and with states, whose names are stable for readers.
/// </summary>
internal sealed class RollupChain(RollupDefinition definition, int version, ClickHouseClient client)
{
    private const int DeduplicationWindow = 1000;

    public RollupDefinition Definition { get; } = definition;

    public int Version { get; } = version;

    public SqlName Target(RollupInterval interval) => Name(interval, "tt");

    public SqlName MaterializedView(RollupInterval interval) => Name(interval, "mv");

    /// <summary>
    /// Returns the table in which partitions are assembled before they move to the target.
    /// </summary>
    public SqlName Fill(RollupInterval interval) => Name(interval, "fill");

    /// <summary>Returns the table in which the states of a detached load are assembled.</summary>
    public SqlName LoadFill(RollupInterval interval) => Name(interval, "load");

    public SqlName View(RollupInterval interval) => ViewOf(Definition, interval);

    public static SqlName ViewOf(RollupDefinition definition, RollupInterval interval) =>
        SqlName.Of($"{definition.Name}_{interval.Suffix}");

    public static SqlName StatesOf(RollupDefinition definition, RollupInterval interval) =>
        SqlName.Of($"{definition.Name}_{interval.Suffix}_states");

    /// <summary>
    /// Returns the shorter interval whose states this interval aggregates; null if it aggregates
    /// rows.
    /// </summary>
    public RollupInterval? Below(RollupInterval interval)
    {
        var shorter = Definition.Intervals.Where(interval.CanCascadeFrom).ToList();
        return shorter.Count == 0 ? null : shorter[^1];
    }

    private string KeysOf(string table) =>
        string.Concat(Definition.Keys.Select(key => $"{table}.{key.Name.Quoted} AS {key.Name.Quoted}, "));

    private string Aggregates(Func<RollupAggregate, string> expression) =>
        string.Join(", ", Definition.Aggregates.Select(one => $"{expression(one)} AS {one.Name.Quoted}"));

    /// <summary>Returns the query from rows to states.</summary>
    public string StatesOfRows(RollupInterval interval, SqlName from, string? condition = null) =>
        $"SELECT {Bucket(Definition.QualifiedTime, interval)}, "
        + $"{string.Concat(Definition.Keys.Select(key => $"{key.Expression} AS {key.Name.Quoted}, "))}count() AS rows, "
        + $"{Aggregates(aggregate => aggregate.State)} "
        + $"FROM {Definition.FromClause(from)}{Where(Definition.Where, condition)} GROUP BY {GroupBy}";

    /// <summary>
    /// Returns the query from states of shorter buckets to states of longer ones.
    /// </summary>
    public string StatesOfStates(RollupInterval interval, SqlName from) =>
        $"SELECT {Bucket("c.bucket", interval)}, "
        + $"{KeysOf("c")}sum(c.rows) AS rows, {Aggregates(aggregate => aggregate.MergeState("c"))} "
        + $"FROM {from.Quoted} AS c GROUP BY {GroupBy}";

    public string CreateTarget(RollupInterval interval, IReadOnlyList<DescribedColumn> columns)
    {
        var retention = Definition.Retention.FirstOrDefault(retention => retention.Interval == interval);
        var text = string.Join(", ", columns.Select(column => $"`{column.Name}` {TargetType(column)}"));
        var order = string.Join(", ", [.. Definition.Keys.Select(key => key.Name.Quoted), "bucket"]);
        var engine = client.Cluster is null ? "AggregatingMergeTree" : "ReplicatedAggregatingMergeTree";
        var window = client.Cluster is null
            ? $"non_replicated_deduplication_window = {DeduplicationWindow}"
            : InsertToken.ReplicatedWindow;
        var granularity = Definition.Granularity is { } rows
            ? $"index_granularity = {rows.ToString(CultureInfo.InvariantCulture)}, "
            : "";
        return $"CREATE TABLE IF NOT EXISTS {Target(interval).Quoted}{OnCluster} ({text}) ENGINE = {engine} "
            + $"PARTITION BY {PartitionOf("bucket")} ORDER BY ({order})"
            + (
                retention is null
                    ? ""
                    : $" TTL bucket + INTERVAL {retention.Days.ToString(CultureInfo.InvariantCulture)} DAY"
            )
            + $" SETTINGS {window}, {granularity}"
            + string.Concat(Definition.TableSettings.Select(setting => $"{setting}, "))
            + $"allow_nullable_key = 1 COMMENT '{Comment(interval)}'";
    }

    /// <summary>
    /// Returns what differs between the settings of a live target and the definition, each with the
    /// statement that changes it.
    /// </summary>
    public IEnumerable<(string Difference, string Sql)> Settings(SqlName target, IReadOnlyList<RollupSetting> live)
    {
        var alter = $"ALTER TABLE {target.Quoted}{OnCluster}";
        foreach (var wanted in Definition.TableSettings)
        {
            var now = live.FirstOrDefault(setting => setting.Name == wanted.Name);
            if (now != wanted)
                yield return (
                    $"{target}: {wanted.Name} is {now?.Text ?? "not set"}, the definition says {wanted.Text}",
                    $"{alter} MODIFY SETTING {wanted}"
                );
        }
        foreach (var now in live.Where(now => Definition.TableSettings.All(wanted => wanted.Name != now.Name)))
            yield return (
                $"{target}: {now.Name} is {now.Text}, the definition does not set it",
                $"{alter} RESET SETTING {now.Name}"
            );
    }

    public string CreateMaterializedView(RollupInterval interval, string? condition = null) =>
        $"CREATE MATERIALIZED VIEW IF NOT EXISTS {MaterializedView(interval).Quoted}{OnCluster} TO "
        + $"{Target(interval).Quoted} COMMENT '{Comment(interval)}' AS {ViewQuery(interval, condition)}";

    public string ViewQuery(RollupInterval interval, string? condition = null) =>
        Below(interval) is { } below
            ? StatesOfStates(interval, Target(below))
            : StatesOfRows(interval, Definition.Source, condition);

    public string CreateView(RollupInterval interval, SqlName name) =>
        $"CREATE OR REPLACE VIEW {name.Quoted}{OnCluster} AS SELECT t.bucket AS bucket, "
        + $"{KeysOf("t")}sum(t.rows) AS rows, {Aggregates(aggregate => aggregate.Merge("t"))} "
        + $"FROM {Everywhere(Target(interval))} AS t GROUP BY "
        + $"{string.Join(", ", ["t.bucket", .. Definition.Keys.Select(key => $"t.{key.Name.Quoted}")])} COMMENT "
        + $"'{Comment(interval)}'";

    /// <summary>
    /// Returns the views for readers, each with its CREATE statement for a given name.
    /// </summary>
    public IEnumerable<(SqlName Name, Func<SqlName, string> Create)> Views(RollupInterval interval) =>
        [
            (View(interval), name => CreateView(interval, name)),
            (StatesOf(Definition, interval), name => CreateStatesView(interval, name)),
        ];

    public string CreateStatesView(RollupInterval interval, SqlName name) =>
        $"CREATE OR REPLACE VIEW {name.Quoted}{OnCluster} AS SELECT * FROM {Everywhere(Target(interval))} COMMENT "
        + $"'{Comment(interval)}'";

    public string CreateLike(SqlName name, RollupInterval interval) =>
        $"CREATE TABLE IF NOT EXISTS {name.Quoted}{OnCluster} AS {Target(interval).Quoted}";

    public string Drop(SqlName name, bool isView) =>
        $"DROP {(isView ? "VIEW" : "TABLE")} IF EXISTS {name.Quoted}{OnCluster} SYNC";

    public string OnCluster => client.Cluster is { } cluster ? $" ON CLUSTER {SqlName.Of(cluster).Quoted}" : "";

    /// <summary>Returns the expression for the rollup's partition of a time.</summary>
    public string PartitionOf(string time) =>
        Definition.Partition == RollupPartition.Month ? $"toYYYYMM({time}, 'UTC')" : $"toYear({time}, 'UTC')";

    // On a cluster, each shard has the states of its own rows. A reader merges all of them.
    private string Everywhere(SqlName target) =>
        client.Cluster is { } cluster
            ? $"cluster({SqlName.Of(cluster).Quoted}, {SqlName.Of(client.Database).Quoted}, {target.Quoted})"
            : target.Quoted;

    private string GroupBy => string.Join(", ", ["bucket", .. Definition.Keys.Select(key => key.Name.Quoted)]);

    private SqlName Name(RollupInterval interval, string kind) =>
        SqlName.Of(
            string.Create(CultureInfo.InvariantCulture, $"{Definition.Name}_{interval.Suffix}_v{Version}_{kind}")
        );

    // Names and hashes are plain text, so the JSON needs no escapes in SQL.
    private string Comment(RollupInterval interval) =>
        JsonSerializer.Serialize(
            new RollupMark(Definition.Name.Value, interval.Suffix, Version, Definition.Hash),
            RollupMarkJson.Default.RollupMark
        );

    private static string Bucket(string time, RollupInterval interval) =>
        $"toDateTime(toStartOfInterval({time}, {interval.Sql}, 'UTC'), 'UTC') AS bucket";

    private static string Where(params string?[] conditions)
    {
        var given = conditions.Where(condition => condition is not null).Select(condition => $"({condition})").ToList();
        return given.Count == 0 ? "" : " WHERE " + string.Join(" AND ", given);
    }

    private string TargetType(DescribedColumn column) =>
        column.Name == "rows" ? "SimpleAggregateFunction(sum, UInt64)"
        : column.Type == "String" && Definition.Keys.Any(key => key.Name.Value == column.Name)
            ? "LowCardinality(String)"
        : column.Type;
}
