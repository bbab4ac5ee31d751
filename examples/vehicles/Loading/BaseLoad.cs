using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles.Loading;

/// <summary>What a load of the base has done.</summary>
internal sealed record BaseLoadReport(RollupLoadReport Inspections, RollupLoadReport Defects);

/// <summary>Loads the base: Parquet into staging, checks, then the main tables, by way of the views or past them. Interrupted, it is run again.</summary>
internal sealed class BaseLoad(VehicleStore store)
{
    private static readonly DateTimeOffset Earliest = new(1960, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="RollupException">A check is not met; no inspection was loaded.</exception>
    public async Task<BaseLoadReport> RunAsync(string folder, bool isDetached, TimeProvider time, IProgress<RollupProgress>? progress, CancellationToken cancellation)
    {
        await store.ApplyAsync(cancellation);
        await new VehicleRegister(store.Client).LoadAsync(Files(folder, "vehicles"), cancellation);
        var options = new RollupLoadOptions
        {
            IsDetached = isDetached,
            Earliest = Earliest,
            Latest = time.GetUtcNow().AddDays(1),
            Checks = new Dictionary<string, string> { ["the vehicle is known"] = "dictHas('vehicle_car', toUInt64(vehicle_id))" },
        };
        var inspections = options with
        {
            Checks = new Dictionary<string, string>(options.Checks) { ["mileage below a million"] = "ifNull(mileage < 1000000, true)" },
        };
        return new(
            await store.Comparison.LoadAsync(Files(folder, "inspections"), inspections, progress: progress, cancellation: cancellation),
            await store.Findings.LoadAsync(Files(folder, "defects"), options, progress: progress, cancellation: cancellation));
    }

    private static string[] Files(string folder, string kind)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, kind + "-*.parquet") : [];
        return files.Length > 0 ? [.. files.Order(StringComparer.Ordinal)] : throw new FileNotFoundException($"'{folder}' has no {kind}-….parquet; 'generate' makes them");
    }
}
