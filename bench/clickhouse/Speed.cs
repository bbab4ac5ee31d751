using System.Diagnostics;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Bench;

/// <summary>
/// Measures inserts through five views, queries of views and of rows, and small queries.
/// </summary>
internal static class Speed
{
    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 minute, 1 hour, 6 hours, 12 hours, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total,
        countIf(not ok) AS bad,
        quantileTDigest(0.95)(value) AS p95
        """;

    public static async Task RunAsync(int rows)
    {
        var folder = Directory.CreateTempSubdirectory("remora-bench-").FullName;
        try
        {
            var begun = Stopwatch.GetTimestamp();
            await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = folder });
            Print("start of the host", Stopwatch.GetElapsedTime(begun).TotalMilliseconds, "ms");
            var client = engine.Client;
            Print(
                "SELECT 1 through the client, p50",
                await MedianAsync(1000, () => client.SingleAsync("SELECT 1", row => row.UInt8())),
                "ms"
            );

            await client.ExecuteAsync(
                "CREATE TABLE events (at DateTime64(3), kind LowCardinality(String), value Float64, ok Bool, "
                    + "ingested DateTime64(6) DEFAULT now64(6)) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER "
                    + "BY (kind, at) SETTINGS non_replicated_deduplication_window = 1000"
            );
            var rollup = new Rollup(client, RollupFile.Parse(Definition, "activity.sql"));
            await rollup.ApplyAsync();
            var parquet = Path.Combine(folder, "events.parquet");
            await using (var file = File.Create(parquet))
            await using (
                var answer = await client.StreamAsync(
                    $"SELECT toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + number * 5184000 / {rows} AS at, "
                        + $"concat('k', toString(number % 4)) AS kind, rand() / 1e6 AS value, number % 5 > 0 AS ok "
                        + $"FROM numbers({rows})",
                    "Parquet"
                )
            )
                await answer.CopyToAsync(file);
            Print("file", new FileInfo(parquet).Length / 1e6, "MB");

            begun = Stopwatch.GetTimestamp();
            await using (var file = File.OpenRead(parquet))
                await client.InsertStreamAsync("INSERT INTO events FORMAT Parquet", file);
            Print(
                "insert from a file through the views",
                rows / Stopwatch.GetElapsedTime(begun).TotalSeconds,
                "rows/s"
            );
            begun = Stopwatch.GetTimestamp();
            await rollup.LoadAsync([parquet], new() { IsDetached = true });
            Print("load --detached", rows / Stopwatch.GetElapsedTime(begun).TotalSeconds, "rows/s");

            begun = Stopwatch.GetTimestamp();
            var verification = await rollup.VerifyAsync();
            Print(
                $"verify ({(verification.IsExact ? "exact" : "NOT EXACT")})",
                rows * 2 / Stopwatch.GetElapsedTime(begun).TotalSeconds,
                "rows/s"
            );
            begun = Stopwatch.GetTimestamp();
            await rollup.RebuildAsync();
            Print("rebuild", rows * 2 / Stopwatch.GetElapsedTime(begun).TotalSeconds, "rows/s");

            const string Query = "SELECT kind, sum(events), sum(total), max(p95) FROM {0} GROUP BY kind FORMAT Null";
            await rollup.OptimizeAsync();
            var raw = await MedianAsync(
                5,
                () =>
                    client.ExecuteAsync(
                        "SELECT kind, count(), sum(value), quantileTDigest(0.95)(value) FROM events GROUP BY kind "
                            + "FORMAT Null"
                    )
            );
            Print("sixty days from the rows", raw, "ms");
            foreach (var interval in rollup.Definition.Intervals)
                Print(
                    $"sixty days from {interval}",
                    await MedianAsync(
                        10,
                        () => client.ExecuteAsync(Query.Replace("{0}", rollup.ViewOf(interval).Quoted))
                    ),
                    "ms"
                );
            Print(
                "sixty days of minutes, counts only",
                await MedianAsync(
                    10,
                    () => client.ExecuteAsync("SELECT kind, sum(rows) FROM activity_1m GROUP BY kind FORMAT Null")
                ),
                "ms"
            );
            Print("host's resident memory", Process.GetProcessById(engine.Endpoint.Pid).WorkingSet64 / 1e6, "MB");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> MedianAsync(int times, Func<Task> action)
    {
        var all = new List<double>();
        for (var i = 0; i < times; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await action();
            all.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return all.Order().ElementAt(times / 2);
    }

    private static void Print(string what, double value, string unit) =>
        Console.WriteLine($"{what, -45} {value, 14:N2} {unit}");
}
