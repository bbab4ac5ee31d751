using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Loading;

namespace Remora.Vehicles.Bench;

/// <summary>
/// Goes through the stages and appends each finished one to results.jsonl. Interrupted anywhere, it
/// continues with the stage that was interrupted.
/// </summary>
internal sealed class ScaleRun : IAsyncDisposable
{
    private const long LeastFree = 4L << 30;
    private static readonly TimeSpan MostSettling = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(500);
    private const int QuietLooks = 4;

    private readonly string _folder;
    private readonly ScalePlan _plan;
    private readonly StageLog _log;
    private readonly EmbeddedEngine _engine;
    private readonly VehicleStore _store;
    private readonly Rows _rows;
    private readonly int _asks;

    private ScaleRun(string folder, ScalePlan plan, StageLog log, int asks, EmbeddedEngine engine, VehicleStore store)
    {
        (_folder, _plan, _log, _asks, _engine, _store) = (folder, plan, log, asks, engine, store);
        _rows = new(engine.Client, plan);
    }

    private string Files => Path.Combine(_folder, "files");

    // The stage that runs, to know after a kill which one was interrupted.
    private string Running => Path.Combine(_folder, "running");

    public static string StoreOf(string folder) => Path.Combine(folder, "store");

    public static async Task<ScaleRun> StartAsync(
        string folder,
        ScalePlan plan,
        StageLog log,
        int asks,
        CancellationToken cancellation
    )
    {
        Directory.CreateDirectory(Path.Combine(folder, "files"));
        var engine = await EmbeddedEngine.StartAsync(new() { Folder = StoreOf(folder) }, cancellation: cancellation);
        try
        {
            var store = await VehicleStore.OnAsync(engine.Client, engine: null, cancellation);
            await store.ApplyAsync(cancellation);
            return new(folder, plan, log, asks, engine, store);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a stage and records it.</summary>
    public async Task RunAsync(int size, string stage, CancellationToken cancellation)
    {
        var free = new DriveInfo(Path.GetFullPath(_folder)).AvailableFreeSpace;
        if (free < LeastFree)
            throw new IOException(
                $"{free / 1_000_000} MB are free on the disk of '{_folder}', of at least {LeastFree / 1_000_000}: "
                    + "make space and run the same command again"
            );
        var key = string.Create(CultureInfo.InvariantCulture, $"size {size}: {stage}");
        var wasInterrupted =
            stage is not (ScalePlan.Ask or ScalePlan.Verify or ScalePlan.Rebuild) // they begin again
            && File.Exists(Running)
            && await File.ReadAllTextAsync(Running, cancellation) == key;
        await File.WriteAllTextAsync(Running, key, cancellation);
        Console.WriteLine($"{key} …");
        var meter = new StageMeter(_engine);
        await RunAsync(size, stage, meter, cancellation);
        var result = meter.Finish(size, stage, wasInterrupted);
        _log.Append(result);
        File.Delete(Running);
        foreach (var file in Directory.GetFiles(Files))
            File.Delete(file);
        Console.WriteLine(
            $"{key}: {result.Seconds:N1} s, {result.EngineCpuSeconds:N1} s of the engine's processor time, "
                + $"{result.EnginePeakBytes / 1e6:N0} MB at most"
        );
    }

    private async Task RunAsync(int size, string stage, StageMeter meter, CancellationToken cancellation)
    {
        switch (stage)
        {
            case ScalePlan.Vehicles:
                await _rows.AddCarsAsync(cancellation);
                await _rows.AddVehiclesAsync(size, cancellation);
                meter.Figures["vehicles"] = await CountAsync("vehicles", cancellation);
                meter.Figures["cars"] = await CountAsync("cars", cancellation);
                break;
            case ScalePlan.Settle:
                await SettleAsync(meter, cancellation);
                break;
            case ScalePlan.Ask:
                await using (var asking = await Asking.StartAsync(_store, _plan, cancellation))
                    meter.Cars = await asking.MeasureAsync(_asks, cancellation);
                break;
            case ScalePlan.Verify:
                await VerifyAsync(meter, cancellation);
                break;
            case ScalePlan.Delta:
                await DeltaAsync(size, meter, cancellation);
                break;
            case ScalePlan.Rebuild:
                await RebuildAsync(meter, cancellation);
                break;
            default:
                await LoadAsync(
                    size,
                    int.Parse(stage[ScalePlan.Load.Length..], CultureInfo.InvariantCulture),
                    meter,
                    cancellation
                );
                break;
        }
    }

    // The files stay until the stage is recorded: a load that continues knows them by name, size
    // and time.
    private async Task LoadAsync(int size, int year, StageMeter meter, CancellationToken cancellation)
    {
        var (tests, defects) = (FileOf("inspections", size, year), FileOf("defects", size, year));
        var load = new BaseLoad(_store);
        var (isDetached, time) = (ScalePlan.IsDetached(year), TimeProvider.System);
        await MakeAsync(() => _rows.WriteTestsAsync(tests, size, year, cancellation));
        await LoadKindAsync(
            "inspections",
            () => load.LoadInspectionsAsync([tests], isDetached, time, progress: null, cancellation)
        );
        await MakeAsync(() => _rows.WriteDefectsAsync(defects, size, year, cancellation));
        await LoadKindAsync(
            "defects",
            () => load.LoadDefectsAsync([defects], isDetached, time, progress: null, cancellation)
        );

        Task<bool> MakeAsync(Func<Task> make) =>
            meter.TimeAsync(
                "made",
                async () =>
                {
                    await make();
                    return true;
                }
            );

        async Task LoadKindAsync(string kind, Func<Task<RollupLoadReport>> run)
        {
            var begun = TimeProvider.System.GetUtcNow();
            var report = await meter.TimeAsync(kind, run);
            var staged = await _store.Client.SingleAsync(
                "SELECT toDateTime64(min(at), 6, 'UTC') FROM rollup_loads WHERE load = {load:String} AND "
                    + "startsWith(step, 'staged ')",
                row => row.DateTime64(),
                new QueryParameters().Add("load", report.Load),
                cancellation
            );
            meter.Figures[$"{kind}_rows"] = report.Rows;
            meter.Figures[$"{kind}_staged_s"] = (staged - begun).TotalSeconds;
        }
    }

    // Waits for the merges that loads leave behind, and measures the tables.
    private async Task SettleAsync(StageMeter meter, CancellationToken cancellation)
    {
        await MeasureTablesAsync("_unmerged", meter, cancellation);
        var until = TimeProvider.System.GetUtcNow() + MostSettling;
        for (var quiet = 0; quiet < QuietLooks && TimeProvider.System.GetUtcNow() < until; )
        {
            quiet = await CountAsync("system.merges", cancellation) == 0 ? quiet + 1 : 0;
            await Task.Delay(SettlePause, cancellation);
        }
        meter.Figures["merges_left"] = await CountAsync("system.merges", cancellation);
        await MeasureTablesAsync("", meter, cancellation);
    }

    private async Task MeasureTablesAsync(string suffix, StageMeter meter, CancellationToken cancellation)
    {
        var tables = await _store.Client.ListAsync(
            "SELECT multiIf(startsWith(table, 'comparison_'), 'comparison', startsWith(table, 'findings_'), "
                + "'findings', table) AS kind, count(), sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active "
                + "AND database = currentDatabase() AND kind IN ('comparison', 'findings', 'inspections', 'defects', "
                + "'vehicles') GROUP BY kind ORDER BY kind",
            row => (Kind: row.String(), Parts: row.UInt64(), Bytes: row.UInt64(), Rows: row.UInt64()),
            null,
            cancellation
        );
        foreach (var (kind, parts, bytes, rows) in tables)
        {
            meter.Figures[$"{kind}_parts{suffix}"] = parts;
            meter.Figures[$"{kind}_bytes{suffix}"] = bytes;
            meter.Figures[$"{kind}_rows{suffix}"] = rows;
        }
    }

    private async Task VerifyAsync(StageMeter meter, CancellationToken cancellation)
    {
        var isExact = true;
        foreach (var rollup in _store.Rollups)
        {
            var name = rollup.Definition.Name.Value;
            var verified = await meter.TimeAsync(name, () => rollup.VerifyAsync(cancellation: cancellation));
            meter.Figures[$"{name}_rows"] = verified.Rows;
            isExact &= verified.IsExact;
        }
        meter.Figures["exact"] = isExact ? 1 : 0;
    }

    private async Task DeltaAsync(int size, StageMeter meter, CancellationToken cancellation)
    {
        var day = 1 + _log.Results.Count(result => result.Stage == ScalePlan.Delta);
        var file = Path.Combine(Files, string.Create(CultureInfo.InvariantCulture, $"delta-{day}.json"));
        await _rows.WriteDeltaAsync(file, size, day, cancellation);
        await using var asking = await Asking.StartAsync(_store, _plan, cancellation);
        await asking.WhileAsync(
            meter,
            async () =>
            {
                var report = await meter.TimeAsync(
                    "load",
                    () => new DailyDelta(_store.Client).LoadAsync(file, cancellation)
                );
                meter.Figures["tests"] = report.Tests;
                meter.Figures["defects"] = report.Defects;
            },
            cancellation
        );
    }

    private async Task RebuildAsync(StageMeter meter, CancellationToken cancellation)
    {
        await using var asking = await Asking.StartAsync(_store, _plan, cancellation);
        await asking.WhileAsync(
            meter,
            async () =>
            {
                var isExact = true;
                foreach (var rollup in _store.Rollups)
                {
                    var name = rollup.Definition.Name.Value;
                    var report = await meter.TimeAsync(name, () => rollup.RebuildAsync(cancellation: cancellation));
                    meter.Figures[$"{name}_rows"] = report.BackfilledRows;
                    isExact &= report.Verification.IsExact;
                }
                meter.Figures["exact"] = isExact ? 1 : 0;
            },
            cancellation
        );
    }

    private string FileOf(string kind, int size, int year) =>
        Path.Combine(Files, string.Create(CultureInfo.InvariantCulture, $"{kind}-{size}-{year}.native"));

    private Task<long> CountAsync(string table, CancellationToken cancellation) =>
        _store.Client.SingleAsync($"SELECT count() FROM {table}", row => (long)row.UInt64(), null, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _engine.DisposeAsync();
    }
}
