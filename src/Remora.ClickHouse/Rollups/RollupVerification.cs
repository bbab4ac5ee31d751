using System.Globalization;

namespace Remora.ClickHouse.Rollups;

public enum RollupFindingKind
{
    /// <summary>The source has rows that the rollup does not have.</summary>
    Missing,

    /// <summary>The rollup counts rows more often than the source.</summary>
    Doubled,

    /// <summary>The numbers of rows are equal, but an aggregate differs.</summary>
    Different,
}

/// <summary>A range in which a rollup differs from its source.</summary>
public sealed record RollupFinding(
    RollupInterval Interval,
    string Partition,
    RollupFindingKind Kind,
    DateTimeOffset From,
    DateTimeOffset To,
    long SourceRows,
    long RollupRows,
    string Explanation
)
{
    /// <summary>The shard of a cluster, from 1; null for a single server.</summary>
    public int? Shard { get; init; }

    /// <summary>Returns the finding as text for people.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(Shard is { } shard ? $"shard {shard}, " : "")}{Interval}: {Kind.ToString().ToLowerInvariant()} "
                + $"{new RollupSlice(From, To)}: source {SourceRows}, rollup {RollupRows} ({Explanation})"
        );
}

/// <summary>The result of comparing a rollup with its source.</summary>
/// <param name="Findings">The ranges that differ.</param>
/// <param name="Busy">
/// Partitions that received inserts all the time and could not be compared.
/// </param>
/// <param name="Partitions">
/// The number of partitions of the source; on a cluster the sum over its shards.
/// </param>
/// <param name="Rows">The number of rows of the source.</param>
public sealed record RollupVerification(
    IReadOnlyList<RollupFinding> Findings,
    IReadOnlyList<string> Busy,
    int Partitions,
    long Rows
)
{
    public bool IsExact => Findings.Count == 0 && Busy.Count == 0;

    /// <summary>Returns the result of all shards.</summary>
    internal static RollupVerification Of(IReadOnlyList<(RollupDatabase Shard, RollupVerification Part)> shards) =>
        new(
            [.. shards.SelectMany(shard => shard.Part.Findings)],
            [.. shards.SelectMany(shard => shard.Part.Busy.Select(partition => shard.Shard.Place + partition))],
            shards.Sum(shard => shard.Part.Partitions),
            shards.Sum(shard => shard.Part.Rows)
        );
}
