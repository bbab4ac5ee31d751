using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Remora.Store.Recording;

/// <summary>
/// A bounded queue of entries from any thread to the recorder. Adding never waits: an entry that
/// finds the queue full is dropped and counted.
/// </summary>
/// <typeparam name="T">The type of an entry.</typeparam>
/// <param name="capacity">The maximum number of entries.</param>
internal sealed class EntryQueue<T>(int capacity)
    where T : IEntry
{
    private readonly Channel<T> _entries = Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { SingleReader = true }
    );

    private long _handedOver,
        _droppedRows;

    /// <summary>The number of waiting entries.</summary>
    public int Count => _entries.Reader.Count;

    /// <summary>The number of entries received, including dropped ones.</summary>
    public long HandedOver => Interlocked.Read(ref _handedOver);

    /// <summary>The number of rows dropped because the queue was full.</summary>
    public long DroppedRows => Interlocked.Read(ref _droppedRows);

    /// <summary>Adds an entry, or drops it if the queue is full.</summary>
    /// <returns>The number of entries received so far.</returns>
    public long Add(in T entry)
    {
        if (!_entries.Writer.TryWrite(entry))
            Interlocked.Add(ref _droppedRows, entry.Rows);
        return Interlocked.Increment(ref _handedOver);
    }

    /// <summary>Takes the oldest entry; for the recorder only.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T entry) => _entries.Reader.TryRead(out entry);
}
