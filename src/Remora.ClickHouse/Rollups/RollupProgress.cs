namespace Remora.ClickHouse.Rollups;

/// <summary>The progress of a rollup operation.</summary>
/// <param name="Step">The current step.</param>
/// <param name="Detail">The object of the step.</param>
/// <param name="Done">
/// The amount done, in the unit of the step: objects, partitions or rows.
/// </param>
/// <param name="Total">The total amount; 0 if unknown.</param>
public readonly record struct RollupProgress(string Step, string Detail, long Done, long Total);

/// <summary>Limits for expensive queries of rollup operations.</summary>
public sealed record RollupOptions
{
    /// <summary>
    /// The maximum memory of a query, in bytes. Above half of it, GROUP BY uses the disk. Null for
    /// half of the server's limit, between 256 MiB and 8 GiB; 1 GiB if the server has none.
    /// </summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The threads of a query; null for one per core of the server, up to 8.</summary>
    public int? Threads { get; init; }

    /// <summary>The number of source rows that are grouped or moved at a time.</summary>
    public long ChunkRows { get; init; } = 2_000_000;

    /// <summary>The timeout for running inserts to end.</summary>
    public TimeSpan InsertTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The number of attempts on a partition that receives inserts, before it counts as busy.
    /// </summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The time from now to the cut of a rebuild. Its views must exist by then.</summary>
    public TimeSpan CutAhead { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The age of a mutation that has not finished, at which it is a problem.</summary>
    public TimeSpan MutationPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The number of parts of a partition above which merging is a problem.</summary>
    public int MostParts { get; init; } = 150;
}
