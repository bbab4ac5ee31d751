using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Markets;
using Remora.Store.Backups;
using Remora.Store.Recording;
using Remora.Supervision;

namespace Remora.Store;

/// <summary>
/// A store that opens in the background and receives recorded rows. No caller waits for it: the
/// session retries until the store opens, and rows wait in the journal meanwhile.
/// </summary>
public sealed class StoreSession
{
    private static readonly Backoff Backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private const int SpeedSamples = 3;

    // Then it is killed; acknowledged rows are on disk
    private static readonly TimeSpan EngineStop = TimeSpan.FromSeconds(1.5);

    private readonly StoreSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly Supervisor _supervisor;
    private readonly Incidents _incidents; // problems of the stored data, with advice for the operator
    private readonly Incidents _openings; // why the store is not open: shown as the error, not as a remark
    private readonly StoreDamage _damage;
    private readonly SlowRollups _slow;
    private readonly BackupSchedule? _backups;
    private readonly Alarm _inspect = new();
    private readonly bool _beganEmpty;
    private int _restartsSeen;
    private long? _diagnosed;
    private volatile IReadOnlyList<RollupProblem> _problems = [];
    private volatile IReadOnlyList<RollupSpeed> _speeds = [];
    private volatile bool _isDiagnosed;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ClickHouseConnection? _connection;
    private volatile StorePreparation? _preparation;
    private volatile string? _error = "the store is being opened";

    /// <param name="options">The options.</param>
    /// <param name="time">The clock for delays.</param>
    /// <exception cref="StoreException">An option is out of range.</exception>
    public StoreSession(StoreSessionOptions options, TimeProvider? time = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _beganEmpty = IsEmpty(options.Location.EngineFolder) && IsEmpty(options.Recorder.JournalFolder);
        Client = options.Location.NewClient(
            _time,
            (from, to) => options.Notice?.Invoke($"the ClickHouse server {from} does not respond; using {to}")
        );
        Store = new(Client, options.Store, _time);
        _supervisor = options.Supervisor ?? new(time: _time);
        _incidents = new(options.Notice, options.Recovery);
        _openings = new(options.Notice, options.Recovery);
        _damage = new(Store, _incidents);
        _slow = new(options.Notice, options.Recovery);
        _backups = options.Backups is { } backups
            ? new(Store, backups, _incidents, () => Recorder!.Recording.Here, _time)
            : null;
        Recorder = new(
            Store,
            options.Recorder with
            {
                Supervisor = _supervisor,
                Notice = options.Notice,
                Recovery = options.Recovery,
                // The embedded engine has one service: its folder is locked
                Lease = options.Location.EngineFolder is null
                    ? (options.Recorder.Lease ?? new()) with
                    {
                        RowClock = options.RowClock,
                    }
                    : null,
            },
            _time
        );
    }

    /// <summary>
    /// The store. Queries before it is open, or while it is unreachable, throw
    /// <see cref="ClickHouseUnavailableException"/>.
    /// </summary>
    public MarketStore Store { get; }

    /// <summary>Receives rows to store.</summary>
    public Recorder Recorder { get; }

    /// <summary>The current health.</summary>
    public StoreHealth Health =>
        new(
            _options.Location.Describe(Client.Address),
            _preparation is not null,
            _connection?.Engine?.Health,
            _connection?.Version,
            _preparation?.SchemaVersion,
            _error,
            [.. _preparation?.Remarks ?? [], .. _incidents.Current],
            Recorder.Health,
            _backups?.Health,
            Recorder.Recording
        );

    /// <summary>
    /// Whether nothing can be read because the data folder is new and its engine is not open yet.
    /// Readers then need not wait for the engine.
    /// </summary>
    public bool IsNew => _beganEmpty && !_ready.Task.IsCompleted;

    /// <summary>
    /// What keeps the store's rollups from being filled; null until they were inspected, and while
    /// the store is unreachable.
    /// </summary>
    public IReadOnlyList<RollupProblem>? RollupProblems => _isDiagnosed ? _problems : null;

    /// <summary>How fast the store's rollups were read at the last inspection.</summary>
    public IReadOnlyList<RollupSpeed> RollupSpeeds => _isDiagnosed ? _speeds : [];

    private ClickHouseClient Client { get; }

    /// <summary>
    /// Reports a failed query, so that its errors about damaged files are inspected.
    /// </summary>
    public void Report(Exception fault)
    {
        if (!StoreFault.IsDamage(fault))
            return;
        _damage.Note(fault.Message);
        _inspect.Ring();
    }

