namespace Remora.Store.Recording;

/// <summary>How the recorder is.</summary>
/// <param name="QueuedRows">Rows in memory, not yet in the journal; a candle with its assessment, or with its past, is one until it is written down.</param>
/// <param name="JournalBatches">Batches in the journal, not yet in the store.</param>
/// <param name="JournalBytes">Their size on disk.</param>
/// <param name="WrittenRows">Rows that the store has acknowledged since the start, per table.</param>
/// <param name="DroppedRows">Rows that are lost: the queue or the journal was full.</param>
/// <param name="SetAside">Batches that cannot be inserted: file and reason. They lie in <c>set-aside</c> within the journal's folder.</param>
/// <param name="LastError">What went wrong last; null when nothing did.</param>
/// <param name="LastErrorAt">When.</param>
/// <param name="LastSuccess">When the store last acknowledged a batch.</param>
/// <param name="OldestUnwritten">When the oldest batch of the journal was closed; null when there is none.</param>
/// <param name="HandedOverRows">Rows that were to be recorded since the start, per table: those that are written, wait, were set aside or dropped.</param>
/// <param name="IsWell">Whether no problem lasts, and the store has taken something since the last one.</param>
public sealed record RecorderHealth(
    long QueuedRows, int JournalBatches, long JournalBytes, IReadOnlyDictionary<string, long> WrittenRows, long DroppedRows, IReadOnlyList<string> SetAside,
    string? LastError, DateTimeOffset? LastErrorAt, DateTimeOffset? LastSuccess, DateTimeOffset? OldestUnwritten, IReadOnlyDictionary<string, long> HandedOverRows, bool IsWell);
