using System.Diagnostics.Metrics;
using Remora.ClickHouse.Embedded;
using Remora.Server.Telemetry;
using Remora.Store;
using Remora.Store.Backups;
using Remora.Store.Recording;

namespace Remora.Server.Storage;

/// <summary>
/// Metrics of the store and its recorder. Values in memory are read at each scrape. Values from the
/// store are queried in the background, so that no scrape waits, and are absent while the store
/// does not answer.
/// </summary>
/// <param name="session">The session of the store. The caller disposes of it.</param>
/// <param name="time">The clock for ages and for the interval between queries.</param>
public sealed class StoreMeter(StoreSession session, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private volatile StoreFigures? _figures;

    /// <summary>
    /// Adds the instruments to the service's meter; for use in <see cref="ServiceParts.Observe"/>.
    /// </summary>
    public void Register(Meter meter)
    {
        Gauge("remora.store.ready", "Whether the store has been opened: 1 or 0.", health => health.Ready ? 1 : 0);
        Gauge(
            "remora.recorder.recording",
            "Whether this service records market data: 1 or 0; of several on one store, one does.",
            health => health.Recording.Here ? 1 : 0
        );
        meter.CreateObservableGauge(
            "remora.store.engine.up",
            () => Engine(engine => engine.State == EngineState.Running ? 1 : 0),
            null,
            "Whether the embedded engine runs: 1 or 0; absent with a ClickHouse server."
        );
        meter.CreateObservableCounter(
            "remora.store.engine.restarts",
            () => Engine(engine => engine.Restarts),
            null,
            "Restarts of the embedded engine; absent with a ClickHouse server."
        );
        Figure(
            "remora.store.memory",
            "By",
            "Memory of ClickHouse, as it reports it.",
            figures => figures.MemoryBytes ?? double.NaN
        );
        Figure("remora.store.disk.free", "By", "Free disk space at the store.", figures => figures.DiskFreeBytes);
        Figure("remora.store.disk.size", "By", "Disk size at the store.", figures => figures.DiskBytes);
        PerTable("remora.store.table.size", "By", "Size of a table on disk.", table => table.Bytes);
        PerTable(
            "remora.store.table.rows",
            null,
            "Rows of a table, including repeated rows until they are merged.",
            table => table.Rows
        );
        PerTable("remora.store.table.parts", null, "Parts of a table that are not merged yet.", table => table.Parts);
        meter.CreateObservableGauge(
            "remora.rollup.lag",
            () =>
                Figures.SelectMany(figures =>
                    figures.Rollups.Select(rollup => new Measurement<double>(
                        rollup.Lag.TotalSeconds,
                        new("rollup", rollup.Rollup),
                        new("interval", rollup.Interval)
                    ))
                ),
            "s",
            "Time from the end of a rollup's last bucket to the last row of its source."
        );
        meter.CreateObservableGauge(
            "remora.rollup.problems",
            () =>
                session.RollupProblems is { } problems
                    ? session.Store.Rollups.Select(rollup => new Measurement<int>(
                        problems.Count(problem => problem.Rollup == rollup.Definition.Name),
                        new KeyValuePair<string, object?>("rollup", rollup.Definition.Name.Value)
                    ))
                    : [],
            null,
            "Reasons why a rollup is not filled; the remarks of the store's health name them."
        );
        RollupGauges.Register(meter, () => session.RollupSpeeds);

        Recorder(
            "remora.recorder.queued.rows",
            null,
            "Rows in memory, not yet in the journal.",
            recorder => recorder.QueuedRows
        );
        Recorder(
            "remora.recorder.journal.batches",
            null,
            "Batches in the journal, not yet in the store.",
            recorder => recorder.JournalBatches
        );
        Recorder(
            "remora.recorder.journal.size",
            "By",
            "Size of the journal on disk.",
            recorder => recorder.JournalBytes
        );
        Recorder(
            "remora.recorder.journal.oldest.age",
            "s",
            "Age of the oldest batch in the journal; absent if the journal is empty.",
            recorder => Age(recorder.OldestUnwritten)
        );
        Recorder(
            "remora.recorder.last.success.age",
            "s",
            "Time since the last batch was inserted; absent before the first.",
            recorder => Age(recorder.LastSuccess)
        );
        Recorder(
            "remora.recorder.set.aside.batches",
            null,
            "Batches that the store refused or that were damaged; they are in the journal's folder.",
            recorder => recorder.SetAside.Count
        );
        meter.CreateObservableCounter(
            "remora.recorder.dropped.rows",
            () => session.Health.Recorder.DroppedRows,
            null,
            "Rows that were lost because the queue or the journal was full."
        );
        Backup(
            "remora.backup.age",
            "Time since the newest backup of the schedule began; absent if there is none.",
            backups => Age(backups.Newest)
        );
        Backup(
            "remora.backup.overdue",
            "Time by which the next backup of the schedule is late, 0 if it is not; absent without a schedule.",
            backups => Age(backups.Due)
        );
        PerRecorded(
            "remora.recorder.rows",
            "Rows that were passed to the recorder.",
            recorder => recorder.HandedOverRows
        );
        PerRecorded(
            "remora.recorder.inserted.rows",
            "Rows that were inserted into the store.",
            recorder => recorder.WrittenRows
        );

        void Gauge(string name, string help, Func<StoreHealth, int> value) =>
            meter.CreateObservableGauge(name, () => value(session.Health), null, help);
        void Figure(string name, string unit, string help, Func<StoreFigures, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => Figures.Select(figures => new Measurement<double>(value(figures))),
                unit,
                help
            );
        void PerTable(string name, string? unit, string help, Func<TableFigures, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () =>
                    Figures.SelectMany(figures =>
                        figures.Tables.Select(table => new Measurement<double>(
                            value(table),
                            new KeyValuePair<string, object?>("table", table.Name)
                        ))
                    ),
                unit,
                help
            );
        void Recorder(string name, string? unit, string help, Func<RecorderHealth, double> value) =>
            meter.CreateFiniteGauge(name, () => [new(value(session.Health.Recorder))], unit, help);
        void Backup(string name, string help, Func<BackupHealth, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => session.Health.Backups is { } backups ? [new(value(backups))] : [],
                "s",
                help
            );
        void PerRecorded(string name, string help, Func<RecorderHealth, IReadOnlyDictionary<string, long>> rows) =>
            meter.CreateObservableCounter(
                name,
                () =>
                    rows(session.Health.Recorder)
                        .Select(table => new Measurement<long>(
                            table.Value,
                            new KeyValuePair<string, object?>("table", table.Key)
                        )),
                null,
                help
            );
    }

    /// <summary>Queries the store periodically until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (!await session.IsReadyWithinAsync(Interval, cancellation)) { }
        do await LookAsync(cancellation);
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    private StoreFigures[] Figures => _figures is { } figures ? [figures] : [];

    private Measurement<int>[] Engine(Func<EngineHealth, int> value) =>
        session.Health.Engine is { } engine ? [new(value(engine))] : [];

    private double Age(DateTimeOffset? at) =>
        at is { } moment ? Math.Max(0, (time.GetUtcNow() - moment).TotalSeconds) : double.NaN;

    private async Task LookAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            _figures = await session.Store.MeasureAsync(deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            _figures = null; // unknown now: absent
        }
    }
}
