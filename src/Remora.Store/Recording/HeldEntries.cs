using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>
/// The last moments of market data while another service records, so that this one can add what
/// that one did not record when it ends. Bounded by age and rows.
/// </summary>
internal sealed class HeldEntries(TimeSpan reach, int capacity, TimeProvider time)
{
    private readonly LinkedList<(Entry Entry, long At)> _entries = [];
    private readonly Lock _lock = new();
    private long _rows;
    private long _droppedRows;

    /// <summary>The number of rows.</summary>
    public long Rows
    {
        get
        {
            lock (_lock)
                return _rows;
        }
    }

    /// <summary>The rows that were dropped while nobody was known to record.</summary>
    public long DroppedRows => Interlocked.Read(ref _droppedRows);

    /// <summary>The earliest moment of an entry; null without one.</summary>
    public Instant? Since
    {
        get
        {
            lock (_lock)
                return _entries.Select(held => held.Entry.Moment).Where(moment => moment is not null).Min();
        }
    }

    /// <summary>Adds an entry, and drops the oldest.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isRecorded">Whether another service is known to record.</param>
    public void Add(Entry entry, bool isRecorded)
    {
        lock (_lock)
        {
            _entries.AddLast((entry, time.GetTimestamp()));
            _rows += entry.Rows;
            while (_rows > capacity && _entries.Count > 1)
            {
                if (!isRecorded)
                    Interlocked.Add(ref _droppedRows, _entries.First!.Value.Entry.Rows);
                RemoveFirst();
            }
        }
    }

    /// <summary>Drops the entries that are older than the reach.</summary>
    public void Prune()
    {
        lock (_lock)
            while (_entries.First is { } first && time.GetElapsedTime(first.Value.At) > reach)
                RemoveFirst();
    }

    /// <summary>Takes the oldest entry; null if there is none.</summary>
    public Entry? Take()
    {
        lock (_lock)
        {
            var entry = _entries.First?.Value.Entry;
            if (entry is not null)
                RemoveFirst();
            return entry;
        }
    }

    private void RemoveFirst()
    {
        _rows -= _entries.First!.Value.Entry.Rows;
        _entries.RemoveFirst();
    }
}
