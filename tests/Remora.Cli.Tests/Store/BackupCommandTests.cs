using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>
/// The commands <c>store backup</c> and <c>store restore</c>, as child processes that are killed at
/// chosen statements.
/// </summary>
[Trait("speed", "slow")]
public sealed class BackupCommandTests
{
    private static readonly string Candles =
        "timestamp,open,high,low,close,volume\n"
        + string.Concat(
            Enumerable
                .Range(0, 50)
                .Select(i =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{1_700_000_100_000L + (i * 300_000L)},{100 + i},{102 + i},{99 + i},{101 + i},5\n"
                    )
                )
        );

    [Fact]
    public async Task A_killed_restore_leaves_the_old_store_or_the_new_one_and_a_start_of_the_service_finishes_it()
    {
        await using var own = await OwnEngine.StartAsync();
        await own.RunAsync("history", "import", "--candles", "BTC/USDT=" + own.Write("candles.csv", Candles));
        await own.RunAsync("store", "backup", own.File("copy"));
        await own.RunAsync("history", "import", "--candles", "ETH/USDT=" + own.File("candles.csv"));

        await own.KillAtAsync(
            "INSERT INTO `restore_of_candles`",
            after: true,
            "store",
            "restore",
            own.File("copy"),
            "--replace"
        );
        Assert.Equal("100", await own.CandlesAsync());

        await own.KillAtAsync(
            "EXCHANGE TABLES `restore_of_candles`",
            after: true,
            "store",
            "restore",
            own.File("copy"),
            "--replace"
        );
        own.Lead("served/sandbox");
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--port", "0", "--pairs", "SOL/USDT", "--data", own.File("served")],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" }
        );
        await StoreTests.UntilAsync(
            await service.UrlAsync(),
            "/api/v1/store",
            store => store.GetProperty("ready").GetBoolean(),
            service
        );
        Assert.Equal("50", await own.CandlesAsync("WHERE pair IN ('BTC/USDT', 'ETH/USDT')"));
        Assert.Contains(
            "an interrupted restore, which had loaded everything, was completed",
            service.Errors,
            StringComparison.Ordinal
        );
        Assert.Empty(await own.LeftAsync());
    }

    [Fact]
    public async Task A_killed_backup_leaves_nothing_and_the_same_folder_can_be_used_again()
    {
        await using var own = await OwnEngine.StartAsync();
        await own.RunAsync("history", "import", "--candles", "BTC/USDT=" + own.Write("candles.csv", Candles));
        await own.KillAtAsync("FROM `backup_of_schema_steps`", after: true, "store", "backup", own.File("copy"));
        Assert.NotEmpty(await own.LeftAsync());
        Assert.True(File.Exists(own.File("copy/backup.incomplete")));
        var (exit, _, errors) = await RemoraProcess.RunAsync("store", "backup", own.File("copy"), "--verify");
        Assert.Equal(2, exit);
        Assert.Contains("has the files of an interrupted backup", errors, StringComparison.Ordinal);

        await own.RunAsync("store", "backup", own.File("copy"));
        Assert.Empty(await own.LeftAsync());
        Assert.False(File.Exists(own.File("copy/backup.incomplete")));
        (exit, _, errors) = await RemoraProcess.RunAsync("store", "backup", own.File("copy"), "--verify");
        Assert.True(exit == 0, errors);
        Assert.Contains("are unchanged since the backup at", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_contains_keys_calendar_policies_settings_and_optional_secrets()
    {
        await using var own = await OwnEngine.StartAsync();
        await own.RunAsync("history", "import", "--candles", "BTC/USDT=" + own.Write("candles.csv", Candles));
        await own.RunAsync("keys", "add", "bot");
        own.Write("data/calendar.csv", "time,announced,name\n");
        Directory.CreateDirectory(own.File("shelf"));
        own.Write("shelf/mine.json", """{ "name": "mine" }""");
        var config = own.Write(
            "remora.json",
            $$"""{ "policies": "{{own.File("shelf")}}", "webhooks": [{ "url": "https://example.org/", "secret_env": "HOOK_SECRET" }] }"""
        );
        var environment = new Dictionary<string, string>
        {
            ["HOOK_SECRET"] = "top secret",
            ["REMORA_FRED_API_KEY"] = "abcdefabcdefabcdefabcdefabcdefab",
            ["REMORA_CLICKHOUSE_PASSWORD"] = "",
        };

        var (exit, _, errors) = await RemoraProcess.RunAsync(
            environment,
            "store",
            "backup",
            own.File("copy"),
            "--data",
            own.Data,
            "--config",
            config
        );
        Assert.True(exit == 0, errors);
        string[] names = ["calendar.csv", "keys.json", "policies/mine.json", "settings.json"];
        Assert.Equal(names, FilesOf(own.File("copy/files")));
        (exit, _, errors) = await RemoraProcess.RunAsync(
            environment,
            "store",
            "backup",
            own.File("secret"),
            "--data",
            own.Data,
            "--config",
            config,
            "--with-secrets"
        );
        Assert.True(exit == 0, errors);
        Assert.Equal(
            "HOOK_SECRET=top secret\nREMORA_FRED_API_KEY=abcdefabcdefabcdefabcdefabcdefab\n",
            await File.ReadAllTextAsync(own.File("secret/files/secrets.env"))
        );
        if (!OperatingSystem.IsWindows())
            foreach (var file in Directory.EnumerateFiles(own.File("secret"), "*", SearchOption.AllDirectories))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        (exit, _, errors) = await RemoraProcess.RunAsync(
            "store",
            "restore",
            own.File("secret"),
            "--data",
            own.File("other"),
            "--settings",
            own.File("settings")
        );
        Assert.True(exit == 0, errors);
        Assert.Equal(
            await File.ReadAllTextAsync(own.File("data/keys.json")),
            await File.ReadAllTextAsync(own.File("other/keys.json"))
        );
        Assert.True(File.Exists(own.File("other/calendar.csv")));
        Assert.Equal(["policies/mine.json", "remora.json", "secrets.env"], FilesOf(own.File("settings")));
    }

    [Fact]
    public async Task A_drill_restores_the_newest_backup_elsewhere_and_leaves_no_trace()
    {
        await using var own = await OwnEngine.StartAsync();
        var candles = "BTC/USDT=" + own.Write("candles.csv", Candles);
        await own.RunAsync("history", "import", "--candles", candles);
        await own.RunAsync("history", "import", "--candles", candles); // rows that merges would drop
        Directory.CreateDirectory(own.File("scratch"));
        string[] drill = ["store", "drill", "--data", own.Data, "--scratch", own.File("scratch")];
        var (exit, _, errors) = await RemoraProcess.RunAsync(drill);
        Assert.Equal(2, exit);
        Assert.Contains("is not a backup and contains none", errors, StringComparison.Ordinal);

        await own.RunAsync("store", "backup", Path.Combine(own.Data, "backups", "20231120T000000Z"));
        var newest = Path.Combine(own.Data, "backups", "20231121T000000Z");
        await own.RunAsync("store", "backup", newest);
        (exit, var said, errors) = await RemoraProcess.RunAsync(drill);
        Assert.True(exit == 0, errors);
        Assert.Contains($"in '{newest}' can be restored: ", said, StringComparison.Ordinal);
        Assert.EndsWith(" rows are equal to what was backed up", said.TrimEnd(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(own.File("scratch")));
        Assert.Equal("50", await own.CandlesAsync("FINAL"));

        await File.AppendAllTextAsync(Directory.EnumerateFiles(newest, "candles-*").First(), "x");
        (exit, _, errors) = await RemoraProcess.RunAsync(drill);
        Assert.Equal(1, exit);
        Assert.Contains("cannot be restored", errors, StringComparison.Ordinal);
        Assert.Contains("the checksum is wrong", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(own.File("scratch")));
    }

    [Fact]
    public async Task An_invalid_backup_is_one_line_and_exit_code_2()
    {
        await using var own = await OwnEngine.StartAsync();
        await own.RunAsync("history", "import", "--candles", "BTC/USDT=" + own.Write("candles.csv", Candles));
        await own.RunAsync("store", "backup", own.File("copy"));
        var manifest = await File.ReadAllTextAsync(own.File("copy/manifest.json"));
        await File.WriteAllTextAsync(
            own.File("copy/manifest.json"),
            manifest.Replace("\"candles\"", "\"foo\"", StringComparison.Ordinal)
        );
        foreach (
            var arguments in (string[][])
                [
                    ["store", "restore", own.File("copy"), "--replace", "--data", own.Data],
                    ["store", "backup", own.File("copy"), "--verify"],
                ]
        )
        {
            var (exit, _, errors) = await RemoraProcess.RunAsync(arguments);
            Assert.Equal(2, exit);
            Assert.Contains(
                "manifest.json: its checksum is not the one in manifest.json.sha256",
                errors,
                StringComparison.Ordinal
            );
            Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        }
        File.Delete(
            own.File("copy/" + JsonElement.Parse(manifest).GetProperty("files")[0].GetProperty("name").GetString())
        );
        await File.WriteAllTextAsync(own.File("copy/manifest.json"), manifest);
        var (code, _, message) = await RemoraProcess.RunAsync("store", "backup", own.File("copy"), "--verify");
        Assert.Equal(2, code);
        Assert.Contains("the file is missing", message, StringComparison.Ordinal);
        Assert.Contains("1 of ", message, StringComparison.Ordinal);
    }

    private static List<string> FilesOf(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>
    /// An engine of the test's own, which outlives the commands that use it; each of those can be
    /// killed at a statement.
    /// </summary>
    private sealed class OwnEngine : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private EmbeddedEngine? _engine;
        private ClickHouseClient? _client;
        private int _taps;

        public string Data => _folder.File("data");

        public static async Task<OwnEngine> StartAsync()
        {
            var own = new OwnEngine();
            own._engine = await EmbeddedEngine.StartAsync(new() { Folder = Path.Combine(own.Data, "clickhouse") });
            own._client = new(new() { Engine = () => own._engine.Endpoint, Database = "remora" });
            return own;
        }

        public string File(string name) => _folder.File(name);

        public string Write(string name, string content) => _folder.Write(name, content);

        public async Task RunAsync(params string[] arguments)
        {
            var (exit, _, errors) = await RemoraProcess.RunAsync([.. arguments, "--data", Data]);
            Assert.True(exit == 0, errors);
        }

        public Task<string> CandlesAsync(string where = "") =>
            _client!.SingleAsync($"SELECT toString(count()) FROM candles {where}", row => row.String());

        public Task<List<string>> LeftAsync() =>
            _client!.ListAsync(
                "SELECT name FROM system.tables WHERE database = 'remora' AND (name = 'store_job' OR "
                    + "startsWith(name, 'backup_of_') OR startsWith(name, 'restore_of_'))",
                row => row.String()
            );

        /// <summary>
        /// Makes a data folder whose engine is this one, also through another port.
        /// </summary>
        public string Lead(string folder, int? port = null)
        {
            var endpoint = _engine!.Endpoint;
            Directory.CreateDirectory(Path.Combine(File(folder), "clickhouse"));
            Write(
                Path.Combine(folder, "clickhouse", "endpoint"),
                $$"""
                { "port": {{port ?? endpoint.Port}}, "pid": {{Environment.ProcessId}},
                  "password": "{{endpoint.Password}}", "reader_password": "{{endpoint.ReaderPassword}}" }
                """
            );
            return File(folder);
        }

        /// <summary>Runs a command that is killed (SIGKILL) at a statement.</summary>
        public async Task KillAtAsync(string statement, bool after, params string[] arguments)
        {
            await using var tap = new EngineTap(() => _engine!.Endpoint.Port);
            var data = Lead($"tapped-{++_taps}", tap.Port);
            using var started = new SemaphoreSlim(0);
            RemoraProcess? command = null;
            tap.CutAt(
                text => text.Contains(statement, StringComparison.Ordinal),
                after,
                () =>
                {
                    started.Wait();
                    command!.Kill();
                }
            );
            command = RemoraProcess.Start([.. arguments, "--data", data]);
            await using (command)
            {
                started.Release();
                await tap.Tripped.WaitAsync(TimeSpan.FromSeconds(120));
                Assert.NotEqual(0, await command.ExitAsync());
            }
            // The engine takes a moment to notice that the holder of the lock has gone.
            while (
                await _client!.SingleAsync(
                    "SELECT count() FROM system.processes WHERE position(query, 'store-lock-') > 0 AND "
                        + "position(query, 'sleepEachRow') > 0 AND position(query, 'processes') = 0",
                    row => row.UInt64()
                ) > 0
            )
                await Task.Delay(50);
        }

        public async ValueTask DisposeAsync()
        {
            _client?.Dispose();
            if (_engine is not null)
                await _engine.DisposeAsync();
            _folder.Dispose();
        }
    }
}
