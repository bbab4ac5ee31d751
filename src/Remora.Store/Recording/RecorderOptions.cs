using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>Options of the recorder.</summary>
public sealed record RecorderOptions
{
    /// <summary>
    /// The folder of the journal. It is created if it is missing. Only one recorder can use it at a
    /// time.
    /// </summary>
    public required string JournalFolder { get; init; }

    /// <summary>
    /// The maximum size of the journal in bytes. Beyond it, the oldest batches are dropped.
    /// </summary>
    public long JournalBytes { get; init; } = 1L << 30;

    /// <summary>
    /// The maximum number of market items in memory, and of requests in memory. Beyond it, new ones
    /// are dropped. A candle with its assessment is one item, and so is a fetched history.
    /// </summary>
    public int QueueRows { get; init; } = 1 << 16;

    /// <summary>The number of rows at which a batch is closed.</summary>
    public int BatchRows { get; init; } = 100_000;

    /// <summary>The number of bytes at which a batch is closed.</summary>
    public int BatchBytes { get; init; } = 8 << 20;

    /// <summary>The time after which a batch is closed.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time after which a batch of requests is closed, if that is more than
    /// <see cref="BatchDelay"/>. A batch costs the store, with its rollups, as much as tens of
    /// thousands of rows.
    /// </summary>
    public TimeSpan RequestDelay { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The timeout of one insert. It is then retried under the same token.</summary>
    public TimeSpan InsertTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The delay after a failure. It doubles with each further failure, up to
    /// <see cref="LongestRetryDelay"/>.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The maximum delay between two attempts.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time limit for the end. Rows that are not inserted by then stay in the journal.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// The lease by which one of several services records; null when no other service can use the
    /// store.
    /// </summary>
    public LeaseOptions? Lease { get; init; }

    /// <summary>
    /// Restarts the recorder's tasks when they fail. The recorder creates one if null.
    /// </summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>Receives a line for the log when a problem begins.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>
    /// Receives a line for the log when a problem has ended; null to send it to
    /// <see cref="Notice"/>.
    /// </summary>
    public Action<string>? Recovery { get; init; }
}

/// <summary>Times of the lease by which one of several services on a store records.</summary>
public sealed record LeaseOptions
{
    /// <summary>
    /// The time after the last renewal at which another service takes over, at least three times
    /// <see cref="Renewal"/>.
    /// </summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The time between two renewals.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The time between two looks of a service that does not record.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The time for which a service that does not record keeps its own data in memory.
    /// </summary>
    public TimeSpan Reach { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The clock of the moments that rows describe, for example a sandbox's.</summary>
    public TimeProvider RowClock { get; init; } = TimeProvider.System;
}
