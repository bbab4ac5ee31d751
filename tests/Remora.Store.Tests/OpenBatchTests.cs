using Remora.Markets;
using Remora.Store.Recording;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class OpenBatchTests
{
    /// <summary>Part of a row would corrupt all rows after it.</summary>
    [Fact]
    public void A_row_that_cannot_be_encoded_leaves_nothing_in_the_batch()
    {
        var table = new StoreTable<byte>(
            "numbers",
            "at",
            [
                StoreColumn.Of<byte>("value", "UInt8", (writer, in row) => writer.UInt8(row)),
                StoreColumn.Of<byte>(
                    "checked",
                    "UInt8",
                    (writer, in row) => writer.UInt8(row == 2 ? throw new InvalidOperationException("a bug") : row)
                ),
            ]
        );
        var (batch, expected) = (new OpenBatch<byte>(table), new OpenBatch<byte>(table));
        batch.Add(1, 10);
        Assert.Throws<InvalidOperationException>(() => batch.Add(2, 11));
        batch.RemovePartialRow();
        batch.Add(3, 12);

        expected.Add(1, 10);
        expected.Add(3, 12);
        Assert.Equal(2, batch.Rows);
        Assert.Equal(expected.Close().Rows.ToArray(), batch.Close().Rows.ToArray());
    }

    [Fact]
    public void The_other_rows_of_an_entry_are_kept_and_the_lost_ones_counted()
    {
        var batches = new OpenBatches(TimeProvider.System, TimeSpan.Zero);
        var candles = Some.Candles(1, 3);
        Assert.Equal(0, batches.Write(new CandleEntry(Some.Btc, Some.Btc.Timeframe, candles), out var failure));
        Assert.Null(failure);
        Assert.Equal(1, batches.Write(new ObservationEntry(Some.Observation((Signal)999, 1, Some.Time)), out failure));
        Assert.IsType<KeyNotFoundException>(failure);
        Assert.Equal(3, batches.Rows);
        Assert.Equal(["candles"], batches.All.Where(batch => batch.Rows > 0).Select(batch => batch.Table.Name.Value));
    }
}
