using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>How the recorder works.</summary>
public sealed record RecorderOptions
{
    /// <summary>The folder of the journal; made if it is missing. One recorder at a time.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>The most bytes the journal takes; beyond that the oldest batches are dropped.</summary>
    public long JournalBytes { get; init; } = 1L << 30;

    /// <summary>How many items may wait in memory, of the markets' and as many requests; beyond that new ones are dropped. A candle with its assessment is one item, and so is a past.</summary>
    public int QueueRows { get; init; } = 1 << 16;

    /// <summary>A batch is closed at so many rows,</summary>
    public int BatchRows { get; init; } = 10_000;

    /// <summary>or so many bytes,</summary>
    public int BatchBytes { get; init; } = 8 << 20;

    /// <summary>or after this time.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one insert may take; then it is tried again, under the same token.</summary>
    public TimeSpan InsertTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The wait after a failure; doubled for each further one, up to <see cref="LongestRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two tries.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the end may take; what is not inserted by then stays in the journal.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Keeps the recorder's tasks running; one of its own where null.</summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>Called with a line for a log when a problem begins and when it has ended.</summary>
    public Action<string>? Notice { get; init; }
}
