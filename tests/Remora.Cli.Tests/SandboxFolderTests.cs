using System.Globalization;
using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>Tests what a sandbox stores, and how it uses an existing folder.</summary>
[Trait("speed", "slow")]
public sealed class SandboxFolderTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Data => _folder.File("data");

    [Fact]
    public async Task The_same_sandbox_continues_where_it_stopped()
    {
        string last;
        await using (var first = Serve("--seed", "7", "--speed", "300", "--start", "2025-02-03T12:00:00Z"))
        {
            var url = await first.UrlAsync();
            await StoreTests.UntilAsync(
                url,
                "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
                answer => answer.GetProperty("rows").GetArrayLength() >= 3,
                first
            );
            first.Kill(); // no cleanup runs
            await first.ExitAsync();
        }
        last = await SqlAsync("SELECT max(assessed_at) FROM assessments");
        Assert.StartsWith("2025-02-0", last);

        await using var again = Serve(); // the folder contains the options of the world
        var here = await again.UrlAsync();
        var clock = (await StoreTests.GetAsync(here, "/api/v1/status")).GetProperty("clock");
        Assert.Equal(300, clock.GetProperty("speed").GetDouble());
        Assert.True(Time(clock.GetProperty("now")) > Time(last), $"{clock} begins before {last}");
        var store = await StoreTests.UntilAsync(
            here,
            "/api/v1/store",
            health => health.GetProperty("recorder").GetProperty("written_rows").TryGetProperty("assessments", out _),
            again
        );
        Assert.Empty(store.GetProperty("remarks").EnumerateArray());
        await StoreTests.UntilAsync(
            here,
            "/api/v1/assessment?pair=BTC/USDT",
            answer => Time(answer.GetProperty("assessed_at")) > Time(last),
            again
        );
        again.Terminate();
        Assert.Equal(0, await again.ExitAsync());
        Assert.Equal(
            "0",
            await SqlAsync(
                "SELECT count() FROM (SELECT 1 FROM candles FINAL WHERE timeframe = '5m' GROUP BY pair, opened "
                    + "HAVING count() > 1)"
            )
        );
        using var mark = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "sandbox", "sandbox.json")));
        Assert.Equal(
            (7, "2025-02-03T12:00:00Z", 300.0),
            (
                mark.RootElement.GetProperty("seed").GetInt64(),
                mark.RootElement.GetProperty("start").GetString(),
                mark.RootElement.GetProperty("speed").GetDouble()
            )
        );
        Assert.True(
            Time(mark.RootElement.GetProperty("until"))
                >= Time(await SqlAsync("SELECT max(assessed_at) FROM assessments"))
        );
    }

    [Theory]
    [InlineData("--seed", "8", "not to one with --seed 8")]
    [InlineData("--start", "2025-02-03T13:00:00Z", "not to one with --start 2025-02-03T13:00:00Z")]
    [InlineData("--speed", "60", "not to one with --speed 60")]
    public async Task Another_sandbox_is_rejected_with_advice(string option, string value, string complaint)
    {
        await MarkAsync();
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            WithStore,
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--data",
            Data,
            option,
            value
        );
        Assert.Equal(2, exit);
        Assert.Contains(
            $"{Path.Combine(Data, "sandbox")} belongs to a sandbox with --seed 7 --start 2025-02-03T12:00:00Z "
                + $"--speed 300, {complaint}: use the same options, choose another folder with --data, or delete "
                + $"{Path.Combine(Data, "sandbox")} to start over",
            errors
        );
    }

    [Fact]
    public async Task Another_recording_an_earlier_clock_and_an_unreadable_mark_are_rejected()
    {
        await MarkAsync();
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(40)));
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            WithStore,
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
            "--data",
            Data,
            "--replay",
            "BTC/USDT=" + candles
        );
        Assert.Equal(2, exit);
        Assert.Contains("another --replay", errors);

        await using (
            var sandbox = RemoraProcess.Start([
                "sandbox",
                "--port",
                "0",
                "--seed",
                "7",
                "--speed",
                "300",
                "--start",
                "2025-02-03T11:00:00Z",
            ])
        )
        {
            (exit, _, errors) = await RemoraProcess.RunAsync(
                WithStore,
                "serve",
                "--sandbox",
                await sandbox.UrlAsync(),
                "--port",
                "0",
                "--data",
                Data
            );
            Assert.Equal(2, exit);
            Assert.Contains(
                "contains data until 2025-02-03T15:00:00Z: start the sandbox with --start 2025-02-03T15:00:00Z or "
                    + "later",
                errors
            );
        }

        await File.WriteAllTextAsync(Path.Combine(Data, "sandbox", "sandbox.json"), "{\"seed\": 7");
        (exit, _, errors) = await RemoraProcess.RunAsync(
            WithStore,
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--data",
            Data
        );
        Assert.Equal(2, exit);
        Assert.Contains("sandbox.json cannot be read", errors);
    }

    [Fact]
    public async Task Without_a_data_folder_history_exists_only_while_it_runs()
    {
        var (temporary, home) = (
            Directory.CreateDirectory(_folder.File("tmp")).FullName,
            Directory.CreateDirectory(_folder.File("home")).FullName
        );
        var environment = new Dictionary<string, string>(WithStore)
        {
            ["TMPDIR"] = temporary,
            ["HOME"] = home,
            ["XDG_DATA_HOME"] = Path.Combine(home, "data"),
        };
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--speed", "300", "--port", "0", "--pairs", "BTC/USDT"],
            environment
        );
        await StoreTests.UntilAsync(
            await service.UrlAsync(),
            "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
            answer => answer.GetProperty("rows").GetArrayLength() >= 1,
            service
        );
        Assert.Contains("deleted when the service stops; use --data FOLDER to keep it", service.Errors);
        Assert.NotEmpty(Directory.GetDirectories(temporary, "remora-sandbox-*"));
        service.Terminate();
        Assert.Equal(0, await service.ExitAsync());
        Assert.Empty(Directory.GetDirectories(temporary, "remora-sandbox-*"));
        Assert.Empty(Directory.GetFileSystemEntries(home));
    }

    [Fact]
    public async Task Commands_find_the_store_of_a_sandbox_below_the_data_folder()
    {
        await using (var service = Serve("--speed", "300"))
        {
            await StoreTests.UntilAsync(
                await service.UrlAsync(),
                "/api/v1/history?pair=BTC/USDT&interval=1h&from=-1d",
                answer => answer.GetProperty("rows").GetArrayLength() >= 1,
                service
            );
            await StoreTests.UntilAsync(
                await service.UrlAsync(),
                "/api/v1/store",
                answer =>
                    answer.GetProperty("recorder").GetProperty("written_rows").TryGetProperty("candles", out var rows)
                    && rows.GetInt64() > 8000,
                service
            );
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }
        var csv = _folder.File("history.csv");
        foreach (
            var command in new string[][]
            {
                ["sql", "SELECT count() > 8000 FROM candles"],
                ["store", "status"],
                ["store", "backup", _folder.File("copy")],
                ["history", "export", "--pair", "BTC/USDT", "--to", csv],
            }
        )
        {
            var (exit, output, errors) = await RemoraProcess.RunAsync([.. command, "--data", Data]);
            Assert.True(exit == 0, errors);
            Assert.Contains($"using the sandbox's store in {Path.Combine(Data, "sandbox")}", errors);
            if (command[0] == "sql")
                Assert.Equal("1\n", output);
        }
        Assert.True((await File.ReadAllLinesAsync(csv)).Length > 1);
        Assert.False(Directory.Exists(Path.Combine(Data, "clickhouse")));

        var (_, report, _) = await RemoraProcess.RunAsync("doctor", "--data", Data);
        Assert.Contains("sandbox folder", report);

        // Real candles are refused.
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(1)));
        var (imported, _, complaint) = await RemoraProcess.RunAsync(
            "history",
            "import",
            "--candles",
            "BTC/USDT=" + candles,
            "--data",
            Data
        );
        Assert.True(imported == 0, complaint);
        Assert.True(Directory.Exists(Path.Combine(Data, "clickhouse")));
        var (_, rows, note) = await RemoraProcess.RunAsync("sql", "SELECT count() FROM candles", "--data", Data);
        Assert.Equal("288\n", rows);
        Assert.Contains($"for the sandbox's store use --data {Path.Combine(Data, "sandbox")}", note);
    }

    /// <summary>
    /// Simulates a clock that was ahead: the mark is deleted, and the world starts twelve hours
    /// earlier.
    /// </summary>
    [Fact]
    public async Task Rows_from_a_clock_ahead_neither_stop_recording_nor_count_as_current()
    {
        await using (var ahead = Serve("--speed", "300", "--start", "2025-02-03T12:00:00Z"))
        {
            await StoreTests.UntilAsync(
                await ahead.UrlAsync(),
                "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
                answer => answer.GetProperty("rows").GetArrayLength() >= 3,
                ahead
            );
            ahead.Terminate();
            Assert.Equal(0, await ahead.ExitAsync());
        }
        File.Delete(Path.Combine(Data, "sandbox", "sandbox.json"));

        await using var service = Serve("--speed", "60", "--start", "2025-02-03T00:00:00Z");
        var url = await service.UrlAsync();
        var health = await StoreTests.UntilAsync(
            url,
            "/api/v1/store",
            store =>
                store.GetProperty("remarks").GetArrayLength() > 0
                && store.GetProperty("recorder").GetProperty("written_rows").TryGetProperty("assessments", out var rows)
                && rows.GetInt64() > 0,
            service
        );
        var remark = Assert.Single(health.GetProperty("remarks").EnumerateArray()).GetString()!;
        Assert.Matches(
            "^rows are dated in the future and are excluded until then .*of candles up to .* of assessments up to",
            remark
        );
        Assert.Equal(1, service.LinesWith("rows are dated in the future"));

        // Journal batches of the first run also count as written. Waits for the first row of this
        // run.
        var now = Time(
            (
                await StoreTests.UntilAsync(
                    url,
                    "/api/v1/assessment?pair=BTC/USDT&at=2025-02-04T00:00:00Z",
                    _ => true,
                    service
                )
            ).GetProperty("assessed_at")
        );
        Assert.True(now < Time("2025-02-03T11:00:00Z"), $"the answer of {now} is served");
        foreach (
            var (path, time) in new[]
            {
                ("candles?pair=BTC/USDT&from=-2h", "open_time"),
                ("history?pair=BTC/USDT&interval=each&from=-2h", "time"),
                ("history?pair=BTC/USDT&interval=1m&from=-2h", "time"),
            }
        )
        {
            var rows = (await StoreTests.GetAsync(url, $"/api/v1/{path}&to=2026-01-01&limit=10000")).GetProperty(
                "rows"
            );
            Assert.NotEqual(0, rows.GetArrayLength());
            Assert.All(
                rows.EnumerateArray(),
                row => Assert.True(Time(row.GetProperty(time)) < Time("2025-02-03T11:00:00Z"), row.ToString())
            );
        }
    }

    private RemoraProcess Serve(params string[] options) =>
        RemoraProcess.Start(
            ["serve", "--sandbox", "--port", "0", "--pairs", "BTC/USDT", "--data", Data, .. options],
            WithStore
        );

    private async Task MarkAsync()
    {
        Directory.CreateDirectory(Path.Combine(Data, "sandbox"));
        await File.WriteAllTextAsync(
            Path.Combine(Data, "sandbox", "sandbox.json"),
            """{"seed":7,"start":"2025-02-03T12:00:00Z","speed":300,"recording":null,"until":"2025-02-03T15:00:00Z"}"""
        );
    }

    private async Task<string> SqlAsync(string sql)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("sql", sql, "--data", Data);
        Assert.True(exit == 0, errors);
        return output.Trim();
    }

    private static DateTimeOffset Time(JsonElement text) => Time(text.GetString()!);

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
