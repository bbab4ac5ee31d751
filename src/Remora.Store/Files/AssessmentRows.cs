using Remora.ClickHouse;
using Remora.Columns;
using Remora.Store.Tables;

namespace Remora.Store.Files;

/// <summary>
/// Converts a CSV of assessments, one row per candle, to Parquet or Feather with typed columns. The
/// engine converts the rows and stores none of them.
/// </summary>
public static class AssessmentRows
{
    // An unknown value is null; a list without items is an empty text.
    private static readonly string Columns = string.Join(
        ", ",
        AssessmentColumns.Files.Select(column => $"{column.Name} {ColumnTypes.InFile(column)}")
    );

    private static readonly Dictionary<string, string> Reading = new(StringComparer.Ordinal)
    {
        ["date_time_input_format"] = "best_effort",
        ["format_csv_null_representation"] = "", // an empty field is null
        ["input_format_null_as_default"] = "1", // an empty field is empty text in a column without null
        ["precise_float_parsing"] = "1", // exact doubles
        ["session_timezone"] = "UTC",
    };

    /// <summary>
    /// Writes the rows of a CSV or CSV.gz to a file in the format of its extension. The file
    /// appears only when it is complete.
    /// </summary>
    /// <param name="client">A client of the engine.</param>
    /// <param name="csv">A file of assessments with <see cref="AssessmentCsv.Header"/>.</param>
    /// <param name="to">The output file.</param>
    /// <param name="cancellation">Stops the conversion.</param>
    /// <exception cref="StoreException">
    /// The input cannot be read, or the output cannot be written.
    /// </exception>
    public static async Task ConvertAsync(
        ClickHouseClient client,
        string csv,
        string to,
        CancellationToken cancellation = default
    )
    {
        var table = SqlName.Of("rows_" + Guid.NewGuid().ToString("N"));
        try
        {
            await client.ExecuteAsync(
                $"CREATE TABLE {table.Quoted} ({Columns}) ENGINE = Log",
                cancellation: cancellation
            );
            await using var bytes = StagedFile.Open(csv);
            await client.InsertStreamAsync(
                $"INSERT INTO {table.Quoted} FORMAT CSVWithNames",
                bytes,
                new QueryOptions { Settings = Reading, Timeout = Timeout.InfiniteTimeSpan },
                cancellation
            );
            // Keeps the order of the file
            await FileExport.WriteAsync(
                new StoreQuery<int>(client, $"SELECT * FROM {table.Quoted} SETTINGS max_threads = 1", [], _ => 0),
                to,
                cancellation: cancellation
            );
        }
        catch (Exception e) when (e is ClickHouseException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"'{csv}' cannot be written as '{to}': {e.Message}", e);
        }
        finally
        {
            await client.ExecuteAsync(
                $"DROP TABLE IF EXISTS {table.Quoted} SYNC",
                new QueryOptions { IsRepeatable = true },
                CancellationToken.None
            );
        }
    }
}
