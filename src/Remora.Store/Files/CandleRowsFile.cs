using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Files;

/// <summary>
/// Reads candle files with the engine, such as Parquet and Feather, as tapes for replays and
/// backtests.
/// </summary>
public static class CandleRowsFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="client">A client of the engine, which stores nothing of the file.</param>
    /// <param name="path">The file.</param>
    /// <param name="timeframe">
    /// The timeframe of the candles; null to detect it from the rows.
    /// </param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="StoreException">
    /// The file cannot be read as candles; the message contains the cause.
    /// </exception>
    public static async Task<CandleTape> ReadAsync(
        ClickHouseClient client,
        string path,
        Timeframe? timeframe = null,
        CancellationToken cancellation = default
    )
    {
        await using var staged = await StagedFile.ReadAsync(client, path, cancellation);
        var rows = new CandleRows("row");
        var number = 0;
        try
        {
            await foreach (var (time, candle) in staged.RowsAsync(cancellation))
            {
                number++;
                if (time is null)
                    throw new CandleFileException("row", number, "the time cannot be read");
                rows.Add(number, candle);
            }
            return rows.ToTape(number, timeframe);
        }
        catch (CandleFileException e)
        {
            throw new StoreException($"'{path}', {e.Message}", e);
        }
    }
}
