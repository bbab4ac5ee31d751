using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Markets;
using Remora.Store.Backups;
using Remora.Store.Recording;
using Remora.Store.Schema;
using Remora.Store.Tables;

namespace Remora.Store;

/// <summary>
/// The store in the client's database: an embedded engine, a server or a cluster. The constructor
/// does not access the database; <see cref="PrepareAsync"/> updates its schema.
/// </summary>
public sealed class MarketStore
{
    private readonly TimeProvider _time;

    /// <param name="client">A client of the database. The caller disposes it.</param>
    /// <param name="options">Options such as retention.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="StoreException">An option is out of range.</exception>
    public MarketStore(ClickHouseClient client, StoreOptions? options = null, TimeProvider? time = null)
    {
        Client = client;
        Options = options ?? new();
        Options.Retention.Check();
        _time = time ?? TimeProvider.System;
        Dialect = new(client.Cluster);
        Inserts = new(client);
        Rollups =
        [
            .. StoreRollups
                .Definitions(Dialect, Options)
                .Select(definition => new Rollup(client, definition, time: _time)),
        ];
        Candles = new(this);
        Observations = new(this);
        Assessments = new(this);
        Requests = new(this);
        Record = new(this);
        Heartbeats = new(this);
        Books = new(this);
        Decisions = new(this);
    }

    /// <summary>
    /// Opens a store with the current retention of its tables, for programs without the service's
    /// settings.
    /// </summary>
    /// <param name="client">A client of the database. The caller disposes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<MarketStore> OpenAsync(
        ClickHouseClient client,
        TimeProvider? time = null,
        CancellationToken cancellation = default
    ) => new(client, new() { Retention = await RetentionClauses.ReadAsync(client, cancellation) }, time);

    /// <summary>The connection.</summary>
    public ClickHouseClient Client { get; }

    /// <summary>The options of the store.</summary>
    public StoreOptions Options { get; }

    /// <summary>
    /// The rollups of assessments (<c>risk</c>, <c>risk_short</c>, <c>forecasts</c>) and of
    /// requests (<c>traffic</c>, <c>queries</c>, and <c>query_minutes</c> if it is kept).
    /// </summary>
    public IReadOnlyList<Rollup> Rollups { get; }

    /// <summary>The candles.</summary>
    public CandleTable Candles { get; }

    /// <summary>The observations of signals.</summary>
    public ObservationTable Observations { get; }

    /// <summary>The assessments and their history.</summary>
    public AssessmentTable Assessments { get; }

    /// <summary>The requests to the service.</summary>
    public RequestTable Requests { get; }

    /// <summary>The track record of the published forecasts.</summary>
    public ForecastRecord Record { get; }

    /// <summary>The heartbeats of the service.</summary>
    public HeartbeatTable Heartbeats { get; }

    /// <summary>The history of the books of followed bots.</summary>
    public BookTable Books { get; }

    /// <summary>The entries that bots wanted, as they reported them.</summary>
    public DecisionTable Decisions { get; }

    internal SchemaDialect Dialect { get; }

    internal TimeProvider Time => _time;

    /// <summary>
    /// The current time in microseconds since 1970, as a row version. Among rows with the same key,
    /// the highest version wins.
    /// </summary>
    internal ulong Sequence =>
        (ulong)((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    internal StoreInserts Inserts { get; }

    /// <summary>Returns the view that readers select from for a rollup.</summary>
    internal static string View(Rollup rollup, string interval)
    {
        foreach (var each in rollup.Definition.Intervals)
            if (each.Suffix == interval)
                return rollup.ViewOf(each).Quoted;
        var allowed = string.Join(", ", rollup.Definition.Intervals.Names());
        throw new StoreException(
            $"unknown interval '{interval}' of '{rollup.Definition.Name}': expected one of {allowed}"
        );
    }

    /// <summary>
    /// Creates or updates the tables, the rollups and the retention, after cleaning up after a
    /// killed backup or restore. Can run at every start, in several processes at once, and again
    /// after an interruption.
    /// </summary>
    /// <exception cref="StoreException">A newer version created the database, an applied step of
    /// the schema has changed, or a restore is running.</exception>
    /// <exception cref="ClickHouseException">ClickHouse reports an error.</exception>
    /// <exception cref="ClickHouseUnavailableException">The store is unreachable.</exception>
    public async Task<StorePreparation> PrepareAsync(CancellationToken cancellation = default)
    {
        var resumed = await StoreJob.ResumeAsync(this, cancellation);
        var prepared = await PrepareTablesAsync(cancellation);
        return prepared with { Remarks = [.. resumed, .. prepared.Remarks] };
    }

    /// <summary>The same, without the check for a running backup or restore.</summary>
    internal async Task<StorePreparation> PrepareTablesAsync(CancellationToken cancellation)
    {
        var steps = await new SchemaSteps(Client, SchemaFile.All).ApplyAsync(cancellation);
        var remarks = new List<string>();
        if (StoreRollups.Unused(Dialect, Options) is { } unused)
            await new Rollup(Client, unused, time: _time).DropUnusedAsync(cancellation);
        foreach (var rollup in Rollups)
        {
            var plan = await rollup.EnsureAsync(cancellation);
            if (plan.IsChanged)
                remarks.Add(ChangedRemark(rollup));
            else if (plan.UnseenRows > 0)
                remarks.Add(
                    $"the rollup '{rollup.Definition.Name}' lacks {plan.UnseenRows} rows: 'remora rollup backfill "
                        + $"{rollup.Definition.Name}' adds them"
                );
        }
        await new RetentionClauses(this).ApplyAsync(cancellation);
        if (await new Replicas(Client).FindStrayAsync(cancellation) is { } stray)
            remarks.Add(stray);
        return new(SchemaFile.All[^1].Version, steps, remarks);
    }

    internal static string ChangedRemark(Rollup rollup) =>
        $"the rollup '{rollup.Definition.Name}' has another definition in this version: run 'remora rollup rebuild "
        + $"{rollup.Definition.Name}'. Until then, queries use the old definition";

    /// <summary>Returns rows, bytes and times by table.</summary>
    public Task<StoreStatus> StatusAsync(CancellationToken cancellation = default) =>
        StoreStatus.OfAsync(this, cancellation);

    /// <summary>
    /// Returns which service records, by the leases in the database; null if none ever took one, as
    /// in an embedded engine.
    /// </summary>
    public async Task<RecordingHealth?> RecordingAsync(CancellationToken cancellation = default)
    {
        var leases = new LeaseTable(this);
        return await leases.IsThereAsync(cancellation) && await leases.ReadAsync(cancellation) is { } newest
            ? new(false, newest.HasExpired ? null : newest.Process, (long)newest.Epoch)
            : null;
    }

    /// <summary>Returns the rows after a moment, by table; empty if there are none.</summary>
    public Task<IReadOnlyList<FutureRows>> AfterAsync(Instant now, CancellationToken cancellation = default) =>
        FutureRows.OfAsync(this, now, cancellation);

    /// <summary>Returns sizes and lags with a few fast queries.</summary>
    public Task<StoreFigures> MeasureAsync(CancellationToken cancellation = default) =>
        StoreFigures.OfAsync(this, cancellation);
}

/// <summary>The result of preparing a store.</summary>
/// <param name="SchemaVersion">The current schema version.</param>
/// <param name="Steps">The schema files that were applied now.</param>
/// <param name="Remarks">Advice for the operator.</param>
public sealed record StorePreparation(int SchemaVersion, IReadOnlyList<string> Steps, IReadOnlyList<string> Remarks);
