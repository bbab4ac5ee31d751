using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Markets;
using Remora.Store.Recording;
using Remora.Supervision;

namespace Remora.Store;

/// <summary>How a store is opened for recording.</summary>
public sealed record StoreSessionOptions
{
    /// <summary>Where the store is.</summary>
    public required StoreLocation Location { get; init; }

    /// <summary>How the recorder works; its journal lies beside the data.</summary>
    public required RecorderOptions Recorder { get; init; }

    /// <summary>
    /// The data folder, without which nothing is made anew when a store's folder was removed while it was open; the location's
    /// folder when null.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>How the store is kept.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary>
    /// A loopback port on which the embedded engine answers as well, for curl, Grafana and the like; null for none.
    /// Needs <see cref="PortPassword"/>.
    /// </summary>
    public int? Port { get; init; }

    /// <summary>The password of the user <c>remora</c>, who only reads, on the port.</summary>
    public string? PortPassword { get; init; }

    /// <summary>Called with a line for a log when a problem begins and when it has ended.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Keeps the tasks of the store running; one of its own where null.</summary>
    public Supervisor? Supervisor { get; init; }

    /// <summary>The clock that rows are dated by, such as a sandbox's.</summary>
    public TimeProvider RowClock { get; init; } = TimeProvider.System;

    /// <summary>How often the store is looked over for rows of the future and for damage.</summary>
    public TimeSpan InspectionInterval { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>How a store is.</summary>
/// <param name="Location">Where it is, without secrets.</param>
/// <param name="Ready">Whether it has been opened and brought up to date.</param>
/// <param name="Engine">How the embedded engine is; null at a server.</param>
/// <param name="Version">The engine's version; null until it is open.</param>
/// <param name="SchemaVersion">The schema's version; null until it is open.</param>
/// <param name="Error">Why it is not open; null when it is.</param>
/// <param name="Remarks">What an operator should do.</param>
/// <param name="Recorder">How the recorder is.</param>
public sealed record StoreHealth(
    string Location, bool Ready, EngineHealth? Engine, string? Version, int? SchemaVersion, string? Error, IReadOnlyList<string> Remarks, RecorderHealth Recorder);

/// <summary>
/// A store that is opened in the background and recorded into. Whatever becomes of it, nobody waits: it is tried again until it opens, and what
/// is recorded in the meantime waits in the journal.
/// </summary>
public sealed class StoreSession
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EngineStop = TimeSpan.FromSeconds(1.5); // then it is killed: what it has acknowledged is on disk

    private readonly StoreSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly Supervisor _supervisor;
    private readonly Incidents _incidents; // what an operator should do about what is in the store
    private readonly Incidents _openings; // why it is not open: the error, not a remark
    private readonly StoreDamage _damage;
    private readonly Alarm _inspect = new();
    private int _restartsSeen;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ClickHouseConnection? _connection;
    private volatile StorePreparation? _preparation;
    private volatile string? _error = "it is being opened";

    /// <param name="options">Where and how.</param>
    /// <param name="time">The clock of delays.</param>
    /// <exception cref="StoreException">An option is out of range.</exception>
    public StoreSession(StoreSessionOptions options, TimeProvider? time = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        Client = options.Location.NewClient(_time);
        Store = new(Client, options.Store, _time);
        _supervisor = options.Supervisor ?? new(time: _time);
        _incidents = new(options.Notice);
        _openings = new(options.Notice);
        _damage = new(Store, _incidents);
        Recorder = new(Store, options.Recorder with { Supervisor = _supervisor, Notice = options.Notice }, _time);
    }

    /// <summary>The store; what is asked before it is open, or while it is away, fails with <see cref="ClickHouseUnavailableException"/>.</summary>
    public MarketStore Store { get; }

    /// <summary>Takes what is to be kept.</summary>
    public Recorder Recorder { get; }

    /// <summary>How it is.</summary>
    public StoreHealth Health => new(
        _options.Location.ToString(), _preparation is not null, _connection?.Engine?.Health, _connection?.Version, _preparation?.SchemaVersion, _error, [.. _preparation?.Remarks ?? [], .. _incidents.Current], Recorder.Health);

    private ClickHouseClient Client { get; }

    /// <summary>A question to the store failed: what it says of damaged files is looked into.</summary>
    public void Report(Exception fault)
    {
        if (!StoreFault.IsDamage(fault)) return;
        _damage.Note(fault.Message);
        _inspect.Ring();
    }

    /// <summary>Whether it is open, or will be within <paramref name="patience"/>.</summary>
    public async Task<bool> IsReadyWithinAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var first = await Task.WhenAny(_ready.Task, Task.Delay(patience, _time, rest.Token));
        await rest.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        return first == _ready.Task;
    }

