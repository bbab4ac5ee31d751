using System.Net;
using System.Net.Sockets;
using Remora.ClickHouse;

namespace Remora.Cli.Tests.Store;

[Trait("speed", "slow")]
public sealed class SqlCommandTests
{
    // For a shell
    private static readonly string Program = $"'{string.Join("' '", RemoraProcess.Tested)}'";

    [Fact]
    public async Task An_empty_folder_opens_and_supports_queries()
    {
        using var folder = new TemporaryFolder();
        var (exit, output, errors) = await RemoraProcess.RunAsync("sql", "SELECT", "1", "--data", folder.File("data"));
        Assert.True(exit == 0, errors);
        Assert.Equal("1\n", output);
    }

    [Fact]
    public async Task Supports_every_format_and_treats_parameters_as_data()
    {
        await using var store = await StoreHost.StartAsync();
        await store.RunAsync("CREATE TABLE t (n UInt32, name String) ENGINE = MergeTree ORDER BY n");
        await store.RunAsync("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
        var hostile = "'; DROP TABLE t; --";
        var (_, output, _) = await RemoraProcess.RunAsync(
            "sql",
            "SELECT n, {who:String} AS who FROM t WHERE n > {least:UInt32}",
            "--param",
            "least=1",
            "--param",
            "who=" + hostile,
            "--format",
            "JSONEachRow",
            "--data",
            store.Data
        );
        Assert.Equal("{\"n\":2,\"who\":\"" + hostile + "\"}\n", output);
        (_, output, _) = await RemoraProcess.RunAsync(
            store.Environment,
            "sql",
            "SELECT name FROM t ORDER BY n",
            "--clickhouse",
            store.Url
        );
        Assert.Equal("one\ntwo\n", output);
        (_, output, _) = await RemoraProcess.RunAsync(
            store.Environment,
            "sql",
            "SELECT count() FROM numbers(1000000) FORMAT CSV",
            "--clickhouse",
            store.Url,
            "--database",
            "default"
        );
        Assert.Equal("1000000\n", output);
    }

    [Fact]
    public async Task Two_processes_can_append_to_one_file()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("asks a shell");
        await using var store = await StoreHost.StartAsync();
        using var folder = new TemporaryFolder();
        var ask = $"{Program} sql --clickhouse {store.Url}";
        await ShellAsync(
            store,
            $"{{ echo first; {ask} 'SELECT 1'; {ask} 'SELECT 2'; echo last; }} > '{folder.File("out")}'"
        );
        Assert.Equal("first\n1\n2\nlast\n", await File.ReadAllTextAsync(folder.File("out")));
    }

