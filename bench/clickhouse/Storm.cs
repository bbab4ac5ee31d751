using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Bench;

/// <summary>
/// A storm of small inserts into a table with a rollup, with several settings of the rollup's
/// table. Inserts are due at a constant rate and are sent without waiting for earlier ones, over
/// connections that are kept open; each is one row and makes one part.
/// </summary>
internal static class Storm
{
    private const int PerSecond = 1000;
    private const int Connections = 80; // the engine runs up to 100 queries at a time
    private const string NoMerges = ", max_bytes_to_merge_at_max_space_in_pool = 1";

    // Without merges in the last three, as if they did not keep up.
    private static readonly (string Name, string Settings)[] Sets =
    [
        ("defaults", ""),
        ("delay 150, throw 300", ", parts_to_delay_insert = 150, parts_to_throw_insert = 300"),
        ("delay 1000, throw 10000", ", parts_to_delay_insert = 1000, parts_to_throw_insert = 10000"),
        ("sleep 500 ms", ", merge_selecting_sleep_ms = 500"),
        ("no merges", NoMerges),
        ("no merges, delay 150, throw 300", NoMerges + ", parts_to_delay_insert = 150, parts_to_throw_insert = 300"),
        ("no merges, no limit", NoMerges + ", parts_to_delay_insert = 1000000, parts_to_throw_insert = 1000000"),
    ];

    public static async Task RunAsync(int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("remora-storm-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = folder });
            Console.WriteLine(
                $"{PerSecond} inserts of one row a second are due for {seconds} s; {Environment.ProcessorCount} cores, "
                    + $"load {(await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0]}"
            );
            foreach (var (name, settings) in Sets)
                Console.WriteLine($"{name, -34}{await RunAsync(engine, settings, seconds)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RunAsync(EmbeddedEngine engine, string settings, int seconds)
    {
        var client = engine.Client;
        await client.ExecuteAsync("DROP DATABASE IF EXISTS storm SYNC");
        await client.ExecuteAsync("CREATE DATABASE storm");
        await client.ExecuteAsync("CREATE TABLE storm.events (at DateTime, kind String, value Float64) ENGINE = Null");
        await client.ExecuteAsync(
            "CREATE TABLE storm.rollup (bucket DateTime, kind LowCardinality(String), rows "
                + "SimpleAggregateFunction(sum, UInt64), total AggregateFunction(sum, Float64)) ENGINE = "
                + $"AggregatingMergeTree ORDER BY (kind, bucket) SETTINGS index_granularity = 8192{settings}"
        );
        await client.ExecuteAsync(
            "CREATE MATERIALIZED VIEW storm.view TO storm.rollup AS SELECT toStartOfHour(at) AS bucket, kind, count() "
                + "AS rows, sumState(value) AS total FROM storm.events GROUP BY bucket, kind"
        );
        var (times, next, refused, mostParts) = (new ConcurrentQueue<double>(), -1, 0, 0L);
        var before = await CountersAsync(client);
        using var process = Process.GetProcessById(engine.Endpoint.Pid);
        var used = process.TotalProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        var options = new QueryOptions
        {
            Settings = new Dictionary<string, string> { ["async_insert"] = "0", ["max_threads"] = "1" },
            Timeout = TimeSpan.FromMinutes(5),
        };
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Connections).Select(_ => Task.Run(WriteAsync)).ToList();
        var counting = CountPartsAsync();
        await Task.WhenAll(writers);
        var took = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await stop.CancelAsync();
        await counting;
        process.Refresh();
        var processor = (process.TotalProcessorTime - used).TotalSeconds;
        var after = await CountersAsync(client);
        var stored = await client.SingleAsync("SELECT sum(rows) FROM storm.rollup", row => row.UInt64());
        if ((int)stored != times.Count)
            throw new InvalidOperationException($"{times.Count} inserts were accepted, {stored} rows are stored");
        var left = await PartsAsync();
        await client.ExecuteAsync("DROP DATABASE storm SYNC");
        var sorted = times.Order().ToList();
        var sent = times.Count + refused;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sent {sent / took, 5:0}/s  accepted {times.Count / took, 5:0}/s  refused {refused, 6}  delayed "
                + $"{after.Delayed - before.Delayed, 6} by {(after.Milliseconds - before.Milliseconds) / 1e3, 7:0.0} s"
                + $"  from due: p50 {At(0.5), 8:0.0} p99 {At(0.99), 8:0.0} ms  parts: most {mostParts, 5}, left "
                + $"{left, 5}  processor {processor * 1000 / Math.Max(1, sent), 6:0.00} ms each"
        );

        async Task WriteAsync()
        {
            while (true)
            {
                var number = Interlocked.Increment(ref next);
                var due = (double)number / PerSecond;
                var now = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                if (due >= seconds || now >= seconds)
                    return;
                if (due > now)
                    await Task.Delay(TimeSpan.FromSeconds(due - now));
                try
                {
                    await client.ExecuteAsync($"INSERT INTO storm.events VALUES (now(), 'k{number % 16}', 1)", options);
                    times.Enqueue((Stopwatch.GetElapsedTime(begun).TotalSeconds - due) * 1e3);
                }
                catch (ClickHouseException e) when (e.Name == "TOO_MANY_PARTS")
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }

        async Task CountPartsAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                mostParts = Math.Max(mostParts, await PartsAsync());
                await Task.Delay(200);
            }
        }

        Task<long> PartsAsync() =>
            client.SingleAsync(
                "SELECT count() FROM system.parts WHERE database = 'storm' AND table = 'rollup' AND active",
                row => (long)row.UInt64()
            );

        double At(double part) => sorted.Count == 0 ? double.NaN : sorted[(int)(part * (sorted.Count - 1))];
    }

    private static Task<(long Delayed, long Milliseconds)> CountersAsync(ClickHouseClient client) =>
        client.SingleAsync(
            "SELECT sumIf(value, event = 'DelayedInserts'), sumIf(value, event = 'DelayedInsertsMilliseconds') FROM "
                + "system.events",
            row => ((long)row.UInt64(), (long)row.UInt64())
        );
}
