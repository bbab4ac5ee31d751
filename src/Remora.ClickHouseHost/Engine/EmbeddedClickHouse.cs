using System.Collections.Concurrent;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost.Engine;

/// <summary>
/// The engine in this process, on one folder. Its first connection stays open until the host ends.
/// </summary>
internal sealed class EmbeddedClickHouse : IDisposable
{
    /// <summary>The initial database of a session.</summary>
    public const string DefaultDatabase = "default";

    private static readonly TimeSpan KillRepeat = TimeSpan.FromMilliseconds(50);

    private readonly string _folder;
    private readonly EngineSession _first;
    private readonly SemaphoreSlim _places;
    private readonly Lock _control = new();
    private readonly Lock _connecting = new();
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    private EmbeddedClickHouse(string folder, long memory, int concurrency)
    {
        _folder = folder;
        _places = new(concurrency, concurrency);
        _first = Connect(
            $"--max_server_memory_usage={memory}",
            $"--mark_cache_size={memory / 16}",
            $"--uncompressed_cache_size={memory / 32}",
            $"--index_mark_cache_size={memory / 32}",
            "--max_parts_cleaning_thread_pool_size=2"
        ); // the default is 128 threads, which remain after merged parts are removed, each with its memory and files
        Version = _first.RunText("SELECT version()");
        Timezone = _first.RunText("SELECT timezone()");
    }

    public string Version { get; }

    public string Timezone { get; }

    /// <summary>Opens a folder with the engine in a library file.</summary>
    public static EmbeddedClickHouse Open(string library, string folder, long memory, int concurrency)
    {
        Chdb.LoadFrom(library);
        Chdb.chdb_set_signal_handlers_enabled(0);
        return new(folder, memory, concurrency);
    }

    /// <summary>
    /// Waits for a free place among the running queries, and reserves the query id.
    /// </summary>
    /// <exception cref="EngineException">A query with this id is running.</exception>
    public async Task<EngineSession> BeginAsync(string queryId, CancellationToken cancellation)
    {
        if (!_running.TryAdd(queryId, value: true))
            throw EngineException.Of(
                216,
                "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
                $"Query with id = {queryId} is already running."
            );
        var hasPlace = false;
        try
        {
            await _places.WaitAsync(cancellation);
            hasPlace = true;
            return Connect("--log_comment=" + queryId);
        }
        catch
        {
            _running.TryRemove(queryId, out _);
            if (hasPlace)
                _places.Release();
            throw;
        }
    }

    public void End(string queryId, EngineSession session)
    {
        session.Dispose();
        _running.TryRemove(queryId, out _);
        _places.Release();
    }

    /// <summary>
    /// Requests the engine to stop a query, repeatedly until it has ended, because a request can
    /// arrive before the query starts.
    /// </summary>
    public async Task KillUntilAsync(string queryId, Task ended)
    {
        while (!ended.IsCompleted)
        {
            Kill(queryId);
            await Task.WhenAny(ended, Task.Delay(KillRepeat));
        }
    }

    /// <summary>Runs a small statement of the host.</summary>
    public string Query(string sql)
    {
        lock (_control)
            return _first.RunText(sql);
    }

    /// <summary>Stops all running queries.</summary>
    public void KillAll()
    {
        foreach (var id in _running.Keys)
            Kill(id);
    }

    public void Dispose()
    {
        _first.Dispose();
        _places.Dispose();
    }

    // The engine assigns its own query ids; the host's ids are in the setting log_comment.
    private void Kill(string queryId)
    {
        lock (_control)
        {
            _ = _first.RunText(
                "KILL QUERY WHERE Settings['log_comment'] = {id:String} ASYNC",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = ParameterText.Escape(queryId) }
            );
        }
    }

    private unsafe EngineSession Connect(params string[] more)
    {
        using var arguments = new NativeStrings(["clickhouse", "--path=" + _folder, .. more]);
        void** connection;
        lock (_connecting)
        {
            var handlers = SignalHandlers.Save();
            connection = Chdb.chdb_connect(more.Length + 2, arguments.Pointers);
            handlers.Restore();
        }
        return connection is null ? throw new HostException($"the engine cannot open '{_folder}'") : new(connection);
    }
}