    /// <summary>Opens the store and records until it is cancelled; then what was handed over is kept, and the store is closed. Nothing is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var recording = Recorder.RunAsync(_ready.Task, cancellation);
        await Task.WhenAll(_supervisor.RunAsync("store: open", KeepOpenAsync, cancellation), _supervisor.RunAsync("store: inspection", InspectAsync, cancellation));
        await recording;
        if (_connection is { } connection) await connection.DisposeAsync();
        Client.Dispose();
    }

    private async Task KeepOpenAsync(CancellationToken cancellation)
    {
        if (_preparation is null) await OpenAsync(cancellation);
        while (true)
        {
            await Task.Delay(Look, _time, cancellation);
            if (_connection is not { } connection) await OpenAsync(cancellation);
            else if (connection.Engine is { } engine) await FollowAsync(connection, engine.Health, cancellation);
            else if (_options.Location.EngineFolder is { } folder && !await EngineFolder.IsOpenAsync(folder, cancellation)) await SucceedAsync(connection, cancellation);
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                _connection ??= await ConnectAsync(cancellation);
                _restartsSeen = _connection.Engine?.Health.Restarts ?? 0;
                await PrepareAsync(cancellation);
                return;
            }
            catch (Exception e) when (IsExpected(e))
            {
                NotOpen(e);
                if (_connection is { Engine: null } guest && _options.Location.EngineFolder is not null)
                {
                    // The engine was another process's, which may be ending, as after a kill: the next try looks anew, and starts one of its own where it must.
                    _connection = null;
                    await guest.DisposeAsync();
                }
            }
            await Task.Delay(wait, _time, cancellation);
        }
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        _preparation = await Store.PrepareAsync(cancellation);
        _error = null;
        _openings.EndAll("", "the store is open");
        foreach (var remark in _preparation.Remarks) _openings.Once(remark, remark);
        _ready.TrySetResult();
    }

    // The engine was started again. Mostly in vain for its tables, but its folder may have been made anew.
    private async Task FollowAsync(ClickHouseConnection connection, EngineHealth engine, CancellationToken cancellation)
    {
        if (engine.FolderMissing) _openings.Begin(nameof(engine.FolderMissing), "nothing is stored: " + engine.LastError);
        if (engine.State != EngineState.Running || engine.Restarts == _restartsSeen) return;
        try
        {
            await connection.MakeDatabaseAsync(cancellation);
            await PrepareAsync(cancellation);
            _restartsSeen = engine.Restarts;
        }
        catch (Exception e) when (IsExpected(e))
        {
            NotOpen(e);
        }
    }

    // A command that was quicker, such as a rollup's verb, had the engine, and the engine ended with it: from here on this process has one of its own.
    private async Task SucceedAsync(ClickHouseConnection guest, CancellationToken cancellation)
    {
        try
        {
            _connection = await ConnectAsync(cancellation);
            await guest.DisposeAsync();
            _restartsSeen = _connection.Engine?.Health.Restarts ?? 0;
            _error = null;
            _openings.EndAll("", "the store is open");
            if (_connection.Engine is not null) _options.Notice?.Invoke("the store's engine was another process's, which has ended; this one goes on with an engine of its own");
        }
        catch (ClickHouseConnectionException e)
        {
            NotOpen(e);
        }
    }

    // What is made anew in its place has to be prepared before it is asked.
    private void Followed(EngineHealth engine)
    {
        if (engine.FolderMissing) (_error, _preparation) = (engine.LastError, null);
    }

    private static bool IsExpected(Exception e) =>
        e is ClickHouseConnectionException or ClickHouseException or ClickHouseUnavailableException or StoreException or TimeoutException or RollupException or RollupDefinitionException;

    private void NotOpen(Exception e)
    {
        _error = StoreFault.Describe(e);
        _openings.Begin(e.GetType().Name, "the store is not open, everything else goes on: " + _error);
    }

    private async Task InspectAsync(CancellationToken cancellation)
    {
        await _ready.Task.WaitAsync(cancellation);
        while (true)
        {
            await LookAsync(cancellation);
            await _inspect.WaitAsync(_options.InspectionInterval, _time, cancellation);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        const string future = "rows of the future";
        try
        {
            var rows = await Store.AfterAsync(Instant.From(_options.RowClock.GetUtcNow()), cancellation);
            if (rows.Count > 0) _incidents.Begin(future, FutureRows.Describe(rows));
            else _incidents.End(future, "no rows are dated in the future any more");
            await _damage.InspectAsync(_options.Location.Folder is not null, cancellation);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            // It is away: its health says so, and what is in it is looked over when it is back.
        }
    }

    private async Task<ClickHouseConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connection = await ClickHouseConnection.OpenAsync(
            _options.Location,
            configure: engine => engine with
            {
                Port = _options.Port, PortPassword = _options.PortPassword, StopTimeout = EngineStop, Supervisor = _supervisor,
                RequiredFolder = _options.Root ?? _options.Location.Folder, HealthChanged = Followed,
            },
            time: _time, cancellation: cancellation);
        if (connection.Engine?.Health.Unconfined is { } unconfined) _options.Notice?.Invoke(unconfined);
        return connection;
    }
}
