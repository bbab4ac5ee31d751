using Remora.ClickHouse.Rows;

namespace Remora.Store.Recording;

/// <summary>The rows of one table that are not in the journal yet.</summary>
internal sealed class OpenBatch(StoreTable table)
{
    public StoreTable Table { get; } = table;

    public RowWriter Writer { get; } = new();

    public int Rows { get; set; }

    public bool IsFull(RecorderOptions options) => Rows >= options.BatchRows || Writer.Length >= options.BatchBytes;

    public JournalBatch Close() => new(Table.Name, Table.Columns, Guid.NewGuid().ToString("N"), Writer.Written);

    public void Clear()
    {
        Writer.Clear();
        Rows = 0;
    }
}
