using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Markets;
using Remora.Store.Recording;

namespace Remora.Store.Bench;

/// <summary>
/// Measures what the rollup of requests per query by the minute costs: processor time of the engine
/// per million recorded requests, without and with it, alternating. 1,000 requests a second,
/// batches of a second, for a service that is asked the same 100 queries, and for one whose every
/// request is a new query. Arguments: requests per measurement (200000), rounds (5).
/// </summary>
internal static class QueryMinutes
{
    public static async Task RunAsync(string[] arguments)
    {
        var requests = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 200_000;
        var rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 5;
        var folder = Directory.CreateTempSubdirectory("remora-store-bench-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.StartAsync(
                new() { Folder = Path.Combine(folder, "store"), MemoryBytes = 2L << 30 }
            );
            foreach (var distinct in new[] { 100, int.MaxValue })
            {
                var ratios = new List<double>();
                for (var round = 0; round <= rounds; round++)
                {
                    var first = round % 2; // which of the two comes first alternates too
                    var costs = new double[2];
                    for (var i = 0; i < 2; i++)
                    {
                        var with = (first + i) % 2;
                        costs[with] = await CostAsync(engine, folder, requests, distinct, with == 1);
                    }
                    if (round == 0)
                        continue; // the engine's own warm-up
                    ratios.Add(costs[1] / costs[0]);
                    Console.WriteLine(
                        $"{Name(distinct)}, round {round}: without {costs[0]:F2} s, with {costs[1]:F2} s of processor "
                            + $"time per million requests, ratio {ratios[^1]:F3}"
                    );
                }
                ratios.Sort();
                Console.WriteLine(
                    $"{Name(distinct)}: median ratio {ratios[ratios.Count / 2]:F3} ({ratios[0]:F3} to {ratios[^1]:F3})"
                );
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Name(int distinct) => distinct == int.MaxValue ? "every query new" : $"{distinct} queries";

    private static async Task<double> CostAsync(
        EmbeddedEngine engine,
        string folder,
        int requests,
        int distinct,
        bool withMinutes
    )
    {
        var database = $"cost_{Guid.NewGuid():N}";
        await engine.Client.ExecuteAsync($"CREATE DATABASE {database}");
        using var client = new ClickHouseClient(new() { Engine = () => engine.Endpoint, Database = database });
        var days = withMinutes ? StoreRetention.MostDays : 0;
        var store = new MarketStore(
            client,
            new()
            {
                Retention = new() { RequestDays = 0, QueryMinuteDays = days },
            }
        );
        await store.PrepareAsync();
        await SettleAsync(client);
        using var process = Process.GetProcessById(engine.Endpoint.Pid);
        var before = process.TotalProcessorTime;
        var recorder = new Recorder(
            store,
            new()
            {
                JournalFolder = Path.Combine(folder, database),
                QueueRows = 1 << 20,
                BatchRows = 1000,
            }
        );
        using (var stop = new CancellationTokenSource())
        {
            var running = recorder.RunAsync(stop.Token);
            var start = new Instant(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
            string[] pairs = ["BTC/USDT", "ETH/USDT", "SOL/USDT"];
            for (var i = 0; i < requests; i++)
            {
                var query = (ulong)(i % distinct);
                recorder.Request(
                    new(
                        start + TimeSpan.FromMilliseconds(i),
                        "/api/v1/risk",
                        pairs[query % 3],
                        query * 0x9E3779B97F4A7C15,
                        (ulong)(i / 5000) + query,
                        i % 4 == 0,
                        200,
                        (uint)(100 + (i * 7919L % 900)),
                        null
                    )
                );
            }
            await recorder.FlushAsync();
            await SettleAsync(client);
            process.Refresh();
            var cost = (process.TotalProcessorTime - before).TotalSeconds * 1e6 / requests;
            await stop.CancelAsync();
            await running;
            if (recorder.Health.DroppedRows > 0)
                throw new InvalidOperationException("rows were dropped: the measurement is invalid");
            await client.ExecuteAsync($"DROP DATABASE {database} SYNC");
            return cost;
        }
    }

    // Merging is part of the cost
    private static async Task SettleAsync(ClickHouseClient client)
    {
        for (var quiet = 0; quiet < 4; quiet++)
        {
            await Task.Delay(250);
            if (await client.SingleAsync("SELECT count() FROM system.merges", row => row.UInt64()) > 0)
                quiet = 0;
        }
    }
}
