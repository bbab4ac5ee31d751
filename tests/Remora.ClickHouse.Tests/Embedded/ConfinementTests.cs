using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouse.Tests.Embedded;

/// <summary>
/// Tests what the engine's process can do. The statements come from the owner, who has all grants.
/// </summary>
public sealed class ConfinementTests
{
    private const string Refused = "errno: 13"; // EACCES

    // Nested comments, which a tokenizer could end too early
    private const string HiddenOutfile = " /* /* */ ' */ INTO OUTFILE '{0}' /* /* /* */ ' */ x FORMAT TSV -- */";

    [Fact]
    public async Task It_can_use_only_its_own_files()
    {
        Assert.SkipWhen(Landlock.Version < 2, "this kernel has no Landlock");
        using var scratch = new Scratch();
        using var elsewhere = new Scratch();
        var secret = Path.Combine(elsewhere.Folder, "keys.json");
        await File.WriteAllTextAsync(secret, "a secret\n");
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder });
        Assert.Null(engine.Health.Unconfined);
        await engine.Client.ExecuteAsync("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n");

        foreach (
            var path in new[]
            {
                secret,
                Path.Combine(scratch.Folder, "endpoint"), // with the passwords
                "/etc/passwd",
                "/proc/self/environ",
                "/proc/self/mem",
                $"/proc/self/task/{engine.Endpoint.Pid}/environ",
                $"/proc/{Environment.ProcessId}/environ",
                $"/proc/{Environment.ProcessId}/cmdline",
            }
        )
        {
            Assert.Contains(Refused, await FailureAsync($"SELECT file('{path}')"), StringComparison.Ordinal);
            Assert.NotEqual("", await FailureAsync($"SELECT * FROM file('{path}', 'LineAsString')"));
        }
        Assert.Empty(Directory.GetFiles(Path.Combine(scratch.Folder, "conf")));
        var written = Path.Combine(elsewhere.Folder, "written");
        await FailureAsync(string.Format(null, "SELECT 42" + HiddenOutfile, written));
        await FailureAsync(string.Format(null, "SHOW TABLES" + HiddenOutfile, secret));
        Assert.NotEqual("", await FailureAsync($"INSERT INTO FUNCTION file('{written}', 'CSV', 'n UInt32') SELECT 1"));
        Assert.NotEqual("", await FailureAsync($"BACKUP TABLE t TO File('{written}')"));
        Assert.Equal(["keys.json"], Directory.GetFileSystemEntries(elsewhere.Folder).Select(Path.GetFileName));
        Assert.Equal("a secret\n", await File.ReadAllTextAsync(secret));

        async Task<string> FailureAsync(string sql)
        {
            try
            {
                await engine.Client.ExecuteAsync(sql);
                return "";
            }
            catch (ClickHouseException e)
            {
                return e.Message;
            }
        }
    }

    [Fact]
    public async Task It_cannot_open_connections()
    {
        Assert.SkipWhen(Landlock.Version < 4, "this kernel's Landlock knows no network");
        using var scratch = new Scratch();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/x.csv";
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder });
        foreach (
            var sql in new[]
            {
                $"SELECT * FROM url('{url}', 'LineAsString') SETTINGS http_max_tries = 1",
                $"DESCRIBE TABLE url('{url}') SETTINGS http_max_tries = 1",
            }
        )
            Assert.Contains(
                "I/O error",
                (await Assert.ThrowsAsync<ClickHouseException>(() => engine.Client.ExecuteAsync(sql))).Message,
                StringComparison.Ordinal
            );
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Configured_folders_can_be_used()
    {
        using var scratch = new Scratch();
        using var imports = new Scratch();
        using var backups = new Scratch();
        await File.WriteAllTextAsync(Path.Combine(imports.Folder, "rows.csv"), "1\n2\n");
        await using var engine = await EmbeddedEngine.StartAsync(
            new()
            {
                Folder = scratch.Folder,
                ReadFolders = [imports.Folder],
                WriteFolders = [backups.Folder],
            }
        );
        await engine.Client.ExecuteAsync("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n");
        await engine.Client.ExecuteAsync(
            $"INSERT INTO t SELECT * FROM file('{imports.Folder}/rows.csv', 'CSV', 'n UInt32')"
        );
        await engine.Client.ExecuteAsync($"INSERT INTO FUNCTION file('{backups.Folder}/t.csv', 'CSV') SELECT * FROM t");
        Assert.Equal("1\n2\n", await File.ReadAllTextAsync(Path.Combine(backups.Folder, "t.csv")));
        if (Landlock.Version >= 2)
            await Assert.ThrowsAsync<ClickHouseException>(() =>
                engine.Client.ExecuteAsync(
                    $"INSERT INTO FUNCTION file('{imports.Folder}/t.csv', 'CSV') SELECT * FROM t"
                )
            );
    }

    [Fact]
    public async Task A_confined_engine_supports_every_operation_of_a_store()
    {
        using var scratch = new Scratch();
        await using (var engine = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder }))
        {
            foreach (
                var sql in new[]
                {
                    "CREATE DATABASE a",
                    "CREATE TABLE a.t (n UInt32, at DateTime('Europe/Berlin')) ENGINE = MergeTree ORDER BY n "
                        + "PARTITION BY n % 3",
                    "CREATE TABLE a.s (k UInt32, c AggregateFunction(uniq, UInt32)) ENGINE = AggregatingMergeTree "
                        + "ORDER BY k",
                    "CREATE MATERIALIZED VIEW a.v TO a.s AS SELECT n % 3 AS k, uniqState(n) AS c FROM a.t GROUP BY k",
                    "INSERT INTO a.t SELECT number, toDateTime(number, 'UTC') FROM numbers(200000)",
                    "OPTIMIZE TABLE a.t FINAL",
                    "ALTER TABLE a.t DETACH PARTITION 1",
                    "ALTER TABLE a.t ATTACH PARTITION 1",
                    "CREATE TABLE a.u AS a.t",
                    "ALTER TABLE a.u ATTACH PARTITION 2 FROM a.t",
                    "ALTER TABLE a.t UPDATE at = at + 1 WHERE n < 10 SETTINGS mutations_sync = 2",
                    "RENAME TABLE a.u TO a.w",
                    "EXCHANGE TABLES a.t AND a.w",
                    "EXCHANGE TABLES a.t AND a.w",
                    "TRUNCATE TABLE a.w",
                    "DROP TABLE a.w SYNC",
                    "SELECT n FROM a.t GROUP BY n FORMAT Null SETTINGS max_bytes_before_external_group_by = 1, "
                        + "max_bytes_ratio_before_external_group_by = 0",
                }
            )
                await engine.Client.ExecuteAsync(sql);
        }
        await using var again = await EmbeddedEngine.StartAsync(new() { Folder = scratch.Folder });
        Assert.Equal(
            (200_000UL, 200_000UL),
            await again.Client.SingleAsync(
                "SELECT count(), (SELECT uniqExactMerge(x) FROM (SELECT uniqExactState(n) AS x FROM a.t))::UInt64 "
                    + "FROM a.t",
                row => (row.UInt64(), row.UInt64())
            )
        );
        Assert.Equal(
            3UL,
            await again.Client.SingleAsync(
                "SELECT count() FROM (SELECT k, uniqMerge(c) FROM a.s GROUP BY k)",
                row => row.UInt64()
            )
        );
    }

    [Fact]
    public async Task Its_environment_has_no_secrets()
    {
        using var scratch = new Scratch();
        var (command, first) = HostProgram.Find(null);
        var start = new ProcessStartInfo(
            command,
            [.. first, "--path", scratch.Folder, "--port", "0", "--password-stdin"]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["REMORA_CLICKHOUSE_PORT_PASSWORD"] = "hunter2-port",
                ["HOOK_SECRET"] = "hunter2-hook",
                ["REMORA_FRED_API_KEY"] = "hunter2-key",
                ["TZ"] = "Europe/Berlin",
            },
        };
        using var host = Process.Start(start)!;
        await host.StandardInput.WriteLineAsync("hunter2-line");
        await host.StandardInput.FlushAsync();
        Assert.NotNull(await host.StandardOutput.ReadLineAsync());
        foreach (var file in new[] { "environ", "cmdline" })
            Assert.DoesNotContain(
                "hunter2",
                await File.ReadAllTextAsync($"/proc/{host.Id}/{file}"),
                StringComparison.Ordinal
            );
        Assert.Contains(
            "TZ=Europe/Berlin",
            await File.ReadAllTextAsync($"/proc/{host.Id}/environ"),
            StringComparison.Ordinal
        );
        host.StandardInput.Close();
        await host.WaitForExitAsync();
        Assert.Equal(0, host.ExitCode);
    }

    [Fact]
    public async Task Without_Landlock_health_reports_it()
    {
        using var scratch = new Scratch();
        // Landlock_create_ruleset fails with ENOSYS
        var program = await FilteredAsync(scratch, "(0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | 38)");
        await using var engine = await EmbeddedEngine.StartAsync(
            new() { Folder = Path.Combine(scratch.Folder, "data"), HostProgram = program }
        );
        Assert.Contains(
            "not confined, because this kernel has no Landlock",
            engine.Health.Unconfined,
            StringComparison.Ordinal
        );
        Assert.Equal(1, await engine.Client.SingleAsync("SELECT 1", row => row.UInt8()));
    }

    [Fact]
    public async Task Without_a_pseudo_terminal_it_does_not_start_and_says_so_in_one_line()
    {
        using var scratch = new Scratch();
        var ioctl = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 29 : 16;
        // The second argument is TIOCSPTLCK: ENOTTY
        var program = await FilteredAsync(
            scratch,
            $"(0x15, 0, 3, {ioctl}), (0x20, 0, 0, 24), (0x15, 0, 1, 0x40045431), (0x06, 0, 0, 0x00050000 | 25)"
        );
        var error = await Assert.ThrowsAsync<EngineStartException>(() =>
            EmbeddedEngine.StartAsync(new() { Folder = Path.Combine(scratch.Folder, "data"), HostProgram = program })
        );
        Assert.Contains("there is no pseudo terminal", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    /// <summary>
    /// Writes a program that starts the host behind a filter of system calls (seccomp).
    /// </summary>
    /// <param name="scratch">Its folder.</param>
    /// <param name="steps">
    /// The steps of the filter after the number of the call is loaded. What they let pass is
    /// allowed.
    /// </param>
    private static async Task<string> FilteredAsync(Scratch scratch, string steps)
    {
        var program = Path.Combine(scratch.Folder, "host");
        var (command, first) = HostProgram.Find(null);
        var words = string.Join("\", \"", [command, .. first]);
        await File.WriteAllTextAsync(
            program,
            $$"""
            #!/usr/bin/env python3
            import ctypes, os, struct, sys
            steps = [(0x20, 0, 0, 0), {{steps}}, (0x06, 0, 0, 0x7fff0000)]
            program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
            filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program)))
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, filter, 0, 0): sys.exit("no seccomp: %d" % ctypes.get_errno())
            os.execvp("{{command}}", ["{{words}}"] + sys.argv[1:])
            """
        );
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return program;
    }
}
