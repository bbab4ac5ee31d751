using System.Runtime.InteropServices;
using System.Text;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost.Engine;

/// <summary>
/// One connection to the engine for one request: settings, the current database and temporary
/// tables end with it. Opening one takes less than 0.1 ms. Calls block, and only one can run at a
/// time.
/// </summary>
internal sealed unsafe class EngineSession : IDisposable
{
    private static readonly byte[] NoFormat = "TabSeparated"u8.ToArray();

    private readonly void** _connection;
    private bool _closed;

    internal EngineSession(void** connection) => _connection = connection;

    /// <summary>Runs a statement and returns its whole result.</summary>
    /// <exception cref="EngineException">The engine reports an error.</exception>
    public (byte[] Output, QueryStatistics Statistics) Run(
        ReadOnlySpan<byte> sql,
        string? format = null,
        IReadOnlyDictionary<string, string>? parameters = null
    )
    {
        using var names = new NativeStrings([.. parameters?.Keys ?? []]);
        using var values = new NativeStrings([.. parameters?.Values ?? []]);
        ReadOnlySpan<byte> formatName = format is null ? NoFormat : Encoding.UTF8.GetBytes(format);
        fixed (
            byte* text = sql,
                formatText = formatName
        )
        {
            return Take(
                Chdb.chdb_query_with_params_n(
                    *_connection,
                    text,
                    (nuint)sql.Length,
                    formatText,
                    (nuint)formatName.Length,
                    names.Pointers,
                    names.Lengths,
                    values.Pointers,
                    values.Lengths,
                    (nuint)(parameters?.Count ?? 0)
                )
            );
        }
    }

    /// <inheritdoc cref="Run(ReadOnlySpan{byte}, string?, IReadOnlyDictionary{string, string}?)"/>
    public string RunText(string sql, IReadOnlyDictionary<string, string>? parameters = null) =>
        Encoding.UTF8.GetString(Run(Encoding.UTF8.GetBytes(sql), format: null, parameters).Output).TrimEnd('\n');

    /// <summary>Starts an INSERT whose rows are appended in pieces.</summary>
    /// <exception cref="EngineException">The engine rejects the statement.</exception>
    public InsertStream Insert(ReadOnlySpan<byte> head, string format, IReadOnlyDictionary<string, string> parameters)
    {
        using var names = new NativeStrings([.. parameters.Keys]);
        using var values = new NativeStrings([.. parameters.Values]);
        ReadOnlySpan<byte> formatName = Encoding.UTF8.GetBytes(format);
        fixed (
            byte* text = head,
                formatText = formatName
        )
        {
            return InsertStream.Open(
                Chdb.chdb_stream_insert_with_params_n(
                    *_connection,
                    text,
                    (nuint)head.Length,
                    formatText,
                    (nuint)formatName.Length,
                    names.Pointers,
                    names.Lengths,
                    values.Pointers,
                    values.Lengths,
                    (nuint)parameters.Count
                )
            );
        }
    }

    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        Chdb.chdb_close_conn(_connection);
    }

    /// <summary>
    /// Returns the output and the statistics of a result, and destroys the result.
    /// </summary>
    internal static (byte[] Output, QueryStatistics Statistics) Take(void* result)
    {
        if (result is null)
            throw EngineException.Of(
                EngineException.UnknownException,
                "UNKNOWN_EXCEPTION",
                "the engine returned no result"
            );
        try
        {
            if (ErrorText(Chdb.chdb_result_error(result)) is { } error)
                throw EngineException.Read(error);
            var length = (int)Chdb.chdb_result_length(result); // the buffer of an empty result is null
            var output = length == 0 ? [] : new ReadOnlySpan<byte>(Chdb.chdb_result_buffer(result), length).ToArray();
            return (
                output,
                new QueryStatistics(
                    Chdb.chdb_result_storage_rows_read(result),
                    Chdb.chdb_result_storage_bytes_read(result),
                    Chdb.chdb_result_rows_written(result),
                    Chdb.chdb_result_bytes_written(result),
                    Chdb.chdb_result_rows_read(result),
                    Chdb.chdb_result_bytes_read(result),
                    TimeSpan.FromSeconds(Chdb.chdb_result_elapsed(result))
                )
            );
        }
        finally
        {
            Chdb.chdb_destroy_query_result(result);
        }
    }

    internal static string? ErrorText(byte* text) => text is null ? null : Marshal.PtrToStringUTF8((nint)text);
}
