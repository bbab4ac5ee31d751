using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles.Loading;

/// <summary>The result of loading the base data.</summary>
internal sealed record BaseLoadReport(RollupLoadReport Inspections, RollupLoadReport Defects);

/// <summary>
/// Loads the base data: Parquet to staging, checks, then the main tables, through the views or past
/// them. After an interruption, run it again.
/// </summary>
internal sealed class BaseLoad(VehicleStore store)
{
    private static readonly DateTimeOffset Earliest = new(1960, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="RollupException">A check failed; no inspections were loaded.</exception>
    public async Task<BaseLoadReport> RunAsync(
        string folder,
        bool isDetached,
        TimeProvider time,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        await store.ApplyAsync(cancellation);
        await new VehicleRegister(store.Client).LoadAsync(Files(folder, "vehicles"), cancellation);
        return new(
            await LoadInspectionsAsync(Files(folder, "inspections"), isDetached, time, progress, cancellation),
            await LoadDefectsAsync(Files(folder, "defects"), isDetached, time, progress, cancellation)
        );
    }

    /// <summary>Loads inspections of vehicles that are known.</summary>
    public Task<RollupLoadReport> LoadInspectionsAsync(
        IReadOnlyList<string> files,
        bool isDetached,
        TimeProvider time,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    ) =>
        store.Comparison.LoadAsync(
            files,
            Options(isDetached, time, ("mileage below a million", "ifNull(mileage < 1000000, true)")),
            progress: progress,
            cancellation: cancellation
        );

    /// <summary>Loads defects of vehicles that are known.</summary>
    public Task<RollupLoadReport> LoadDefectsAsync(
        IReadOnlyList<string> files,
        bool isDetached,
        TimeProvider time,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    ) => store.Findings.LoadAsync(files, Options(isDetached, time), progress: progress, cancellation: cancellation);

    private static RollupLoadOptions Options(
        bool isDetached,
        TimeProvider time,
        params IEnumerable<(string Name, string Condition)> checks
    ) =>
        new()
        {
            IsDetached = isDetached,
            Earliest = Earliest,
            Latest = time.GetUtcNow().AddDays(1),
            Checks = checks
                .Prepend(("known vehicle", "dictHas('vehicle_car', toUInt64(vehicle_id))"))
                .ToDictionary(check => check.Item1, check => check.Item2),
        };

    private static string[] Files(string folder, string kind)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, kind + "-*.parquet") : [];
        return files.Length > 0
            ? [.. files.Order(StringComparer.Ordinal)]
            : throw new FileNotFoundException(
                $"'{folder}' contains no {kind}-….parquet; 'generate' creates these files"
            );
    }
}
