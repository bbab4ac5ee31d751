using Remora.ClickHouse;

namespace Remora.Store.Files;

/// <summary>
/// Converts a CSV of assessments, one row per candle, to Parquet or Feather with typed columns. The
/// engine converts the rows and stores none of them.
/// </summary>
public static class AssessmentRows
{
    // The columns of AssessmentCsv.Header in order. Values that may be unknown are nullable; text
    // lists are empty when they have no items.
    private static readonly (string Name, string Type)[] Columns =
    [
        ("date", Time), ("as_of", Time), ("close", Number), ("safe_to_trade", "Bool"), ("recommendation", "String"), ("risk_score", Number), ("risk_class", Name),
        ("risk_confidence", Number), ("position_scale", Number), ("blocked_by", "String"), ("regime", Name), ("regime_since", $"Nullable({Time})"), ("volatility", Number),
        ("volatility_classification", Name), ("trend_classification", Name), ("momentum_classification", Name), ("risk_volatility", Number), ("risk_regime", Number),
        ("risk_trend_strength", Number), ("risk_momentum", Number), ("risk_external", Number), ("flags", "String"), ("atr_ratio", Number), ("rsi", Number), ("adx", Number),
        ("day_return", Number), ("day_drawdown", Number), ("gaps", "Int64"), ("policy", "String"), ("policy_id", "String"), ("model", "String"), ("state", "String"),
    ];

    private static readonly Dictionary<string, string> Reading = new(StringComparer.Ordinal)
    {
        ["date_time_input_format"] = "best_effort",
        ["format_csv_null_representation"] = "", // an empty field is null
        ["input_format_null_as_default"] = "1", // an empty field is empty text in a column without null
        ["precise_float_parsing"] = "1", // exact doubles
        ["session_timezone"] = "UTC",
    };

    private const string Time = "DateTime64(3, 'UTC')";
    private const string Number = "Nullable(Float64)";
    private const string Name = "Nullable(String)";

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
    public static async Task ConvertAsync(ClickHouseClient client, string csv, string to, CancellationToken cancellation = default)
    {
        var table = SqlName.Of("rows_" + Guid.NewGuid().ToString("N"));
        try
        {
            await client.ExecuteAsync($"CREATE TABLE {table.Quoted} ({string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"))}) ENGINE = Log", cancellation: cancellation);
            await using var bytes = StagedFile.Open(csv);
            await client.InsertStreamAsync($"INSERT INTO {table.Quoted} FORMAT CSVWithNames", bytes, new QueryOptions { Settings = Reading, Timeout = Timeout.InfiniteTimeSpan }, cancellation);
            await FileExport.WriteAsync(new StoreQuery<int>(client, $"SELECT * FROM {table.Quoted} SETTINGS max_threads = 1", [], _ => 0), to, cancellation: cancellation); // keeps the order of the file
        }
        catch (Exception e) when (e is ClickHouseException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"'{csv}' cannot be written as '{to}': {e.Message}", e);
        }
        finally
        {
            await client.ExecuteAsync($"DROP TABLE IF EXISTS {table.Quoted} SYNC", new QueryOptions { IsRepeatable = true }, CancellationToken.None);
        }
    }
}
