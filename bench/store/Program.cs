using System.Diagnostics;
using System.Globalization;
using Remora;
using Remora.ClickHouse.Embedded;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Bench;
using Remora.Store.Recording;
using Remora.Testing;

// Measures the store: assessments through the recorder and all rollups, a year of request minutes,
// and the reads at a start. Arguments: number of assessments (100000), days of request minutes
// (365). With 'requests' as first argument: what recorded requests cost; with 'minutes': what the
// rollup of queries by the minute costs.
if (args is ["requests", var rate, var seconds])
{
    await RequestCost.RunAsync(
        int.Parse(rate, CultureInfo.InvariantCulture),
        int.Parse(seconds, CultureInfo.InvariantCulture)
    );
    return;
}
if (args is ["minutes", .. var more])
{
    await QueryMinutes.RunAsync(more);
    return;
}
var assessments = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
var days = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 365;
var folder = Directory.CreateTempSubdirectory("remora-store-bench-").FullName;
try
{
    await using var engine = await EmbeddedEngine.StartAsync(
        new() { Folder = Path.Combine(folder, "store"), MemoryBytes = 2L << 30 }
    );
    var store = new MarketStore(engine.Client, new() { Retention = new() { RequestDays = 0 } });
    await store.PrepareAsync();
    var recorder = new Recorder(store, new() { JournalFolder = Path.Combine(folder, "journal"), QueueRows = 1 << 20 });
    using var stop = new CancellationTokenSource();
    var running = recorder.RunAsync(stop.Token);

    var markets = new[] { Some.Btc, Some.Eth, Some.MarketOf("SOL/USDT") };
    var model = new RemoraEngine([RiskPolicy.Default], []);
    var candles = markets.Select((market, i) => Some.Candles(i + 1, assessments / markets.Length)).ToList();
    var made = new List<Assessment>(assessments);
    for (var i = 0; i < candles[0].Length; i++)
    for (var m = 0; m < markets.Length; m++)
        made.Add(model.Apply(MarketEvent.Closed(markets[m], candles[m][i]))!);

    var watch = Stopwatch.StartNew();
    foreach (var assessment in made)
        recorder.Assessment(assessment);
    Console.WriteLine(
        $"hand-over: {watch.Elapsed.TotalNanoseconds / made.Count:F1} ns per assessment (while the recorder writes)"
    );
    await recorder.FlushAsync();
    Console.WriteLine(
        $"assessments, rows to disk through journal and rollups: {made.Count / watch.Elapsed.TotalSeconds:F0} a "
            + $"second; dropped {recorder.Health.DroppedRows}"
    );
    for (var m = 0; m < markets.Length; m++)
        recorder.Candles(markets[m], Timeframe.FiveMinutes, candles[m]);
    await recorder.FlushAsync();
    await engine.Client.ExecuteAsync("OPTIMIZE TABLE assessments FINAL");
    foreach (var rollup in store.Rollups)
        await rollup.OptimizeAsync();
    var status = await store.StatusAsync();
    foreach (var table in status.Tables.Where(table => table.Rows > 0))
        Console.WriteLine(
            $"{table.Name}: {table.Rows} rows, {table.Bytes / 1e6:F1} MB on disk, "
                + $"{(double)table.Bytes / table.Rows:F0} bytes a row"
        );
    Console.WriteLine(
        $"bytes per million assessments: "
            + $"{status.Tables.Where(t => t.Name == "assessments").Sum(t => t.Bytes) * 1e6 / made.Count / 1e6:F0} MB, "
            + $"with rollups "
            + $"{status.Tables.Where(t => t.Name == "assessments" || t.Rollup == "risk").Sum(t => t.Bytes) * 1e6 / made.Count / 1e6:F0} MB"
    );

    var end = candles[0][^1].OpenTime;
    await TimeAsync(
        "30 days of 5m candles of three markets",
        10,
        async () =>
        {
            var rows = 0;
            foreach (var market in markets)
                rows += (await store.Candles.Of(market, new(end - TimeSpan.FromDays(30))).ListAsync()).Count;
            return rows;
        }
    );
    await TimeAsync(
        "a complete assessment of a past moment",
        20,
        async () =>
            (await store.Assessments.AtAsync(Some.Btc, made[0].Policy, end - TimeSpan.FromDays(20)))!.Answer.Length
    );
    await TimeAsync(
        "history of 60 days by the hour",
        20,
        async () =>
            (
                await store
                    .Assessments.HistoryOf(Some.Btc, made[0].Policy, "1h", new(end - TimeSpan.FromDays(60)))
                    .ListAsync()
            ).Count
    );

    watch.Restart();
    await engine.Client.ExecuteAsync(
        "INSERT INTO api_requests (at, route, pair, query_hash, result_hash, unchanged, status, microseconds) "
            + "SELECT toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + intDiv(number, 3) * 60, "
            + $"'/api/v1/risk', ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'][number % 3 + 1], number % 5, intDiv(number, "
            + $"15), number % 4 = 0, 200, number % 1000 FROM numbers({days * 1440L * 3})",
        new Remora.ClickHouse.QueryOptions
        {
            Settings = new Dictionary<string, string> { ["max_partitions_per_insert_block"] = "1000" },
        }
    );
    Console.WriteLine(
        $"requests inserted through seven views: {days * 1440L * 3 / watch.Elapsed.TotalSeconds:F0} a second"
    );
    foreach (var rollup in store.Rollups)
        await rollup.OptimizeAsync();
    var last = new Instant(
        new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(days).ToUnixTimeMilliseconds()
    );
    await TimeAsync(
        "a year of request minutes, by 12 hours, one pair",
        20,
        async () => (await store.Requests.Traffic("12h", new(To: last), pair: "BTC/USDT").ListAsync()).Count
    );
    await TimeAsync(
        "the same by the hour",
        60,
        async () => (await store.Requests.Traffic("1h", new(To: last), pair: "BTC/USDT").ListAsync()).Count
    );
    await TimeAsync(
        "a day of it by the minute",
        20,
        async () =>
            (
                await store.Requests.Traffic("1m", new(last - TimeSpan.FromDays(1), last), pair: "BTC/USDT").ListAsync()
            ).Count
    );

    // A busy service: many requests of each kind in every minute, loaded from a file through the
    // views.
    var file = Path.Combine(folder, "requests.parquet");
    const long busy = 3_000_000;
    await using (
        var rows = await engine.Client.StreamAsync(
            $"SELECT toDateTime64('2025-06-01 00:00:00', 3, 'UTC') + intDiv(number, 300) * 60 AS at, '/api/v1/risk' "
                + $"AS route, ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'][number % 3 + 1] AS pair, number % 5 AS query_hash, "
                + $"intDiv(number, 300) AS result_hash, number % 4 = 0 AS unchanged, 200::UInt16 AS status, (number "
                + $"% 1000)::UInt32 AS microseconds FROM numbers({busy})",
            "Parquet"
        )
    )
    await using (var to = File.Create(file))
        await rows.CopyToAsync(to);
    var (traffic, queries) = (
        store.Rollups.First(rollup => rollup.Definition.Name.Value == "traffic"),
        store.Rollups.First(rollup => rollup.Definition.Name.Value == "queries")
    );
    watch.Restart();
    await traffic.LoadAsync([file], others: [queries.Definition]);
    Console.WriteLine(
        $"{busy} requests, 100 a minute and pair, from a Parquet file through staging and the seven views: "
            + $"{busy / watch.Elapsed.TotalSeconds:F0} a second"
    );
    await stop.CancelAsync();
    await running;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task TimeAsync(string what, int times, Func<Task<int>> act)
{
    var count = await act();
    var taken = new List<double>();
    for (var i = 0; i < times; i++)
    {
        var watch = Stopwatch.StartNew();
        await act();
        taken.Add(watch.Elapsed.TotalMilliseconds);
    }
    taken.Sort();
    Console.WriteLine($"{what}: p50 {taken[times / 2]:F1} ms, worst {taken[^1]:F1} ms ({count} rows or bytes)");
}
