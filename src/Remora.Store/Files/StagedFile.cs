using System.IO.Compression;
using Remora.ClickHouse;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Store.Files;

/// <summary>
/// A candle file in a temporary table of the engine. Columns are found by name, in any order and
/// case. The time column can have the names that exchanges and Freqtrade use.
/// </summary>
internal sealed class StagedFile : IAsyncDisposable
{
    // The first name with a value is used, as for CSV.
    private static readonly string Time =
        $"coalesce({string.Join(", ", CandleColumns.Times.Select(name => $"nullIf({name}, '')"))}, '')";

    private static readonly string HasValues = string.Join(
        ", ",
        CandleColumns.Values.Select(name => $"countIf(isFinite({name})) > 0")
    );

    private static readonly Dictionary<string, string> Reading = new(StringComparer.Ordinal)
    {
        ["input_format_skip_unknown_fields"] = "1",
        ["input_format_allow_errors_ratio"] = "0",
        ["input_format_null_as_default"] = "1",
        ["input_format_parquet_allow_missing_columns"] = "1",
        ["input_format_arrow_allow_missing_columns"] = "1",
        ["input_format_parquet_case_insensitive_column_matching"] = "1",
        ["input_format_arrow_case_insensitive_column_matching"] = "1",
        ["input_format_with_names_use_header"] = "1",
        ["session_timezone"] = "UTC",
        ["precise_float_parsing"] = "1", // exact doubles
    };

    private readonly ClickHouseClient _client;
    private readonly SqlName _table;

    private StagedFile(ClickHouseClient client, SqlName table)
    {
        _client = client;
        _table = table;
    }

    /// <summary>The number of rows.</summary>
    public long Rows { get; private set; }

    /// <exception cref="StoreException">The file cannot be read as candles.</exception>
    public static async Task<StagedFile> ReadAsync(ClickHouseClient client, string path, CancellationToken cancellation)
    {
        var staged = new StagedFile(client, SqlName.Of("import_" + Guid.NewGuid().ToString("N")));
        try
        {
            await staged.FillAsync(path, cancellation);
            return staged;
        }
        catch (Exception e)
        {
            await staged.DisposeAsync();
            throw e switch
            {
                ClickHouseException refused => new StoreException(
                    $"'{path}' cannot be read as candles: {refused.Message}",
                    e
                ),
                IOException or UnauthorizedAccessException or InvalidDataException => new StoreException(
                    $"'{path}' cannot be read: {e.Message}",
                    e
                ),
                _ => e,
            };
        }
    }

    /// <summary>
    /// Returns the rows in file order. An unreadable time is null, an unreadable value NaN.
    /// </summary>
    public IAsyncEnumerable<(Instant? Time, Candle Candle)> RowsAsync(CancellationToken cancellation)
    {
        // Unix seconds, milliseconds or microseconds, by magnitude; otherwise a date in a common
        // form.
        const string unix = "toInt64OrNull(t)";
        const string time =
            $"multiIf(t = '', NULL, {unix} IS NULL, toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(t, 3, "
            + $"'UTC')), {unix} < 100000000, NULL, {unix} < 100000000000, {unix} * 1000, {unix} < 100000000000000, "
            + $"{unix}, {unix} < 100000000000000000, intDiv({unix}, 1000), intDiv({unix}, 1000000))";
        return _client.QueryAsync(
            $"SELECT {time} AS at, open, high, low, close, volume FROM (SELECT *, {Time} AS t FROM {_table.Quoted}) "
                + "SETTINGS max_threads = 1",
            row =>
            {
                var opened = row.Nullable(value => value.Int64()) is { } at ? new Instant(at) : (Instant?)null;
                return (
                    opened,
                    new Candle(
                        opened ?? default,
                        row.Float64(),
                        row.Float64(),
                        row.Float64(),
                        row.Float64(),
                        row.Float64()
                    )
                );
            },
            cancellation: cancellation
        );
    }

    public async ValueTask DisposeAsync() =>
        await _client.ExecuteAsync(
            $"DROP TABLE IF EXISTS {_table.Quoted} SYNC",
            new QueryOptions { IsRepeatable = true },
            CancellationToken.None
        );

    private async Task FillAsync(string path, CancellationToken cancellation)
    {
        if (!StoreFormats.TryFromFile(path, out var format) || format == StoreFormat.JsonLines)
            throw new StoreException(
                $"'{path}': unknown file extension; candles can be read from .csv, .csv.gz, .parquet, .feather and "
                    + $".arrow"
            );
        await using var bytes = Open(path);
        var times = CandleColumns.Times.Select(name => name + " String");
        var values = CandleColumns.Values.Select(name => name + " Float64 DEFAULT nan");
        var columns = string.Join(", ", times.Concat(values));
        await _client.ExecuteAsync(
            // Log keeps the order of the file
            $"CREATE TABLE {_table.Quoted} ({columns}) ENGINE = Log",
            cancellation: cancellation
        );
        var target = format == StoreFormat.Csv ? Csv(bytes) : $"FORMAT {format.EngineName()}";
        await _client.InsertStreamAsync(
            $"INSERT INTO {_table.Quoted} {target}",
            bytes,
            new QueryOptions { Settings = Reading, Timeout = Timeout.InfiniteTimeSpan },
            cancellation
        );
        Rows = (long)
            await _client.SingleAsync($"SELECT count() FROM {_table.Quoted}", row => row.UInt64(), null, cancellation);
        if (Rows == 0)
            throw new StoreException($"'{path}' has no rows");
        var (hasTimes, hasValues) = await _client.SingleAsync(
            $"SELECT countIf({Time} != '') > 0, [{HasValues}] FROM {_table.Quoted}",
            row => (row.UInt8() == 1, row.Array(value => value.UInt8() == 1)),
            null,
            cancellation
        );
        if (!hasTimes)
        {
            var allowed = string.Join(", ", CandleColumns.Times);
            throw new StoreException($"'{path}' has no time: expected a column named one of {allowed}");
        }
        if (Array.IndexOf(hasValues, false) is >= 0 and var missing)
            throw new StoreException($"'{path}' has no numbers in a column named '{CandleColumns.Values[missing]}'");
    }

    // A CSV without a header has the six columns in the usual order.
    private static string Csv(PeekedStream bytes)
    {
        var first = bytes.FirstLine.TrimStart('"');
        if (first.Length > 0 && char.IsAsciiDigit(first[0]))
            return $"({CandleColumns.Times[0]}, {string.Join(", ", CandleColumns.Values)}) FORMAT CSV";
        bytes.LowerFirstLine();
        return "FORMAT CSVWithNames";
    }

    internal static PeekedStream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        try
        {
            Span<byte> magic = stackalloc byte[2];
            var packed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
            file.Position = 0;
            return new(packed ? new GZipStream(file, CompressionMode.Decompress) : file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
