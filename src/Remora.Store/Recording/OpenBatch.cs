using Remora.ClickHouse.Rows;

namespace Remora.Store.Recording;

/// <summary>The rows of one table that are not in the journal yet.</summary>
internal abstract class OpenBatch(StoreTable table)
{
    private int _length;

    public StoreTable Table { get; } = table;

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
internal sealed class OpenBatch<T>(StoreTable<T> table) : OpenBatch(table)
{
    public void Add(in T row, ulong sequence)
    {
        table.Write(Writer, in row, sequence);
        CompleteRow();
    }
}
