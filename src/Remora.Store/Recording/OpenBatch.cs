using Remora.ClickHouse.Rows;

namespace Remora.Store.Recording;

/// <summary>The rows of one table that are not in the journal yet.</summary>
/// <param name="table">The table.</param>
/// <param name="delay">The time after its first row after which the batch is closed.</param>
internal abstract class OpenBatch(StoreTable table, TimeSpan delay)
{
    private int _length;

    public StoreTable Table { get; } = table;

    public TimeSpan Delay { get; } = delay;

    /// <summary>The timestamp of the first row.</summary>
    public long Began { get; set; }

    public int Rows { get; private set; }

    protected RowWriter Writer { get; } = new();

    public bool IsFull(RecorderOptions options) => Rows >= options.BatchRows || Writer.Length >= options.BatchBytes;

    /// <summary>Returns the rows as a batch.</summary>
    /// <param name="epoch">The lease under which they were recorded; null without one.</param>
    public JournalBatch Close(ulong? epoch = null) =>
        new(Table.Name, Table.Columns, JournalBatch.NewToken(epoch), Writer.Written);

    /// <summary>Removes a row of which only a part was encoded.</summary>
    public void RemovePartialRow() => Writer.Truncate(_length);

    public void Clear()
    {
        Writer.Clear();
        (Rows, _length) = (0, 0);
    }

    protected void CompleteRow()
    {
        Rows++;
        _length = Writer.Length;
    }
}

/// <inheritdoc/>
/// <typeparam name="T">The type of a row.</typeparam>
internal sealed class OpenBatch<T>(StoreTable<T> table, TimeSpan delay = default) : OpenBatch(table, delay)
{
    public void Add(in T row, ulong sequence)
    {
        table.Write(Writer, in row, sequence);
        CompleteRow();
    }
}