    /// <summary>
    /// Returns whether the store is open, or opens within <paramref name="patience"/>.
    /// </summary>
    public async Task<bool> IsReadyWithinAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var first = await Task.WhenAny(_ready.Task, Task.Delay(patience, _time, rest.Token));
        await rest.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        return first == _ready.Task;
    }

    /// <summary>
    /// Opens the store and records until it is cancelled. Then stores the rows that were handed
    /// over and closes the store. Does not throw.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var recording = Recorder.RunAsync(_ready.Task, cancellation);
        await Task.WhenAll(
            _supervisor.RunAsync("store: open", KeepOpenAsync, cancellation),
            _supervisor.RunAsync("store: inspection", InspectAsync, cancellation),
            _backups is null ? Task.CompletedTask : _supervisor.RunAsync("store: backups", BackUpAsync, cancellation)
        );
        await recording;
        if (_connection is { } connection)
            await connection.DisposeAsync();
        Client.Dispose();
    }

    private static bool IsEmpty(string? folder) =>
        folder is not null && (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any());

    private async Task KeepOpenAsync(CancellationToken cancellation)
    {
        if (_preparation is null)
            await OpenAsync(cancellation);
        while (true)
        {
            await Task.Delay(Look, _time, cancellation);
            if (_connection is not { } connection)
                await OpenAsync(cancellation);
            else if (connection.Engine is { } engine)
                await FollowAsync(connection, engine.Health, cancellation);
            else if (
                _options.Location.EngineFolder is { } folder
                && !await EngineFolder.IsOpenAsync(folder, cancellation)
            )
                await SucceedAsync(connection, cancellation);
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        for (var failures = 1; ; failures++)
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
                    // The engine belonged to another process, which may be ending, for example
                    // after a kill. The next attempt looks again and starts an own engine if
                    // needed.
                    _connection = null;
                    await guest.DisposeAsync();
                }
            }
            await Task.Delay(Backoff.After(failures), _time, cancellation);
        }
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        _preparation = await Store.PrepareAsync(cancellation);
        _error = null;
        _openings.EndAll("", "the store is open");
        foreach (var remark in _preparation.Remarks)
            _openings.Once(remark, remark);
        _ready.TrySetResult();
    }

    // The engine was restarted. Its tables usually exist, but its folder may have been created
    // again.
    private async Task FollowAsync(ClickHouseConnection connection, EngineHealth engine, CancellationToken cancellation)
    {
        if (engine.FolderMissing)
            _openings.Begin(nameof(engine.FolderMissing), "nothing is stored: " + engine.LastError);
        if (engine.State != EngineState.Running || engine.Restarts == _restartsSeen)
            return;
        try
        {
            await connection.MakeDatabaseAsync(cancellation);
            await PrepareAsync(cancellation);
            _restartsSeen = engine.Restarts;
            _options.Notice?.Invoke($"the ClickHouse engine was restarted: {engine.LastError}");
        }
        catch (Exception e) when (IsExpected(e))
        {
            NotOpen(e);
        }
    }

    // Another command, for example a rollup subcommand, ran the engine, which ended with it. This
    // process starts its own engine.
    private async Task SucceedAsync(ClickHouseConnection guest, CancellationToken cancellation)
    {
        try
        {
            _connection = await ConnectAsync(cancellation);
            await guest.DisposeAsync();
            _restartsSeen = _connection.Engine?.Health.Restarts ?? 0;
            _error = null;
            _openings.EndAll("", "the store is open");
            if (_connection.Engine is not null)
                (_options.Recovery ?? _options.Notice)?.Invoke(
                    "the process that ran the store's engine has ended; this process has started its own engine"
                );
        }
        catch (ClickHouseConnectionException e)
        {
            NotOpen(e);
        }
    }

    // A store that was created again must be prepared before it is queried.
    private void Followed(EngineHealth engine)
    {
        if (engine.FolderMissing)
            (_error, _preparation) = (engine.LastError, null);
    }

    private static bool IsExpected(Exception e) =>
        e
            is ClickHouseConnectionException
                or ClickHouseException
                or ClickHouseUnavailableException
                or StoreException
                or TimeoutException
                or RollupException
                or RollupDefinitionException;

    private void NotOpen(Exception e)
    {
        _error = StoreFault.Describe(e);
        _openings.Begin(e.GetType().Name, "the store is not open; everything else continues: " + _error);
    }

    private async Task BackUpAsync(CancellationToken cancellation)
    {
        await _ready.Task.WaitAsync(cancellation);
        await _backups!.RunAsync(cancellation);
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
            if (rows.Count > 0)
                _incidents.Begin(future, FutureRows.Describe(rows));
            else
                _incidents.End(future, "no rows are dated in the future");
            await _damage.InspectAsync(_options.Location.Folder is not null, cancellation);
            if (_diagnosed is { } last && _time.GetElapsedTime(last) < _options.DiagnosisInterval)
                return;
            await DiagnoseAsync(cancellation);
            _diagnosed = _time.GetTimestamp();
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            _isDiagnosed = false;
            // The store is unreachable: its health reports it, and the inspection runs when it is
            // back.
        }
    }

    private async Task DiagnoseAsync(CancellationToken cancellation)
    {
        const string prefix = "rollup ";
        var found = new List<RollupProblem>();
        foreach (var rollup in Store.Rollups)
            found.AddRange(await rollup.ProblemsAsync(cancellation));
        var before = _problems;
        (_problems, _isDiagnosed) = (found, true);
        foreach (var problem in found)
            _incidents.Begin(KeyOf(problem), problem.Text);
        foreach (var ended in before.Where(old => !found.Exists(problem => KeyOf(problem) == KeyOf(old))))
            _incidents.End(KeyOf(ended), $"the rollup '{ended.Rollup}' is filled again: {ended.Object}");
        var speeds = new List<RollupSpeed>();
        foreach (var rollup in Store.Rollups)
            speeds.Add(await rollup.SpeedAsync(SpeedSamples, cancellation));
        _speeds = speeds;
        speeds.ForEach(_slow.Update);

        static string KeyOf(RollupProblem problem) => $"{prefix}{problem.Kind} {problem.Object}";
    }

    private async Task<ClickHouseConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connection = await ClickHouseConnection.OpenAsync(
            _options.Location,
            configure: engine =>
                engine with
                {
                    Port = _options.Port,
                    NativePort = _options.NativePort,
                    PortPassword = _options.PortPassword,
                    StopTimeout = EngineStop,
                    Supervisor = _supervisor,
                    RequiredFolder = _options.Root ?? _options.Location.Folder,
                    HealthChanged = Followed,
                },
            time: _time,
            cancellation: cancellation
        );
        if (connection.Engine?.Health.Unconfined is { } unconfined)
            _options.Notice?.Invoke(unconfined);
        return connection;
    }
}
