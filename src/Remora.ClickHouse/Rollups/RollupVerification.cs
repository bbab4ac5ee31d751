using System.Globalization;

namespace Remora.ClickHouse.Rollups;

public enum RollupFindingKind
{
    /// <summary>The source has rows that the rollup has not.</summary>
    Missing,

    /// <summary>The rollup counts rows more often than the source has them.</summary>
    Doubled,

    /// <summary>The rows are as many, an aggregate is not the same.</summary>
    Different,
}

/// <summary>A range in which a rollup is not what its source is.</summary>
public sealed record RollupFinding(
    RollupInterval Interval, string Partition, RollupFindingKind Kind, DateTimeOffset From, DateTimeOffset To, long SourceRows, long RollupRows, string Explanation)
{
    /// <summary>As a person reads it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Interval}: {Kind.ToString().ToLowerInvariant()} {new RollupSlice(From, To)}: source {SourceRows}, rollup {RollupRows} ({Explanation})");
}

/// <summary>What a comparison of a rollup with its source has shown.</summary>
/// <param name="Findings">Where they differ.</param>
/// <param name="Busy">Partitions that were written without a pause, and so could not be compared.</param>
/// <param name="Partitions">How many partitions the source has.</param>
/// <param name="Rows">How many rows the source has.</param>
public sealed record RollupVerification(IReadOnlyList<RollupFinding> Findings, IReadOnlyList<string> Busy, int Partitions, long Rows)
{
    public bool IsExact => Findings.Count == 0 && Busy.Count == 0;
}
