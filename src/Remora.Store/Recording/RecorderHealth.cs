namespace Remora.Store.Recording;

/// <summary>The health of the recorder.</summary>
/// <param name="QueuedRows">
/// Rows in memory that are not in the journal yet. A candle with its assessment, or a fetched
/// history, counts as one until it is encoded.
/// </param>
/// <param name="JournalBatches">Batches in the journal that are not in the store yet.</param>
/// <param name="JournalBytes">The size of these batches on disk, in bytes.</param>
/// <param name="WrittenRows">
/// Rows that the store has acknowledged since the start, by table.
/// </param>
/// <param name="DroppedRows">Rows that were lost because the queue or the journal was full.</param>
/// <param name="SetAside">
/// Batches that cannot be inserted, with file and reason. They are in the folder <c>set-aside</c>
/// of the journal.
/// </param>
/// <param name="LastError">The last error; null for none.</param>
/// <param name="LastErrorAt">The time of the last error.</param>
/// <param name="LastSuccess">The time of the last acknowledged batch.</param>
/// <param name="OldestUnwritten">
/// The close time of the oldest batch in the journal; null if it is empty.
/// </param>
/// <param name="HandedOverRows">
/// Rows handed over since the start, by table: written, waiting, set aside, dropped, or recorded by
/// another service.
/// </param>
/// <param name="IsWell">
/// Whether no problem exists, and the store has acknowledged a batch since the last one.
/// </param>
public sealed record RecorderHealth(
    long QueuedRows,
    int JournalBatches,
    long JournalBytes,
    IReadOnlyDictionary<string, long> WrittenRows,
    long DroppedRows,
    IReadOnlyList<string> SetAside,
    string? LastError,
    DateTimeOffset? LastErrorAt,
    DateTimeOffset? LastSuccess,
    DateTimeOffset? OldestUnwritten,
    IReadOnlyDictionary<string, long> HandedOverRows,
    bool IsWell
);

/// <summary>
/// Which service records market data in the store. Requests are recorded by each service.
/// </summary>
/// <param name="Here">Whether this service does.</param>
/// <param name="By">
/// Process and machine of the service that does; null if none is known, and with an embedded
/// engine, which has one service.
/// </param>
/// <param name="Lease">
/// The number of its lease: one more for each service that took over; null without one.
/// </param>
public sealed record RecordingHealth(bool Here, string? By, long? Lease);
