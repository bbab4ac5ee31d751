using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Files;

/// <summary>How far a file has come.</summary>
/// <param name="Done">Rows so far.</param>
/// <param name="Total">Rows in all.</param>
public readonly record struct FileProgress(long Done, long Total);

/// <summary>What an import has done.</summary>
/// <param name="Rows">Rows of the file.</param>
/// <param name="Imported">Candles that were taken.</param>
/// <param name="Rejected">Rows that were not.</param>
/// <param name="FirstReason">Why the first of them was not; null when all were taken.</param>
/// <param name="First">The first candle's open time.</param>
/// <param name="Last">The last candle's open time.</param>
public sealed record ImportReport(long Rows, long Imported, long Rejected, string? FirstReason, Instant? First, Instant? Last);

/// <summary>
/// Brings candles of a file into the store: CSV with or without a header, Parquet, or Feather as Freqtrade writes it; CSV also compressed
/// with gzip. The engine reads the file, each row is then checked as if it came from an exchange, and a candle that is there already stays
/// one. The file's bytes travel with the insert, so it works with a server as well.
/// </summary>
public sealed class CandleImport(MarketStore store)
{
    private const int BatchRows = 50_000;

    /// <summary>Imports one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="market">Whose candles they are.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Stops between batches; what was imported stays.</param>
    /// <exception cref="StoreException">The file cannot be read as candles; the message says why. Nothing was imported.</exception>
    public async Task<ImportReport> RunAsync(string path, MarketId market, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default)
    {
        await using var staged = await StagedFile.ReadAsync(store.Client, path, cancellation);
        var now = Instant.From(store.Time.GetUtcNow());
        var (rows, imported, rejected) = (0L, 0L, 0L);
        string? reason = null;
        Instant? first = null, last = null;
        var writer = new RowWriter();
        var open = 0;
        await foreach (var (time, candle) in staged.RowsAsync(cancellation))
        {
            rows++;
            var fault = time is null ? null : (CandleFault?)candle.Check(market.Timeframe, now);
            if (fault != CandleFault.None)
            {
                rejected++;
                reason ??= string.Create(CultureInfo.InvariantCulture, $"row {rows}: {(fault is null ? "the time cannot be read" : Describe(fault.Value, market.Timeframe))}");
                continue;
            }
            RowWriting.Candle(writer, market.Exchange, market.Pair, market.Timeframe, candle, store.Sequence);
            first ??= candle.OpenTime;
            last = candle.OpenTime;
            if (++open == BatchRows) await InsertAsync();
        }
        await InsertAsync();
        return new(rows, imported, rejected, reason, first, last);

        async Task InsertAsync()
        {
            if (open == 0) return;
            await store.Client.InsertAsync(
                StoreTable.Candles.Name, StoreTable.Candles.Columns, writer, Guid.NewGuid().ToString("N"), new QueryOptions { Settings = store.InsertSettings }, cancellation);
            imported += open;
            open = 0;
            writer.Clear();
            progress?.Report(new(rows, staged.Rows));
        }
    }

    private static string Describe(CandleFault fault, Timeframe timeframe) => fault switch
    {
        CandleFault.NotFinite => "a value is missing or not a finite number",
        CandleFault.NotPositive => "a price is 0 or negative",
        CandleFault.NegativeVolume => "the volume is negative",
        CandleFault.Inverted => "high is not the highest price or low not the lowest",
        CandleFault.Unaligned => $"the open time is not a multiple of {timeframe}",
        CandleFault.InTheFuture => "the open time lies in the future",
        _ => "the candle has not closed yet",
    };
}
