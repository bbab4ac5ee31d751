using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Files;

/// <summary>The progress in a file.</summary>
/// <param name="Done">The number of rows done.</param>
/// <param name="Total">The total number of rows.</param>
public readonly record struct FileProgress(long Done, long Total);

/// <summary>The result of an import.</summary>
/// <param name="Rows">The number of rows in the file.</param>
/// <param name="Imported">The number of imported candles.</param>
/// <param name="Rejected">The number of rejected rows.</param>
/// <param name="FirstReason">Why the first row was rejected; null when all were imported.</param>
/// <param name="First">The open time of the first candle.</param>
/// <param name="Last">The open time of the last candle.</param>
public sealed record ImportReport(
    long Rows,
    long Imported,
    long Rejected,
    string? FirstReason,
    Instant? First,
    Instant? Last
);

/// <summary>
/// Imports candle files into the store: CSV with or without a header, also compressed with gzip,
/// Parquet, or Feather as Freqtrade writes it. The engine reads the file. Each row is checked like
/// a candle from an exchange, and a candle that exists already is not duplicated. The bytes of the
/// file are sent with the insert, so it works with a server too.
/// </summary>
public sealed class CandleImport(MarketStore store)
{
    private const int BatchRows = 50_000;

    /// <summary>Imports one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="market">The market of the candles.</param>
    /// <param name="progress">Receives the progress after each batch.</param>
    /// <param name="cancellation">Stops between batches. Imported rows remain.</param>
    /// <exception cref="StoreException">
    /// The file cannot be read as candles; the message contains the cause. Nothing was imported.
    /// </exception>
    public async Task<ImportReport> RunAsync(
        string path,
        MarketId market,
        IProgress<FileProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        await using var staged = await StagedFile.ReadAsync(store.Client, path, cancellation);
        var now = Instant.From(store.Time.GetUtcNow());
        var (rows, imported, rejected) = (0L, 0L, 0L);
        string? reason = null;
        Instant? first = null,
            last = null;
        var writer = new RowWriter();
        var open = 0;
        await foreach (var (time, candle) in staged.RowsAsync(cancellation))
        {
            rows++;
            var fault = time is null ? null : (CandleFault?)candle.Check(market.Timeframe, now);
            if (fault != CandleFault.None)
            {
                rejected++;
                reason ??= string.Create(
                    CultureInfo.InvariantCulture,
                    $"row {rows}: "
                        + $"{(fault is null ? "the time cannot be read" : Describe(fault.Value, market.Timeframe))}"
                );
                continue;
            }
            var row = StoredCandle.Of(market.Exchange, market.Pair, market.Timeframe, candle);
            StoreTable.Candles.Write(writer, row, store.Sequence);
            first ??= candle.OpenTime;
            last = candle.OpenTime;
            if (++open == BatchRows)
                await InsertAsync();
        }
        await InsertAsync();
        return new(rows, imported, rejected, reason, first, last);

        async Task InsertAsync()
        {
            if (open == 0)
                return;
            await store.Inserts.InsertAsync(StoreTable.Candles, writer, cancellation);
            imported += open;
            open = 0;
            writer.Clear();
            progress?.Report(new(rows, staged.Rows));
        }
    }

    private static string Describe(CandleFault fault, Timeframe timeframe) =>
        fault switch
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
