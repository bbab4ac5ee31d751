using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Tests.Rollups;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Recording;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>The store on two shards with two replicas each.</summary>
[Trait("speed", "slow")]
public sealed class ClusterStoreTests(TestCluster cluster) : IClassFixture<TestCluster>, IDisposable
{
    private const string Policy = "remora-1";
    private static readonly string[] Pairs = ["BTC/USDT", "ETH/USDT", "SOL/USDT"];
    private static readonly StoreOptions ForEver = new() { Retention = new() { RequestDays = 0 } };
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs for minutes, so only where <c>REMORA_CLUSTER_KILLS</c> is set.</summary>
    [Fact]
    public async Task A_service_loses_a_replica_of_each_shard_and_no_row()
    {
        Assert.SkipUnless(
            System.Environment.GetEnvironmentVariable("REMORA_CLUSTER_KILLS") is { Length: > 0 },
            "set REMORA_CLUSTER_KILLS=1 to kill servers under a service"
        );
        cluster.RequireKills();
        var database = cluster.NewName();
        var requests = 0;
        await using (var service = Serve(database, 0, 1, 2, 3))
        {
            var url = await service.UrlAsync();
            using var http = new HttpClient { BaseAddress = new(url), Timeout = Patience };
            await WrittenAsync(url, service, "assessments", 30);
            await AskAsync(30);
            await Task.WhenAll(cluster.KillAsync(0), cluster.KillAsync(2), AskAsync(30));
            var more = await WrittenAsync(url, service, "assessments", 0) + 30;
            await AskAsync(30);
            await WrittenAsync(url, service, "assessments", more);
            await WrittenAsync(url, service, "api_requests", requests);
            var store = JsonElement.Parse(await http.GetStringAsync("/api/v1/store"));
            Assert.StartsWith(cluster.Servers[1].AbsoluteUri, store.GetProperty("location").GetString());
            Assert.Equal(0, store.GetProperty("recorder").GetProperty("dropped_rows").GetInt64());
            Assert.Equal(0, store.GetProperty("recorder").GetProperty("set_aside").GetArrayLength());
            Assert.NotEmpty(Rows(await http.GetStringAsync("/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d")));
            await Task.WhenAll(cluster.StartAsync(0), cluster.StartAsync(2), AskAsync(30));
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());

            async Task AskAsync(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    (await http.GetAsync("/api/v1/risk?pair=" + Pairs[i % 3])).Dispose();
                    requests++;
                    await Task.Delay(20);
                }
            }
        }

        // The store exists, and the first address is that of another shard
        await using (var service = Serve(database, 3, 0))
        {
            var url = await service.UrlAsync();
            await WrittenAsync(url, service, "assessments", 30);
            using var http = new HttpClient { BaseAddress = new(url), Timeout = Patience };
            var store = JsonElement.Parse(await http.GetStringAsync("/api/v1/store"));
            // The sandbox's clock may restart a little behind its last rows, which is another remark
            Assert.DoesNotContain("lacks", store.GetProperty("remarks").GetRawText());
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }
        await DrainAsync(Store(database, 1), Path.Combine(_folder.Path, "sandbox", "journal"));
        await SyncAsync(database);
        await AssertOnceAsync(database, requests);
        await AssertReadsAsync(database);
        await AssertCommandsAsync(database);
    }

    [Fact]
    public async Task A_batch_that_reached_one_shard_counts_once()
    {
        var database = await cluster.NewDatabaseAsync();
        var store = Store(database, 0, 1);
        Assert.Equal(8, (await store.PrepareAsync()).Steps.Count);
        // On the second shard, inserts fail a moment after they began
        foreach (var server in (int[])[2, 3])
            await cluster
                .Client(database, server)
                .ExecuteAsync(
                    "CREATE MATERIALIZED VIEW late ENGINE = Null AS SELECT throwIf(sleepEachRow(0.03) = 0 AND status = "
                        + "200) AS failed FROM api_requests_local"
                );
        var journal = _folder.File("journal");
        using (var stop = new CancellationTokenSource())
        {
            var recorder = new Recorder(store, Options(journal) with { RetryDelay = Patience });
            for (var i = 0; i < 60; i++)
                recorder.Request(Request(i));
            var running = recorder.RunAsync(Task.CompletedTask, stop.Token);
            await UntilAsync(() => Task.FromResult(recorder.Health.LastError is not null));
            Assert.Contains("throwIf", recorder.Health.LastError);
            Assert.InRange(await CountAsync(cluster.Client(database, 0), "traffic_1h_v1_tt"), 1, 59);
            await stop.CancelAsync();
            await running;
        }
        foreach (var server in (int[])[2, 3])
            await cluster.Client(database, server).ExecuteAsync("DROP VIEW late SYNC");
        await DrainAsync(Store(database, 3), journal);
        await SyncAsync(database);
        foreach (var server in Enumerable.Range(0, 4))
        {
            Assert.Equal(60, await CountAsync(cluster.Client(database, server), "api_requests"));
            var traffic = await Store(database, server).Requests.Traffic("6h").ListAsync();
            Assert.Equal(60, traffic.Sum(row => row.Calls));
        }
    }

    [Fact]
    public async Task A_store_is_created_when_all_servers_respond()
    {
        cluster.RequireKills();
        var store = Store(await cluster.NewDatabaseAsync(), 0, 1);
        await cluster.KillAsync(2);
        var refused = await Assert.ThrowsAsync<StoreException>(() => store.PrepareAsync());
        Assert.Matches("when all servers of the cluster '.*' respond: start [^,]+:[0-9]+$", refused.Message);
        await cluster.StartAsync(2);
        Assert.Empty((await store.PrepareAsync()).Remarks);

        await cluster.Client(store.Client.Database, 2).ExecuteAsync("DROP TABLE decisions_local SYNC");
        var remark = Assert.Single((await store.PrepareAsync()).Remarks);
        Assert.Contains("lacks decisions_local, or has others", remark);
    }

    // Each row that was acknowledged is on both replicas of its shard once, and in the rollups.
    private async Task AssertOnceAsync(string database, int requests)
    {
        foreach (var rollup in Store(database).Rollups.Where(rollup => rollup.Definition.Name.Value != "queries"))
            await UntilAsync(async () =>
            {
                var verified = await rollup.VerifyAsync();
                Assert.Empty(verified.Findings.Select(finding => $"{rollup.Definition.Name} {finding}"));
                return verified.IsExact; // an insert of the ended service may still run on a server
            });
        foreach (var server in Enumerable.Range(0, 4))
        {
            var client = cluster.Client(database, server);
            Assert.Equal(requests, await CountAsync(client, "api_requests WHERE route = '/api/v1/risk'"));
            var traffic = await Store(database, server).Requests.Traffic("1m", route: "/api/v1/risk").ListAsync();
            Assert.Equal(requests, traffic.Sum(row => row.Calls));
            var (rows, different, pairs) = await client.SingleAsync(
                "SELECT count(), uniqExact(pair, assessed_at, sequence), uniqExact(pair) FROM assessments",
                row => (row.UInt64(), row.UInt64(), row.UInt64())
            );
            Assert.Equal((rows, 3ul), (different, pairs));
            // Every candle of the span
            Assert.Equal(
                0ul,
                await client.SingleAsync(
                    "SELECT countIf(rows != 1 + dateDiff('minute', first, last) / 5) FROM (SELECT min(opened) AS "
                        + "first, max(opened) AS last, count() AS rows FROM candles FINAL WHERE timeframe = '5m' "
                        + "GROUP BY pair)",
                    row => row.UInt64()
                )
            );
            Assert.True(await CountAsync(client, "assessments_local") > 0);
        }
    }

    // What answers read is the same through any server.
    private async Task AssertReadsAsync(string database)
    {
        var first = "";
        var decision = new DecisionRow("1", "bot", "binance", "BTC/USDT", "5m", "long", Some.Time, "allowed", "{}");
        Assert.Equal(1, await Store(database, 0).Decisions.AddAsync([decision]));
        await SyncAsync(database);
        foreach (var server in Enumerable.Range(0, 4))
        {
            var store = Store(database, server);
            var text = "";
            foreach (var pair in Pairs)
            {
                var market = Some.MarketOf(pair);
                var latest = (await store.Candles.LatestAsync(market))!.Value.OpenTime;
                var since = latest - TimeSpan.FromDays(30);
                var history = await store.Assessments.HistoryOf(market, Policy, "1h").ListAsync();
                Assert.NotEmpty(history);
                var each = await store.Assessments.EachOf(market, Policy).ListAsync();
                Assert.Equal(
                    (history.Sum(row => row.Assessments), each.Count),
                    await store.Client.SingleAsync(
                        "SELECT count(), uniqExact(assessed_at) FROM assessments WHERE pair = {pair:String} AND "
                            + "policy = {policy:String}",
                        row => ((long)row.UInt64(), (int)row.UInt64()),
                        new QueryParameters().Add("pair", pair).Add("policy", Policy)
                    )
                );
                var hours = await store.Record.HoursAsync(market, since, latest);
                Assert.True(hours.Count > 24 * 29, $"{hours.Count} hours");
                Assert.Equal(hours.Count, (await store.Record.ReturnsAsync(market, since, latest)).Count);
                var groups = RecordGroups.Reasons | RecordGroups.Vintages | RecordGroups.Tenths | RecordGroups.Days;
                var grades = await store.Record.GradeAsync(market, Horizon.OneHour, since, latest, latest, groups);
                var blocks = await BlockHistory.OfAsync(store, market, Policy, Side.Long, default);
                var at = await store.Assessments.AtAsync(market, Policy, latest + TimeSpan.FromDays(1));
                // Sums of floating-point numbers depend on the order of the parts
                text += string.Join(
                    '\n',
                    [
                        .. history.Select(row => (row.Time, row.Assessments, row.Blocked, row.RiskMin, row.RiskMax)),
                        .. history.Select(row => (row.RiskLast, row.RegimeLast, row.CloseLast)),
                        .. hours.Select(hour => hour.Time),
                        .. grades.Select(row => (row.Kind, row.Name)),
                        .. blocks,
                        at!.AssessedAt,
                    ]
                );
            }
            Assert.Equal(0, await store.Decisions.AddAsync([decision]));
            Assert.Equal([decision], await store.Decisions.Of(default).ListAsync());
            text += await store.Heartbeats.AvailabilityAsync(new(0), Some.At("2100-01-01"));
            var status = await store.StatusAsync();
            Assert.Equal(8, status.SchemaVersion);
            text += string.Join('\n', status.Tables.Where(table => table.Rollup is null).Select(table => table.Last));
            var figures = await store.MeasureAsync();
            Assert.All(figures.Rollups, rollup => Assert.Equal(TimeSpan.Zero, rollup.Lag));
            Assert.Equal(
                await CountAsync(store.Client, "assessments"),
                figures.Tables.Single(table => table.Name == "assessments").Rows
            );
            if (server == 0)
                first = text;
            else
                Assert.Equal(first, text);
        }
    }

    private async Task AssertCommandsAsync(string database)
    {
        string[] store = ["--clickhouse", cluster.Addresses(2), "--cluster", cluster.Name, "--database", database];
        var file = _folder.File("candles.csv");
        var (exit, _, errors) = await RunAsync([
            "history",
            "export",
            "--pair",
            "ETH/USDT",
            "--what",
            "candles",
            "--to",
            file,
            .. store,
        ]);
        Assert.True(exit == 0, errors);
        var rows = await CountAsync(
            cluster.Client(database, 0),
            "candles FINAL WHERE pair = 'ETH/USDT' AND timeframe = '5m'"
        );
        Assert.Equal(rows + 1, File.ReadLines(file).Count());
        (exit, _, errors) = await RunAsync(["store", "backup", _folder.File("backup"), .. store]);
        Assert.Equal(2, exit);
        Assert.Contains($"BACKUP DATABASE {database} ON CLUSTER {cluster.Name} TO", errors);
    }

    private RemoraProcess Serve(string database, params int[] servers) =>
        RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                "--speed",
                "300",
                "--port",
                "0",
                "--pairs",
                string.Join(',', Pairs),
                "--data",
                _folder.Path,
                "--clickhouse",
                cluster.Addresses(servers),
                "--cluster",
                cluster.Name,
                "--database",
                database,
            ],
            Environment
        );

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments) =>
        RemoraProcess.RunAsync(Environment, arguments);

    private Dictionary<string, string> Environment =>
        new() { ["REMORA_STORE"] = "true", [StoreLocation.PasswordVariable] = cluster.Password ?? "" };

    private MarketStore Store(string database, params int[] servers) => new(cluster.Client(database, servers), ForEver);

    private static RecorderOptions Options(string journal) =>
        new()
        {
            JournalFolder = journal,
            BatchDelay = TimeSpan.FromMilliseconds(30),
            RetryDelay = TimeSpan.FromMilliseconds(20),
            LongestRetryDelay = TimeSpan.FromMilliseconds(200),
        };

    // Sends what a service left in its journal.
    private static async Task DrainAsync(MarketStore store, string journal)
    {
        using var stop = new CancellationTokenSource();
        var recorder = new Recorder(store, Options(journal));
        var running = recorder.RunAsync(stop.Token);
        await recorder.SettleAsync().WaitAsync(Patience);
        await stop.CancelAsync();
        await running;
        Assert.Equal(0, recorder.Health.JournalBatches);
        Assert.Empty(recorder.Health.SetAside);
    }

    // Waits until every replica has all rows of its shard.
    private async Task SyncAsync(string database)
    {
        var client = cluster.Client(database);
        var tables = await client.ListAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(engine, 'Replicated')",
            row => row.String()
        );
        foreach (var table in tables)
            await client.ExecuteAsync($"SYSTEM SYNC REPLICA ON CLUSTER {cluster.Name} {database}.{table} LIGHTWEIGHT");
    }

    private static async Task<long> WrittenAsync(string url, RemoraProcess service, string table, long least)
    {
        var written = 0L;
        await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store =>
                store.GetProperty("recorder").GetProperty("written_rows").TryGetProperty(table, out var rows)
                && (written = rows.GetInt64()) >= least,
            service
        );
        return written;
    }

    private static List<JsonElement> Rows(string answer) =>
        [.. JsonElement.Parse(answer).GetProperty("rows").EnumerateArray()];

    private static RequestRow Request(int i) =>
        new(
            Some.Time + TimeSpan.FromMinutes(i),
            $"/api/v1/{i % 10}", // some on each shard
            Pairs[i % 3],
            QueryHash: (ulong)i,
            ResultHash: 1,
            Unchanged: false,
            Status: 200,
            Microseconds: 100,
            Client: null
        );

    private static async Task<long> CountAsync(ClickHouseClient client, string from) =>
        (long)await client.SingleAsync($"SELECT count() FROM {from}", row => row.UInt64());

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo())
            await Task.Delay(50, patience.Token);
    }
}
