using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Embedded;

public sealed class EmbeddedEngineTests
{
    private static readonly SqlName Table = SqlName.Of("t");
    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("REMORA_ENGINE_KILLS") ?? "4",
        CultureInfo.InvariantCulture
    );

    [Fact]
    public async Task After_a_kill_every_acknowledged_row_exists_once()
    {
        using var scratch = new Scratch();
        await using var engine = await EmbeddedEngine.StartAsync(
            new() { Folder = scratch.Folder, LongestRestartDelay = TimeSpan.FromMilliseconds(200) }
        );
        await engine.Client.ExecuteAsync(
            "CREATE TABLE t (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch SETTINGS "
                + "non_replicated_deduplication_window = 1000"
        );
        await engine.Client.ExecuteAsync(
            "CREATE TABLE s (batch UInt32, n SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree "
                + "ORDER BY batch SETTINGS non_replicated_deduplication_window = 1000"
        );
        await engine.Client.ExecuteAsync(
            "CREATE MATERIALIZED VIEW mv TO s AS SELECT batch, count() AS n FROM t GROUP BY batch"
        );
        var acknowledged = new ConcurrentBag<uint>();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (uint batch = 0; !stop.IsCancellationRequested; batch++)
            {
                while (true)
                {
                    try
                    {
                        await engine.Client.InsertAsync(
                            Table,
                            [SqlName.Of("batch"), SqlName.Of("n")],
                            Enumerable.Range(0, 500),
                            (row, n) =>
                            {
                                row.UInt32(batch);
                                row.UInt32((uint)n);
                            },
                            $"batch-{batch}"
                        );
                        acknowledged.Add(batch);
                        break;
                    }
                    catch (ClickHouseUnavailableException)
                    {
                        await Task.Delay(50); // retries the batch under the same token
                    }
                }
            }
        });

        var random = new Random(3);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Task.Delay(random.Next(200, 900));
            Process.GetProcessById(engine.Endpoint.Pid).Kill();
            await UntilAsync(() => engine.Health.Restarts == kill && engine.Health.State == EngineState.Running);
        }
        await UntilAsync(() => acknowledged.Count > 10); // on a busy machine, few inserts succeed between the kills
        await stop.CancelAsync();
        await writing;
        var (count, batches, viewed) = await engine.Client.SingleAsync(
            "SELECT count(), uniqExact(batch), (SELECT sum(n) FROM s)::UInt64 FROM t",
            row => (row.UInt64(), row.UInt64(), row.UInt64())
        );
        Assert.Equal(
            ((ulong)acknowledged.Count * 500, (ulong)acknowledged.Count, (ulong)acknowledged.Count * 500),
            (count, batches, viewed)
        );
    }

    /// <summary>
    /// By default the engine starts 128 threads for this after some tens of parts.
    /// </summary>
    [Fact]
    public async Task Cleaning_merged_parts_leaves_no_idle_threads()
    {
        using var scratch = new Scratch();
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder });
        await engine.Client.ExecuteAsync(
            "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS old_parts_lifetime = 1, "
                + "cleanup_delay_period = 2, max_cleanup_delay_period = 2, cleanup_delay_period_random_add = 0"
        );
        for (uint i = 0; i < 200; i++)
            await engine.Client.InsertAsync(Table, [SqlName.Of("n")], [i], (row, n) => row.UInt32(n));
        await engine.Client.ExecuteAsync("OPTIMIZE TABLE t FINAL");
        await UntilAsync(() =>
            engine
                .Client.SingleAsync("SELECT count() FROM system.parts WHERE table = 't'", row => row.UInt64())
                .GetAwaiter()
                .GetResult() == 1
        );
        using var process = Process.GetProcessById(engine.Endpoint.Pid);
        Assert.InRange(process.Threads.Count, 10, 100);
    }

    [Fact]
    public async Task A_batch_with_a_recorded_token_but_without_rows_can_be_repeated()
    {
        using var scratch = new Scratch();
        var insert = (EmbeddedEngine engine, string token) =>
            engine.Client.InsertAsync(Table, [SqlName.Of("n")], [1u, 2u, 3u], (row, n) => row.UInt32(n), token);
        await using (var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder }))
        {
            await engine.Client.ExecuteAsync(
                "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS "
                    + "non_replicated_deduplication_window = 100"
            );
            await engine.Client.ExecuteAsync("SYSTEM STOP MERGES t");
            await insert(engine, "kept");
            await insert(engine, "lost");
        }
        // The state after a kill at the worst moment: the record of the second batch without its
        // part.
        var part = Assert.Single(
            Directory.GetDirectories(
                Path.Combine(scratch.Folder, "store", "store"),
                "all_2_2_0",
                SearchOption.AllDirectories
            )
        );
        Directory.Delete(part, recursive: true);
        await using (var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder }))
        {
            await insert(engine, "kept");
            await insert(engine, "lost");
            await insert(engine, "lost");
            Assert.Equal(6UL, await engine.Client.SingleAsync("SELECT count() FROM t", row => row.UInt64()));
        }
    }

    [Fact]
    public async Task A_folder_is_opened_once_and_others_connect_to_its_host()
    {
        using var scratch = new Scratch();
        await using (var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder }))
        {
            var second = await Assert.ThrowsAsync<EngineStartException>(() =>
                EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder })
            );
            Assert.Contains("is open in another process", second.Message);
            using var found = await EngineFolder.TryConnectAsync(scratch.Folder);
            Assert.Equal(1, await found!.SingleAsync("SELECT 1", row => row.UInt8()));
            var mode = File.GetUnixFileMode(Path.Combine(scratch.Folder, "endpoint"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }
        Assert.Null(await EngineFolder.TryConnectAsync(scratch.Folder));
        Assert.False(File.Exists(Path.Combine(scratch.Folder, "endpoint")), "it did not end cleanly");
    }

    [Fact]
    public async Task An_engine_waits_for_its_removed_folder_and_restarts()
    {
        using var scratch = new Scratch();
        var mount = Directory.CreateDirectory(Path.Combine(scratch.Folder, "mount")).FullName;
        await using var engine = await EmbeddedEngine.StartAsync(
            new()
            {
                Folder = Path.Combine(mount, "engine"),
                PingInterval = TimeSpan.FromMilliseconds(50),
                LongestRestartDelay = TimeSpan.FromMilliseconds(200),
            }
        );
        await engine.Client.ExecuteAsync("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n");
        Directory.Move(mount, mount + "-away"); // simulates an unmounted disk: the process still has its files open
        await UntilAsync(() => engine.Health.FolderMissing);
        Assert.Equal(EngineState.Restarting, engine.Health.State);
        Assert.Equal(
            $"the folder '{mount}' is missing: mount or restore it, or create it for an empty store",
            engine.Health.LastError
        );
        Assert.False(Directory.Exists(mount));

        Directory.Move(mount + "-away", mount);
        await UntilAsync(() => engine.Health is { State: EngineState.Running, FolderMissing: false, Restarts: 1 });
        await engine.Client.ExecuteAsync("INSERT INTO t VALUES (1)"); // its contents remain
        Directory.Delete(mount, recursive: true);
        Directory.CreateDirectory(mount);
        await UntilAsync(() => engine.Health is { State: EngineState.Running, Restarts: 2 });
        Assert.Equal(
            60,
            (await Assert.ThrowsAsync<ClickHouseException>(() => engine.Client.ExecuteAsync("SELECT * FROM t"))).Code
        ); // a new, empty one
    }

    [Fact]
    public async Task Errors_name_the_problem()
    {
        using var scratch = new Scratch();
        var file = Path.Combine(scratch.Folder, "file");
        await File.WriteAllTextAsync(file, "");
        Assert.Contains(
            "cannot be created",
            (
                await Assert.ThrowsAsync<EngineStartException>(() =>
                    EmbeddedEngine.StartAsync(new() { Folder = Path.Combine(file, "x") })
                )
            ).Message
        );
        Assert.Contains(
            "does not exist",
            (
                await Assert.ThrowsAsync<EngineStartException>(() =>
                    EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder, Library = "/nothing" })
                )
            ).Message
        );
        var (exit, _, errors) = await RunHostAsync("--path", scratch.Folder, "--port", "99999");
        Assert.Equal(3, exit);
        Assert.Contains("--port '99999': expected a number from 0 to 65535", errors);
        (exit, _, errors) = await RunHostAsync("--path", scratch.Folder, "--password-stdin");
        Assert.Equal(3, exit);
        Assert.Contains("--password-stdin: standard input must begin with a line", errors);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        using var scratch = new Scratch();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<EngineStartException>(() =>
            EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder, Port = port })
        );
        Assert.Contains($"the port {port} is in use", error.Message);
    }

    [Fact]
    public async Task The_memory_limit_ends_the_query_and_not_the_host()
    {
        using var scratch = new Scratch();
        await using var engine = await EmbeddedEngine.StartAsync(
            new() { Folder = scratch.Folder, MemoryBytes = 400L << 20 }
        );
        var error = await Assert.ThrowsAsync<ClickHouseException>(() =>
            engine.Client.ExecuteAsync("SELECT length(groupArray(number)) FROM numbers(1000000000)")
        );
        Assert.Equal(241, error.Code);
        Assert.Equal(1, await engine.Client.SingleAsync("SELECT 1", row => row.UInt8()));
        Assert.Equal(0, engine.Health.Restarts);
    }

    /// <summary>
    /// The engine discards what is typed before its prompt, also the end of its session.
    /// </summary>
    [Fact]
    public async Task A_host_that_is_stopped_while_it_starts_ends()
    {
        using var scratch = new Scratch();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        foreach (var isReady in new[] { true, false, true, true })
        {
            var (command, first) = HostProgram.Find(null);
            using var host = Process.Start(
                new ProcessStartInfo(command, [.. first, "--path", scratch.Folder])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                }
            )!;
            if (isReady)
                Assert.NotNull(await host.StandardOutput.ReadLineAsync(deadline.Token));
            host.StandardInput.Close();
            await host.WaitForExitAsync(deadline.Token);
            Assert.Equal(0, host.ExitCode);
        }
    }

    [Fact]
    public async Task Queries_above_the_limit_wait()
    {
        using var scratch = new Scratch();
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder, Concurrency = 2 });
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => engine.Client.SingleAsync("SELECT sleep(0.2)", row => row.UInt8()))
        );
        Assert.Equal(new byte[8], answers);
    }

    [Fact]
    public async Task A_file_in_the_working_folder_is_not_a_table()
    {
        using var scratch = new Scratch();
        var desk = Directory.CreateDirectory(Path.Combine(scratch.Folder, "desk")).FullName;
        await File.WriteAllTextAsync(Path.Combine(desk, "events"), "not a table\n");
        await File.WriteAllTextAsync(Path.Combine(desk, "secret.csv"), "a,b\n1,2\n");
        var (command, first) = HostProgram.Find(null);
        using var host = Process.Start(
            new ProcessStartInfo(command, [.. first, "--path", "../data"])
            {
                WorkingDirectory = desk,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        await host.StandardOutput.ReadLineAsync();
        using (var client = await EngineFolder.TryConnectAsync(Path.Combine(scratch.Folder, "data")))
        {
            await client!.ExecuteAsync("CREATE TABLE events (n UInt32) ENGINE = MergeTree ORDER BY n");
            await client.InsertAsync(SqlName.Of("events"), [SqlName.Of("n")], [1u, 2u], (row, n) => row.UInt32(n));
            Assert.Equal(2UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
            Assert.Contains(
                "secret.csv",
                (
                    await Assert.ThrowsAsync<ClickHouseException>(() =>
                        client.ExecuteAsync("SELECT * FROM `secret.csv`")
                    )
                ).Message
            );
        }
        host.StandardInput.Close();
        await host.WaitForExitAsync();
        Assert.Equal(0, host.ExitCode);
    }

    internal static async Task UntilAsync(Func<bool> condition)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 1500, "it did not happen within 30 seconds");
            await Task.Delay(20);
        }
    }

    private static async Task<(int Exit, string Output, string Errors)> RunHostAsync(params string[] arguments)
    {
        var (command, first) = HostProgram.Find(null);
        using var process = Process.Start(
            new ProcessStartInfo(command, [.. first, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