    [Fact]
    public async Task Stored_text_controls_no_terminal_and_reaches_files_and_pipes_unchanged()
    {
        if (!File.Exists("/usr/bin/script"))
            Assert.Skip("needs 'script' (util-linux) for a terminal");
        await using var store = await StoreHost.StartAsync();
        await store.RunAsync("CREATE TABLE t (name String) ENGINE = MergeTree ORDER BY name");
        await store.RunAsync(@"INSERT INTO t VALUES ('evil\x1b]0;pwn\x07\x1b[31m\xff\rü')");
        using var folder = new TemporaryFolder();
        var ask = $"{Program} sql --clickhouse {store.Url} 'SELECT name FROM t'";
        foreach (var format in new[] { "", " -f RawBLOB", " -f TSVRaw", " -f Pretty" })
        {
            using var terminal = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("/usr/bin/script", ["-qec", ask + format, folder.File("seen")])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardInput = true,
                    Environment =
                    {
                        ["TERM"] = "dumb",
                        [StoreLocation.PasswordVariable] = store.Environment[StoreLocation.PasswordVariable],
                    },
                }
            )!;
            await terminal.StandardOutput.ReadToEndAsync();
            await terminal.WaitForExitAsync();
            Assert.Equal(0, terminal.ExitCode);
            // Script adds a line before and after
            var seen = string.Join('\n', (await File.ReadAllLinesAsync(folder.File("seen")))[1..^1]);
            Assert.Contains(@"evil\u001b]0;pwn\u0007\u001b[31m", seen, StringComparison.Ordinal);
            Assert.Contains("ü", seen, StringComparison.Ordinal);
            Assert.DoesNotContain(seen, c => char.IsControl(c) && c != '\n');
        }
        var bytes = Convert.FromHexString("6576696C1B5D303B70776E071B5B33316DFF0DC3BC");
        await ShellAsync(
            store,
            $"{ask} -f RawBLOB > '{folder.File("file")}'; {ask} -f RawBLOB | cat > '{folder.File("pipe")}'"
        );
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File("file")));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File("pipe")));
    }

    [Fact]
    public async Task Every_write_is_rejected()
    {
        await using var store = await StoreHost.StartAsync();
        await store.RunAsync("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n");
        await store.RunAsync("INSERT INTO t VALUES (7)");
        foreach (
            var sql in new[]
            {
                "INSERT INTO t VALUES (8)",
                "DROP TABLE t",
                "SET readonly = 0",
                "SELECT 1 SETTINGS readonly = 0",
                "INSERT INTO FUNCTION file('x.csv', 'CSV', 'n UInt32') SELECT 1",
                "ALTER TABLE t DELETE WHERE 1",
            }
        )
        {
            var (exit, output, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", store.Data);
            Assert.Equal((2, ""), (exit, output));
            Assert.Matches(@"\((ACCESS_DENIED|READONLY)\)", errors);
            Assert.Contains("is read-only", errors);
        }
        var (two, _, both) = await RemoraProcess.RunAsync("sql", "SELECT 1; DROP TABLE t", "--data", store.Data);
        Assert.Equal(2, two);
        Assert.Contains("Multi-statements are not allowed", both);
        Assert.Equal("7\n", await store.RunAsync("SELECT n FROM t"));
    }

    [Theory]
    [InlineData("SELECT 42 /* /* */ ' */ INTO OUTFILE '{0}' /* /* /* */ ' */ x FORMAT TSV -- */")]
    [InlineData("SHOW TABLES /* /* */ ' */ INTO OUTFILE '{0}' -- '")]
    [InlineData("SELECT file('/etc/passwd')")]
    [InlineData("SELECT replaceAll(file('/proc/self/environ'), '\\0', ' ')")]
    [InlineData("DESCRIBE TABLE url('http://127.0.0.1:{1}/x.csv')")]
    [InlineData("SELECT * FROM url('http://127.0.0.1:{1}/x.csv', 'LineAsString')")]
    [InlineData("KILL QUERY WHERE 1 ASYNC")]
    [InlineData("SELECT * FROM system.users")]
    public async Task It_cannot_write_files_open_connections_or_stop_queries(string attack)
    {
        using var folder = new TemporaryFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sql = string.Format(null, attack, folder.File("written"), ((IPEndPoint)listener.LocalEndpoint).Port);
        var (exit, output, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", folder.File("data"));
        Assert.Equal((2, ""), (exit, output));
        Assert.Matches(@"\([A-Z_]{2,}\)", errors);
        Assert.False(File.Exists(folder.File("written")));
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("SELECT * FROM nothing", 2, "SHOW TABLES")]
    [InlineData("SELECT {a:String}", 2, "--param")]
    [InlineData("SELECT 1 FORMAT Nonsense", 2, "Nonsense")]
    [InlineData(" ", 2, "no statement given")]
    public async Task Errors_are_one_line(string sql, int code, string expected)
    {
        using var folder = new TemporaryFolder();
        var (exit, _, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", folder.File("data"));
        Assert.Equal(code, exit);
        Assert.Contains(expected, errors);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_missing_store_is_named_with_advice()
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync("sql", "SELECT 1", "--clickhouse", "http://127.0.0.1:1");
        Assert.Equal(3, exit);
        Assert.Contains("check that it is running", errors);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "sql",
            "SELECT 1",
            "--clickhouse",
            "http://me:secret@127.0.0.1:1"
        );
        Assert.Equal(2, exit);
        Assert.Contains("REMORA_CLICKHOUSE_PASSWORD", errors);
        Assert.DoesNotContain("secret", errors);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "sql",
            "SELECT 1",
            "--data",
            "x",
            "--clickhouse",
            "http://127.0.0.1:1"
        );
        Assert.Equal(2, exit);
        Assert.Contains("use either", errors);
    }

    [Fact]
    public async Task A_query_ends_in_the_engine_when_the_command_is_stopped()
    {
        await using var store = await StoreHost.StartAsync();
        await using var asking = RemoraProcess.Start(
            ["sql", "SELECT count() FROM system.numbers WHERE NOT ignore('a long one')", "--clickhouse", store.Url],
            store.Environment
        );
        const string running =
            "SELECT count() FROM system.processes WHERE position(query, concat('a long', ' one')) > 0";
        await BecomesAsync(store, running, "1\n");
        asking.Terminate();
        Assert.Equal(3, await asking.ExitAsync());
        Assert.Contains("cancelled", asking.Errors);
        await BecomesAsync(store, running, "0\n");
    }

    private static async Task ShellAsync(StoreHost store, string script)
    {
        var start = new System.Diagnostics.ProcessStartInfo("sh", ["-c", script]);
        foreach (var (name, value) in store.Environment)
            start.Environment[name] = value;
        using var shell = System.Diagnostics.Process.Start(start)!;
        await shell.WaitForExitAsync();
    }

    private static async Task BecomesAsync(StoreHost store, string sql, string expected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await store.RunAsync(sql) != expected)
            await Task.Delay(50, deadline.Token);
    }
}
