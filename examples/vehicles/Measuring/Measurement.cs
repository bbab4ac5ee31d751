using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Comparing;
using Remora.Vehicles.Loading;
using Remora.Vehicles.Population;

namespace Remora.Vehicles.Measuring;

/// <summary>
/// Measures loads, queries, memory and disk on a new store, and prints a Markdown table.
/// </summary>
internal static class Measurement
{
    private const int Seed = 7;
    private const int AskedCars = 200;
    private const int AskedOfRaw = 20;

    public static async Task RunAsync(int vehicles, string within, CancellationToken cancellation)
    {
        var folder = Directory
            .CreateDirectory(Path.Combine(within, $"remora-vehicles-bench-{Environment.ProcessId}"))
            .FullName;
        try
        {
            var files = Path.Combine(folder, "files");
            var made = await TimeAsync(() => GenerateAsync(vehicles, files, cancellation));
            await using var engine = await EmbeddedEngine.StartAsync(
                new() { Folder = Path.Combine(folder, "store") },
                cancellation: cancellation
            );
            await using var store = await VehicleStore.OnAsync(engine.Client, engine: null, cancellation);
            var stages = new StageTimes();
            var loaded = await TimeAsync(() =>
                new BaseLoad(store).RunAsync(files, isDetached: false, TimeProvider.System, stages, cancellation)
            );
            stages.End();
            var (inspections, defects) = (loaded.Result.Inspections.Rows, loaded.Result.Defects.Rows);

            Console.WriteLine(
                $"| {inspections.ToString("N0", CultureInfo.InvariantCulture)} inspections of "
                    + $"{await CountAsync(store, "vehicles", cancellation)} vehicles, "
                    + $"{defects.ToString("N0", CultureInfo.InvariantCulture)} defects, "
                    + $"{await CountAsync(store, "cars", cancellation)} cars | |"
            );
            Console.WriteLine("|---|---|");
            Row(
                "generated files (Parquet)",
                $"{made.Seconds:N0} s, {Megabytes(Directory.GetFiles(files).Sum(file => new FileInfo(file).Length))}"
            );
            Row(
                "whole load, files to views (inspections and defects; with vehicles, staging and checks)",
                $"{loaded.Seconds:N0} s, {Rate(inspections + defects, loaded.Seconds)}"
            );
            foreach (var (stage, seconds, rows) in stages.Stages(inspections, defects))
                Row(stage, $"{seconds:N1} s, {Rate(rows, seconds)}");

            var verified = await TimeAsync(async () =>
                (await store.Comparison.VerifyAsync(cancellation: cancellation)).IsExact
                && (await store.Findings.VerifyAsync(cancellation: cancellation)).IsExact
            );
            Row($"verify ({(verified.Result ? "exact" : "NOT EXACT")})", $"{verified.Seconds:N1} s");
            await AskAsync(store, cancellation);

            foreach (var rollup in store.Rollups)
            {
                var state = (await rollup.StatusAsync(cancellation)).Intervals[^1];
                Row(
                    $"states of {rollup.Definition.Name}",
                    $"{Megabytes(state.BytesOnDisk)} ({state.Buckets} rows, {Megabytes(state.BytesUncompressed)} "
                        + $"uncompressed)"
                );
            }
            Row(
                "raw tables on disk",
                Megabytes(
                    await store.Client.SingleAsync(
                        "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active "
                            + "AND table IN ('inspections', 'defects', 'vehicles')",
                        row => (long)row.UInt64(),
                        cancellation: cancellation
                    )
                )
            );
            var (now, peak) = await MemoryAsync(engine.Endpoint.Pid, cancellation);
            Row("resident memory of the host, current and maximum", $"{Megabytes(now)}, {Megabytes(peak)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> GenerateAsync(int vehicles, string files, CancellationToken cancellation)
    {
        await using var scratch = await ScratchEngine.StartAsync(cancellation);
        return (
            await new PopulationFiles(scratch.Client, new(vehicles, Seed, Days: 0)).WriteAsync(files, cancellation)
        ).Count;
    }

    // Requests the same cars from the views and from the tables; the answers must be equal.
    private static async Task AskAsync(VehicleStore store, CancellationToken cancellation)
    {
        await using var service = await CompareService.StartAsync(store, port: 0, cancellation);
        using var http = new HttpClient { BaseAddress = service.Url, Timeout = TimeSpan.FromMinutes(1) };
        var cars = (
            await store.Client.ListAsync(
                "SELECT make, model, fuel, engine_cc FROM cars ORDER BY car_id",
                row => new Car(row.String(), row.String(), row.String(), row.UInt16()),
                cancellation: cancellation
            )
        ).ToArray();
        new Random(Seed).Shuffle(cars);
        var asked = cars.Take(AskedCars).ToList();
        foreach (var car in asked.Take(5))
            await AskAsync(http, car, "views", cancellation);
        var views = new List<(double Milliseconds, Comparison Answer)>();
        foreach (var car in asked)
            views.Add(await AskAsync(http, car, "views", cancellation));
        var raw = new List<(double Milliseconds, Comparison Answer)>();
        foreach (var car in asked.Take(AskedOfRaw))
            raw.Add(await AskAsync(http, car, "raw", cancellation));
        var differing = raw.Zip(views).Count(pair => !Same(pair.First.Answer, pair.Second.Answer));
        var (fromViews, fromRaw) = (
            views.Select(answer => answer.Milliseconds).ToList(),
            raw.Select(answer => answer.Milliseconds).ToList()
        );
        Row(
            $"{AskedCars} random cars from the views over HTTP, p50 / p95 / p99",
            $"{At(fromViews, 0.5):N1} / {At(fromViews, 0.95):N1} / {At(fromViews, 0.99):N1} ms"
        );
        Row(
            $"{AskedOfRaw} of them from the raw tables, p50 / p95",
            $"{At(fromRaw, 0.5):N0} / {At(fromRaw, 0.95):N0} ms"
        );
        Row(
            "raw to views, ratio of the medians of the same cars",
            $"{At(fromRaw, 0.5) / At([.. fromViews.Take(AskedOfRaw)], 0.5):N0}"
        );
        Row("answers from the raw tables that differ from the views", differing.ToString(CultureInfo.InvariantCulture));
        var common = views.MaxBy(answer => answer.Answer.Tests).Answer;
        var (slowest, answer) = await AskAsync(http, common.Car, "views", cancellation);
        Row(
            $"the most common of them ({answer.Tests.ToString("N0", CultureInfo.InvariantCulture)} tests) from the "
                + $"views",
            $"{slowest:N1} ms"
        );
    }

    private static bool Same(Comparison left, Comparison right) =>
        left with { From = right.From, CommonDefects = right.CommonDefects } == right
        && left.CommonDefects.SequenceEqual(right.CommonDefects);

    private static async Task<(double Milliseconds, Comparison Answer)> AskAsync(
        HttpClient http,
        Car car,
        string from,
        CancellationToken cancellation
    )
    {
        var url =
            $"/vehicles/compare?make={Uri.EscapeDataString(car.Make)}&model={Uri.EscapeDataString(car.Model)}"
            + $"&fuel={car.Fuel}&engine={car.EngineCc}&from={from}";
        var (answer, seconds) = await TimeAsync(() =>
            http.GetFromJsonAsync(new Uri(url, UriKind.Relative), ComparisonJson.Default.Comparison, cancellation)
        );
        return (seconds * 1000, answer!);
    }

    private static async Task<(long Now, long Peak)> MemoryAsync(int pid, CancellationToken cancellation)
    {
        var lines = await File.ReadAllLinesAsync($"/proc/{pid}/status", cancellation);
        return (Kilobytes("VmRSS:") * 1024, Kilobytes("VmHWM:") * 1024);

        long Kilobytes(string name) =>
            long.Parse(
                lines
                    .First(line => line.StartsWith(name, StringComparison.Ordinal))
                    .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture
            );
    }

    private static async Task<string> CountAsync(VehicleStore store, string table, CancellationToken cancellation) =>
        (
            await store.Client.SingleAsync(
                $"SELECT count() FROM {SqlName.Of(table).Quoted}",
                row => row.UInt64(),
                cancellation: cancellation
            )
        ).ToString("N0", CultureInfo.InvariantCulture);

    private static async Task<(T Result, double Seconds)> TimeAsync<T>(Func<Task<T>> action)
    {
        var begun = Stopwatch.GetTimestamp();
        var result = await action();
        return (result, Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    private static double At(IReadOnlyList<double> values, double share) =>
        values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1);

    private static string Rate(long rows, double seconds) => $"{rows / seconds / 1000:N0},000 rows/s";

    private static string Megabytes(long bytes) => $"{bytes / 1e6:N0} MB";

    private static void Row(string what, string value) => Console.WriteLine($"| {what} | {value} |");
}
