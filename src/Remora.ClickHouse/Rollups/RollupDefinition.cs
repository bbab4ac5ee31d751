namespace Remora.ClickHouse.Rollups;

/// <summary>A column of a definition, and the line it stands in.</summary>
/// <param name="Name">What it is called in the rollup.</param>
/// <param name="Expression">What it is made of, in terms of the source.</param>
/// <param name="Line">Where it stands, from 1.</param>
public sealed record RollupKey(SqlName Name, string Expression, int Line);

/// <summary>An aggregate, taken apart so that its state, the merging of states and its value can be asked for.</summary>
public sealed record RollupAggregate(SqlName Name, string Function, string Parameters, string Arguments, int Line)
{
    /// <summary>The aggregate as it was written.</summary>
    public string Value => Function + Parameters + Arguments;

    /// <summary>Its state, over rows of the source.</summary>
    public string State => $"{Function}State{Parameters}{Arguments}";

    /// <summary>The state of longer buckets, over states of shorter ones.</summary>
    public string MergeState(string from) => $"{Function}MergeState{Parameters}({from}.{Name.Quoted})";

    /// <summary>Its value, over states.</summary>
    public string Merge(string from) => $"{Function}Merge{Parameters}({from}.{Name.Quoted})";

    /// <summary>Whether merging states gives exactly what the rows give, so that the two can be compared.</summary>
    public bool IsExact => Function is "count" or "countIf" or "sum" or "sumIf" or "min" or "minIf" or "max" or "maxIf" or "uniqExact" or "uniqExactIf";
}

/// <summary>How far back a table reaches.</summary>
public sealed record RollupRetention(RollupInterval Interval, int Days);

/// <summary>How a rollup's tables are cut: never finer than a month.</summary>
public enum RollupPartition
{
    Month,
    Year,
}

/// <summary>A rollup, as its file describes it.</summary>
public sealed record RollupDefinition
{
    public required SqlName Name { get; init; }

    /// <summary>The file, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The table whose rows are rolled up; a join's left side.</summary>
    public required SqlName Source { get; init; }

    /// <summary>What stands behind the table in FROM: its alias, and joins.</summary>
    public required string SourceRest { get; init; }

    public required int SourceLine { get; init; }

    /// <summary>The column of the source that says when a row happened.</summary>
    public required string Time { get; init; }

    public required int TimeLine { get; init; }

    /// <summary>
    /// A column of the source with DEFAULT now64(6) that no writer sets: when a row was inserted. With it, a rebuild is exact while writes go on.
    /// </summary>
    public string? Ingested { get; init; }

    /// <summary>A condition on the source's rows.</summary>
    public string? Where { get; init; }

    /// <summary>From the shortest to the longest.</summary>
    public required IReadOnlyList<RollupInterval> Intervals { get; init; }

    public required IReadOnlyList<RollupKey> Keys { get; init; }

    public required IReadOnlyList<RollupAggregate> Aggregates { get; init; }

    public IReadOnlyList<RollupRetention> Retention { get; init; } = [];

    /// <summary>How many days the source itself keeps; older buckets are not compared with it.</summary>
    public int? SourceRetentionDays { get; init; }

    public RollupPartition Partition { get; init; }

    /// <summary>How many buckets the tables' index takes as one; few when states are large and readers want few of them. The engine's own when null.</summary>
    public int? Granularity { get; init; }

    /// <summary>Identifies what the definition makes; comments and the order of the header do not count.</summary>
    public required string Hash { get; init; }

    /// <summary>The time column with the table's alias, so that the bucket may never hide it.</summary>
    public string QualifiedTime => Qualify(Time);

    public string? QualifiedIngested => Ingested is null ? null : Qualify(Ingested);

    /// <summary>FROM, over the source or a table of the same columns in its place.</summary>
    public string FromClause(SqlName table) => $"{table.Quoted} {SourceRest}";

    /// <summary>The alias of the left table.</summary>
    public string Alias => SourceRest.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private string Qualify(string column) => column.Contains('.', StringComparison.Ordinal) ? column : $"{Alias}.{column}";
}
