using Remora.ClickHouse;
using Remora.ClickHouse.Rows;

namespace Remora.Store;

/// <summary>
/// A query to the store. Returns typed rows, or a stream in a format. All values from callers are
/// query parameters.
/// </summary>
/// <typeparam name="T">The type of a row.</typeparam>
public sealed class StoreQuery<T>
{
    // As in the rest of the API: times in ISO-8601, integers as numbers, unknown values as null,
    // empty in CSV.
    private static readonly Dictionary<string, string> AsText = new(StringComparer.Ordinal)
    {
        ["date_time_output_format"] = "iso",
        ["format_csv_null_representation"] = "", // the form that data frames read, as in all other CSV output
        ["output_format_json_quote_64bit_integers"] = "0",
        ["output_format_json_quote_denormals"] = "0",
        ["output_format_arrow_string_as_string"] = "1",
        ["output_format_arrow_low_cardinality_as_dictionary"] = "0",
        ["output_format_parquet_string_as_string"] = "1",
    };

    private readonly ClickHouseClient _client;
    private readonly string _sql;
    private readonly QueryParameters _parameters;
    private readonly Func<RowReader, T> _read;

    internal StoreQuery(ClickHouseClient client, string sql, QueryParameters parameters, Func<RowReader, T> read)
    {
        _client = client;
        _sql = sql;
        _parameters = parameters;
        _read = read;
        ExportSql = sql;
    }

    /// <summary>The query of exports, which can have more columns than the rows.</summary>
    internal string ExportSql { get; init; }

    /// <summary>Returns the rows as they arrive.</summary>
    public IAsyncEnumerable<T> RowsAsync(CancellationToken cancellation = default) =>
        _client.QueryAsync(_sql, _read, new() { Parameters = _parameters }, cancellation);

    /// <summary>Returns all rows.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(CancellationToken cancellation = default) =>
        await _client.ListAsync(_sql, _read, _parameters, cancellation);

    /// <summary>Returns whether there is any row.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellation = default) =>
        await _client.SingleAsync(
            $"SELECT count() FROM (SELECT 1 FROM ({_sql}) LIMIT 1)",
            row => row.UInt64() > 0,
            _parameters,
            cancellation
        );

    /// <summary>
    /// Returns the rows in a format, in bounded memory. The caller disposes the stream.
    /// </summary>
    public Task<Stream> StreamAsync(StoreFormat format, CancellationToken cancellation = default) =>
        _client.StreamAsync(
            ExportSql,
            format.EngineName(),
            new() { Parameters = _parameters, Settings = AsText },
            cancellation
        );
}
