namespace Remora.ClickHouse.Rollups;

/// <summary>How far a verb has come.</summary>
/// <param name="Step">What it does.</param>
/// <param name="Detail">To what.</param>
/// <param name="Done">How much is done, in the step's own measure: objects, partitions, rows.</param>
/// <param name="Total">Of how much; 0 when nobody knows.</param>
public readonly record struct RollupProgress(string Step, string Detail, long Done, long Total);

/// <summary>Bounds for the heavy queries of the life cycle.</summary>
public sealed record RollupOptions
{
    /// <summary>The most memory one query takes; half of it, and grouping goes to disk.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    public int Threads { get; init; } = 2;

    /// <summary>How many rows of the source are grouped, or moved, at a time.</summary>
    public long ChunkRows { get; init; } = 2_000_000;

    /// <summary>How long to wait for inserts that are under way.</summary>
    public TimeSpan InsertPatience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a partition that is being written is tried before it counts as busy.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How far ahead of now a rebuild's cut lies: its views must exist by then.</summary>
    public TimeSpan CutAhead { get; init; } = TimeSpan.FromSeconds(2);
}
