using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>The operations on two shards with two replicas each.</summary>
[Trait("speed", "slow")]
public sealed class ClusterVerbTests(TestCluster cluster) : IClassFixture<TestCluster>, IDisposable
{
    private const int First = 0; // replica 1 of shard 1, which a client uses first
    private const int Last = 3; // replica 2 of shard 2

    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total,
        uniqExact(id) AS ids
        """;

    // Statements on a cluster take their time
    private static readonly RollupOptions Options = Events.Options with { CutAhead = TimeSpan.FromSeconds(5) };

    private readonly Scratch _scratch = new();
    private string _database = "";

    [Fact]
    public async Task Differences_on_any_shard_are_named_and_repaired()
    {
        var rollup = await NewAsync(apply: false);
        await FillAsync(2000);
        await Task.Delay(1100); // ClickHouse stores the creation time of a view in whole seconds
        await rollup.ApplyAsync();
        var late = await rollup.VerifyAsync();
        Assert.Equal([1, 2], late.Findings.Select(finding => finding.Shard!.Value).Distinct());
        Assert.All(
            late.Findings,
            finding => Assert.Equal("the rows were inserted before the view was created", finding.Explanation)
        );
        Assert.Contains(late.Findings, finding => finding.ToString().StartsWith("shard 2, 1 day: missing 2024-01-01"));
        Assert.Equal(
            ["shard 1: 202401", "shard 1: 202402", "shard 2: 202401", "shard 2: 202402"],
            (await rollup.BackfillAsync()).Filled
        );
        await AssertExactAsync(rollup);

        await cluster.Client(_database, Last).ExecuteAsync("ALTER TABLE activity_1h_v1_tt DROP PARTITION ID '202402'");
        await cluster
            .Client(_database, 1)
            .ExecuteAsync(
                "INSERT INTO activity_1d_v1_tt SELECT * FROM activity_1d_v1_tt WHERE bucket = '2024-01-10 00:00:00'"
            );
        var findings = (await rollup.VerifyAsync()).Findings.OrderBy(finding => finding.Shard).ToList();
        Assert.Equal(2, findings.Count);
        Assert.Equal(
            (1, RollupFindingKind.Doubled, Day(1, 10), Day(1, 11)),
            (findings[0].Shard, findings[0].Kind, findings[0].From, findings[0].To)
        );
        Assert.Equal(
            (2, RollupFindingKind.Missing, "202402", Day(2, 1)),
            (findings[1].Shard, findings[1].Kind, findings[1].Partition, findings[1].From)
        );
        var report = await rollup.BackfillAsync();
        Assert.Equal(["shard 1: 202401", "shard 2: 202402"], report.Filled);
        Assert.Equal(["shard 1: 202402", "shard 2: 202401"], report.Untouched);
        await AssertExactAsync(rollup);

        // The status is that of the connected server; its views read every shard
        var speed = (await rollup.StatusAsync()).Speed;
        Assert.InRange(speed.Typical!.Count, 1, 10);
        Assert.Equal(1UL, await CountAsync(cluster.Client(_database), "count()", $"({speed.Query})"));
        Assert.NotNull(speed.ClientsUnknown);
    }

    [Fact]
    public async Task A_rebuild_is_exact_while_every_server_inserts()
    {
        var rollup = await NewAsync();
        await FillAsync(2000);
        await SyncAsync("activity_1h_v1_tt", "activity_1d_v1_tt");
        using var stop = new CancellationTokenSource();
        var sent = 8000;
        var writers = Enumerable
            .Range(0, 4)
            .Select(server =>
                Task.Run(async () =>
                {
                    for (var batch = 1; !stop.IsCancellationRequested; batch++)
                    {
                        Interlocked.Add(ref sent, 100);
                        await InsertAsync(server, 100, (server * 10_000_000) + (batch * 1000));
                        await Task.Delay(200);
                    }
                })
            )
            .ToList();
        var reader = cluster.Client(_database, 2);
        var reading = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Not fewer than there were at first, and not more than were sent
                var seen = await CountAsync(reader, "sum(rows)", "activity_1d");
                Assert.InRange(seen, 8000UL, (ulong)Volatile.Read(ref sent));
                await Task.Delay(200);
            }
        });
        var report = await rollup.RebuildAsync();
        await stop.CancelAsync();
        await Task.WhenAll([reading, .. writers]);
        Assert.Equal((1, 2), (report.OldVersion, report.NewVersion));
        Assert.Empty(report.Verification.Findings);
        await AssertExactAsync(rollup, version: 2);
    }

    [Fact]
    public async Task A_detached_load_that_is_killed_at_each_step_is_completed_by_the_next()
    {
        var rollup = await NewAsync();
        var file = await FileAsync(3000);
        var load = new RollupLoadOptions { IsDetached = true };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var isDone = false; !isDone; )
        {
            using var stop = new CancellationTokenSource();
            var watched = new Watched(at =>
            {
                if (seen.Add($"{at.Step} {at.Detail}"))
                    stop.Cancel();
            });
            try
            {
                var report = await rollup.LoadAsync([file], load, progress: watched, cancellation: stop.Token);
                Assert.Equal(3000, report.Rows);
                isDone = true;
            }
            catch (OperationCanceledException)
            {
                Assert.InRange(seen.Count, 1, 50);
            }
        }
        Assert.Contains(seen, step => step.StartsWith("move shard 2: activity_1d_v1_tt"));
        Assert.True((await rollup.LoadAsync([file], load)).WasDoneBefore);
        Assert.Equal(3000UL, await CountAsync(cluster.Client(_database), "count()", EveryRow));
        await AssertExactAsync(rollup);
    }

    [Theory]
    [InlineData("verify", First)]
    [InlineData("backfill", First)]
    [InlineData("load", Last)]
    [InlineData("load detached", First)]
    [InlineData("rebuild", Last)]
    public async Task A_replica_that_is_killed_in_the_middle_does_not_stop_the_next_attempt(string verb, int server)
    {
        cluster.RequireKills();
        var rollup = await NewAsync(apply: verb != "backfill");
        await FillAsync(500);
        await rollup.ApplyAsync();
        var file = await FileAsync(1000);
        var (left, isDead) = (verb == "rebuild" ? 4 : 2, false);
        var watched = new Watched(_ =>
        {
            if (--left != 0)
                return;
            cluster.KillAsync(server).GetAwaiter().GetResult();
            isDead = true;
        });
        try
        {
            await RunAsync(watched);
        }
        catch (Exception e)
            when (e is RollupException or ClickHouseException or ClickHouseUnavailableException or TimeoutException)
        {
            TestContext.Current.TestOutputHelper!.WriteLine(e.Message);
        }
        finally
        {
            if (!isDead)
                Assert.Fail("the operation ended before the kill");
        }
        try
        {
            await RunAsync(null);
        }
        finally
        {
            await cluster.StartAsync(server);
        }
        var version = verb == "rebuild" ? (await rollup.StatusAsync()).Version : 1;
        await AssertExactAsync(rollup, version);
        Assert.Equal(
            verb.StartsWith("load") ? 3000UL : 2000UL,
            await CountAsync(cluster.Client(_database), "count()", EveryRow)
        );

        Task RunAsync(IProgress<RollupProgress>? progress) =>
            verb switch
            {
                "verify" => rollup.VerifyAsync(progress),
                "backfill" => rollup.BackfillAsync(progress: progress),
                "load" => rollup.LoadAsync([file], progress: progress),
                "load detached" => rollup.LoadAsync([file], new() { IsDetached = true }, progress: progress),
                _ => rollup.RebuildAsync(progress: progress),
            };
    }

    [Fact]
    public async Task The_lock_holds_for_every_server()
    {
        var rollup = await NewAsync();
        await using (await rollup.LockAsync("work"))
        {
            var other = new Rollup(cluster.Client(_database, Last), rollup.Definition, Options);
            var refused = await Assert.ThrowsAsync<RollupException>(() => other.OptimizeAsync());
            Assert.Contains($"work of activity, process {Environment.ProcessId} on ", refused.Message);
        }
        var only = new Rollup(cluster.Client(_database, Last), rollup.Definition, Options);
        await only.OptimizeAsync();
        var shards = cluster.Servers.Select(one => one.Host).Distinct().Count();
        if (shards == 1) // otherwise the other shard is found by its host name
            Assert.Contains(
                "no server of shard 1",
                (await Assert.ThrowsAsync<RollupException>(() => only.VerifyAsync())).Message
            );
    }

    public void Dispose() => _scratch.Dispose();

    private string EveryRow => $"cluster({cluster.Name}, {_database}, events)";

    private async Task<Rollup> NewAsync(bool apply = true)
    {
        _database = await cluster.NewDatabaseAsync();
        var client = cluster.Client(_database);
        await client.ExecuteAsync(
            $"""
            CREATE TABLE events ON CLUSTER {cluster.Name}
            (id UInt64, at DateTime64(3), kind LowCardinality(String),
            value Float64, ingested DateTime64(6) DEFAULT now64(6))
            ENGINE = ReplicatedMergeTree PARTITION BY toYYYYMM(at) ORDER BY (kind, at)
            """
        );
        var rollup = new Rollup(client, RollupFile.Parse(Definition, "activity.sql"), Options);
        if (apply)
            await rollup.ApplyAsync();
        return rollup;
    }

    // Rows of January and February 2024 through each server.
    private async Task FillAsync(int rows)
    {
        for (var server = 0; server < 4; server++)
            await InsertAsync(server, rows, server * 10_000_000);
        await SyncAsync("events");
    }

    private async Task SyncAsync(params string[] tables)
    {
        for (var server = 0; server < 4; server++)
            foreach (var table in tables)
                await cluster.Client(_database, server).ExecuteAsync($"SYSTEM SYNC REPLICA {table} LIGHTWEIGHT");
    }

    private async Task InsertAsync(int server, int rows, int from) =>
        await cluster
            .Client(_database, server)
            .ExecuteAsync($"INSERT INTO events (id, at, kind, value) {Rows(rows, from)}");

    private static string Rows(int rows, int from) =>
        "SELECT number AS id, toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + (number * 7919 % 5000000) AS at, ['a', "
        + $"'b'][number % 2 + 1] AS kind, number % 1000 / 8 AS value FROM numbers({from}, {rows})";

    private async Task<string> FileAsync(int rows)
    {
        var path = Path.Combine(_scratch.Folder, "events.parquet");
        await using var file = File.Create(path);
        await using var answer = await cluster.Client(_database).StreamAsync(Rows(rows, 900_000_000), "Parquet");
        await answer.CopyToAsync(file);
        return path;
    }

    private static Task<ulong> CountAsync(ClickHouseClient client, string what, string from) =>
        client.SingleAsync($"SELECT toUInt64({what}) FROM {from}", row => row.UInt64());

    // By the operation, and by comparing the rows of every replica with its states.
    private async Task AssertExactAsync(Rollup rollup, int version = 1)
    {
        var verification = await rollup.VerifyAsync();
        Assert.Empty(verification.Findings);
        Assert.Empty(verification.Busy);
        await SyncAsync("events", $"activity_1h_v{version}_tt", $"activity_1d_v{version}_tt");
        for (var server = 0; server < 4; server++)
        {
            var client = cluster.Client(_database, server);
            var raw = await client.SingleAsync(
                "SELECT toString((count(), sum(value), uniqExact(id))) FROM events",
                row => row.String()
            );
            foreach (var interval in (string[])["1h", "1d"])
                Assert.Equal(
                    raw,
                    await client.SingleAsync(
                        "SELECT toString((sum(rows), sumMerge(total), uniqExactMerge(ids))) FROM "
                            + $"activity_{interval}_v{version}_tt",
                        row => row.String()
                    )
                );
        }
    }

    private static DateTimeOffset Day(int month, int day) => new(2024, month, day, 0, 0, 0, TimeSpan.Zero);
}
