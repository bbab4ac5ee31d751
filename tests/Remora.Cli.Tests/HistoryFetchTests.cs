using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>
/// <c>remora history fetch</c> as a process, with a sandbox in place of exchanges and sources.
/// </summary>
[Trait("speed", "slow")]
public sealed class HistoryFetchTests : IDisposable
{
    private const string Candles = "candles/BTCUSDT-5m.csv.gz";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_fetch_continues_to_the_same_bytes()
    {
        await using var sandbox = Sandbox();
        var url = await sandbox.UrlAsync();
        string[] Fetch(string to) => FetchTo(_folder.File(to), url);
        var (exit, output, errors) = await RemoraProcess.RunAsync([.. Fetch("whole"), "--json"]);
        Assert.True(exit == 0, errors);
        using var report = JsonDocument.Parse(output);
        var file = Assert.Single(report.RootElement.GetProperty("files").EnumerateArray());
        Assert.Equal(
            ("fetched", 19 * 288, 0),
            (
                file.GetProperty("state").GetString(),
                file.GetProperty("entry").GetProperty("rows").GetInt32(),
                file.GetProperty("entry").GetProperty("missing").GetInt32()
            )
        );
        Assert.Contains("candles BTC/USDT 5m: 10", errors, StringComparison.Ordinal); // a plain line

        // The second page of candles never comes.
        using var http = new HttpClient();
        using var stall = new StringContent("""{"kind":"stalled_headers","path":"klines","share":0.4}""");
        using var accepted = await http.PostAsync($"{url}/sandbox/faults", stall);
        Assert.True(accepted.IsSuccessStatusCode);
        var part = Path.Combine(_folder.File("killed"), Candles + ".part");
        var killed = 0;
        for (var run = 0; run < 10 && !File.Exists(Path.Combine(_folder.File("killed"), Candles)); run++)
        {
            await using var fetch = RemoraProcess.Start(Fetch("killed"));
            while (!fetch.HasExited && await StalledAsync(http, url) <= killed)
                await Task.Delay(20);
            killed++;
            fetch.Kill();
            if (File.Exists(part) && new FileInfo(part).Length > 10_000)
                break;
        }
        Assert.True(File.Exists(part), "killed in the middle");
        await http.DeleteAsync($"{url}/sandbox/faults");
        (exit, output, errors) = await RemoraProcess.RunAsync(Fetch("killed"));
        Assert.True(exit == 0, errors);
        Assert.Matches($"^{Candles}: {19 * 288} rows", output);
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(_folder.File("whole"), Candles)),
            await File.ReadAllBytesAsync(Path.Combine(_folder.File("killed"), Candles))
        );
        Assert.False(File.Exists(part));
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_is_lost()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs ulimit");
        await using var sandbox = Sandbox();
        var fetch = FetchTo(_folder.File("data"), await sandbox.UrlAsync());
        // At most 128 KiB in a file, in blocks of 512 bytes.
        await using (
            var limited = RemoraProcess.Start(
                fetch,
                new Dictionary<string, string> { ["DOTNET_EnableWriteXorExecute"] = "0" }, // maps a large file
                before: "trap '' XFSZ; ulimit -f 256"
            )
        )
        {
            Assert.Equal(2, await limited.ExitAsync());
            Assert.Contains(Candles + ".part", limited.Errors, StringComparison.Ordinal);
            Assert.Contains("the same command continues", limited.Errors, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(Path.Combine(_folder.File("data"), Candles)));
        var (exit, output, errors) = await RemoraProcess.RunAsync(fetch);
        Assert.True(exit == 0, errors);
        Assert.Matches($"^{Candles}: {19 * 288} rows", output);
    }

    /// <summary>
    /// The sequence of the documentation: the study names the command, the command fetches, the
    /// study runs.
    /// </summary>
    [Fact]
    public async Task A_study_without_data_names_the_command_after_which_it_runs()
    {
        await using var sandbox = Sandbox("--history-days", "260");
        var url = await sandbox.UrlAsync();
        var study = _folder.Write(
            "study.json",
            """
            {
              "name": "fetched",
              "markets": [ { "pair": "BTC/USDT", "candles": "candles/BTCUSDT-1h.csv.gz" } ],
              "outside": [
                { "file": "outside/fear-greed-daily.csv.gz", "kind": "fear_greed_daily" },
                { "file": "outside/vix-daily.csv.gz", "kind": "vix_daily" },
                { "file": "outside/dxy-daily.csv.gz", "kind": "dollar_index_daily" },
                { "file": "outside/btc-dominance-daily.csv.gz", "kind": "btc_dominance_daily" },
                { "file": "outside/btc-open-interest-daily.csv.gz", "kind": "open_interest_daily", "base": "BTC" },
                { "file": "outside/BTCUSDT-funding-8h.csv.gz", "kind": "funding8h", "base": "BTC" }
              ],
              "periods": [ { "name": "all", "from": "2025-02-01", "to": "2025-02-28" } ],
              "strategies": ["BuyAndHold"],
              "thresholds": [0.6], "shifts": 20, "walk_forward_shifts": 5, "walk_forward_windows": 2, "resamples": 20
            }
            """
        );
        string[] run = ["study", study, "--data", _folder.File("data"), "--results", _folder.File("results.md")];
        var (exit, output, errors) = await RemoraProcess.RunAsync(run);
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("candles/BTCUSDT-1h.csv.gz\n", errors, StringComparison.Ordinal);
        Assert.Contains(
            "btc-dominance-daily.csv.gz (not written by 'history fetch')",
            errors,
            StringComparison.Ordinal
        );
        Assert.Contains("--without-missing", errors, StringComparison.Ordinal);

        var command = errors.Split('\n').Single(line => line.Contains("history fetch --", StringComparison.Ordinal));
        Assert.StartsWith("  remora ", command, StringComparison.Ordinal);
        (exit, output, errors) = await RemoraProcess.RunAsync([.. command.Trim().Split(' ')[1..], "--sandbox", url]);
        Assert.True(exit == 0, errors);
        foreach (var file in (string[])["fear-greed", "vix", "dxy", "btc-open-interest"])
            Assert.Matches($"outside/{file}-daily.csv.gz: [0-9]+ rows", output);
        Assert.Contains("btc-dominance-daily.csv.gz: not available", output, StringComparison.Ordinal);

        (exit, _, errors) = await RemoraProcess.RunAsync(run);
        Assert.Equal(1, exit); // dominance
        Assert.DoesNotContain("history fetch --", errors, StringComparison.Ordinal);
        (exit, output, errors) = await RemoraProcess.RunAsync([.. run, "--without-missing"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("The gate", output, StringComparison.Ordinal);
        Assert.Contains("without outside/btc-dominance-daily.csv.gz", errors, StringComparison.Ordinal);
        Assert.Contains(
            "Without outside/btc-dominance-daily.csv.gz",
            await File.ReadAllTextAsync(_folder.File("results.md")),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--pairs 'BTCUSDT': expected a pair such as BTC/USDT", "--pairs", "BTCUSDT")]
    [InlineData("--timeframe '7m': expected one of 1m, 3m, 5m", "--timeframe", "5m,7m")]
    [InlineData("the span is empty", "--until", "2019-12-31")]
    [InlineData("no sandbox responds", "--sandbox", "http://127.0.0.1:1")]
    public async Task Invalid_use_names_the_problem(string expected, string option, string value)
    {
        var options = new Dictionary<string, string>
        {
            ["--pairs"] = "BTC/USDT",
            ["--from"] = "2020-01-01",
            ["--to"] = _folder.File("data"),
            [option] = value,
        };
        var (exit, output, errors) = await RemoraProcess.RunAsync([
            "history",
            "fetch",
            .. options.SelectMany(o => new[] { o.Key, o.Value }),
        ]);
        Assert.Equal((option == "--sandbox" ? 3 : 2, ""), (exit, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    private static string[] FetchTo(string folder, string sandbox) =>
        [
            .. "history fetch --pairs BTC/USDT --from 2025-02-10 --until 2025-03-01 --what candles".Split(' '),
            "--to",
            folder,
            "--sandbox",
            sandbox,
        ];

    private static RemoraProcess Sandbox(params string[] more) =>
        RemoraProcess.Start(["sandbox", "--port", "0", "--start", "2025-03-10T12:02:00Z", .. more]);

    private static async Task<int> StalledAsync(HttpClient http, string url)
    {
        using var state = JsonDocument.Parse(await http.GetStringAsync($"{url}/sandbox/state"));
        return state
            .RootElement.GetProperty("requests")
            .GetProperty("by_fault")
            .TryGetProperty("stalled_headers", out var count)
            ? count.GetInt32()
            : 0;
    }
}
