namespace Remora.ClickHouse.Rollups;

/// <summary>A column of a definition, with its line.</summary>
/// <param name="Name">The name in the rollup.</param>
/// <param name="Expression">The expression over columns of the source.</param>
/// <param name="Line">The line in the file, from 1.</param>
public sealed record RollupKey(SqlName Name, string Expression, int Line);

/// <summary>
/// An aggregate, split into its parts to derive the expressions of its state, the merge of states,
/// and its value.
/// </summary>
public sealed record RollupAggregate(SqlName Name, string Function, string Parameters, string Arguments, int Line)
{
    /// <summary>The aggregate as it was written.</summary>
    public string Value => Function + Parameters + Arguments;

    /// <summary>The state over rows of the source.</summary>
    public string State => $"{Function}State{Parameters}{Arguments}";

    /// <summary>Returns the state of longer buckets over states of shorter ones.</summary>
    public string MergeState(string from) => $"{Function}MergeState{Parameters}({from}.{Name.Quoted})";

    /// <summary>Returns the value over states.</summary>
    public string Merge(string from) => $"{Function}Merge{Parameters}({from}.{Name.Quoted})";

    /// <summary>
    /// Whether merging states is exact, so that the result can be compared with that of the rows.
    /// </summary>
    public bool IsExact =>
        Function
            is "count"
                or "countIf"
                or "sum"
                or "sumIf"
                or "min"
                or "minIf"
                or "max"
                or "maxIf"
                or "uniqExact"
                or "uniqExactIf";
}

/// <summary>The retention of an interval's table, in days.</summary>
public sealed record RollupRetention(RollupInterval Interval, int Days);

/// <summary>The partition of a rollup's tables; never shorter than a month.</summary>
public enum RollupPartition
{
    Month,
    Year,
}

/// <summary>A parsed rollup definition.</summary>
public sealed record RollupDefinition
{
    public required SqlName Name { get; init; }

    /// <summary>The file name, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The table with the source rows; the left side of a join.</summary>
    public required SqlName Source { get; init; }

    /// <summary>The text after the table in FROM: its alias and joins.</summary>
    public required string SourceRest { get; init; }

    public required int SourceLine { get; init; }

    /// <summary>The column of the source with the time that a row describes.</summary>
    public required string Time { get; init; }

    public required int TimeLine { get; init; }

    /// <summary>
    /// A column of the source with DEFAULT now64(6), the insert time, which no writer sets. With
    /// it, a rebuild is exact while rows are inserted.
    /// </summary>
    public string? Ingested { get; init; }

    /// <summary>A condition on rows of the source; null for none.</summary>
    public string? Where { get; init; }

    /// <summary>The intervals, from the shortest to the longest.</summary>
    public required IReadOnlyList<RollupInterval> Intervals { get; init; }

    public required IReadOnlyList<RollupKey> Keys { get; init; }

    public required IReadOnlyList<RollupAggregate> Aggregates { get; init; }

    public IReadOnlyList<RollupRetention> Retention { get; init; } = [];

    /// <summary>
    /// The retention of the source, in days. Older buckets are not compared with it.
    /// </summary>
    public int? SourceRetentionDays { get; init; }

    public RollupPartition Partition { get; init; }

    /// <summary>
    /// The index granularity of the tables, in buckets. Small values suit large states of which
    /// readers need few. Null for ClickHouse's default.
    /// </summary>
    public int? Granularity { get; init; }

    /// <summary>
    /// Settings of the tables; those that are not named have ClickHouse's defaults. They can change
    /// without a rebuild.
    /// </summary>
    public IReadOnlyList<RollupSetting> TableSettings { get; init; } = [];

    /// <summary>
    /// Settings of loads and backfills, instead of those chosen from memory and cores.
    /// </summary>
    public IReadOnlyList<RollupSetting> LoadSettings { get; init; } = [];

    /// <summary>
    /// A query that readers often send, whose time is measured; null for the newest bucket of the
    /// largest key.
    /// </summary>
    public string? TypicalQuery { get; init; }

    /// <summary>The time of a query above which the rollup counts as slow.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The hash of the created objects. Comments and the order of the header do not change it.
    /// </summary>
    public required string Hash { get; init; }

    /// <summary>
    /// The time column with the alias of the table, so that the bucket column cannot hide it.
    /// </summary>
    public string QualifiedTime => Qualify(Time);

    public string? QualifiedIngested => Ingested is null ? null : Qualify(Ingested);

    /// <summary>
    /// Returns the FROM clause over the source, or over a table with the same columns.
    /// </summary>
    public string FromClause(SqlName table) => $"{table.Quoted} {SourceRest}";

    /// <summary>The alias of the left table.</summary>
    public string Alias => SourceRest.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private string Qualify(string column) =>
        column.Contains('.', StringComparison.Ordinal) ? column : $"{Alias}.{column}";
}
