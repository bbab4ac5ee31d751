using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost.Engine;

/// <summary>
/// An INSERT that receives its rows in pieces, in any format including binary ones. Appending
/// blocks while the engine is behind.
/// </summary>
internal sealed unsafe class InsertStream : IDisposable
{
    private void* _stream;
    private bool _finished;

    private InsertStream(void* stream) => _stream = stream;

    internal static InsertStream Open(void* stream)
    {
        var insert = new InsertStream(stream);
        if (EngineSession.ErrorText(Chdb.chdb_stream_insert_error(stream)) is not { } error)
            return insert;
        insert._finished = true;
        insert.Dispose();
        throw EngineException.Read(error);
    }

    public void Append(ReadOnlySpan<byte> rows)
    {
        if (rows.IsEmpty)
            return;
        int state;
        fixed (byte* data = rows)
            state = Chdb.chdb_stream_append(_stream, data, (nuint)rows.Length);
        if (state != 0)
            throw EngineException.Read(
                EngineSession.ErrorText(Chdb.chdb_stream_insert_error(_stream)) ?? "the insert failed"
            );
    }

    /// <summary>Commits the appended rows.</summary>
    public QueryStatistics Complete()
    {
        _finished = true;
        return EngineSession.Take(Chdb.chdb_stream_done(_stream)).Statistics;
    }

    /// <summary>Cancels the insert, unless <see cref="Complete"/> was called.</summary>
    public void Dispose()
    {
        if (_stream is null)
            return;
        if (!_finished)
            Chdb.chdb_stream_cancel_insert(_stream);
        Chdb.chdb_destroy_insert_stream(_stream);
        _stream = null;
    }
}
