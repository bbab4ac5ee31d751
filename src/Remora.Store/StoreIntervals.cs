using Remora.ClickHouse.Rollups;

namespace Remora.Store;

/// <summary>The lengths of buckets that the shipped rollups have, from the shortest.</summary>
public static class StoreIntervals
{
    /// <summary>The name of the interval that readers get by default.</summary>
    public const string Default = "1h";

    /// <summary>The intervals of the assessment history.</summary>
    public static IReadOnlyList<RollupInterval> History { get; } = StoreRollups.IntervalsOf("risk");

    /// <summary>The intervals of the requests to the service.</summary>
    public static IReadOnlyList<RollupInterval> Traffic { get; } = StoreRollups.IntervalsOf("traffic");

    /// <summary>Returns the names of intervals, for example <c>6h</c>.</summary>
    public static IReadOnlyList<string> Names(this IReadOnlyList<RollupInterval> intervals) =>
        [.. intervals.Select(interval => interval.Suffix)];
}
