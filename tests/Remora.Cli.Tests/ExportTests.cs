using System.Text.Json;
using Remora.Cli.Tests.Store;
using Remora.Markets;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests <c>remora history export</c> from a store, a sandbox's store and a running service, with
/// files that are imported again.
/// </summary>
[Trait("speed", "slow")]
public sealed class ExportTests : IDisposable
{
    private const string Newest = "history?interval=each&limit=3&from=-1d";
    private static readonly string[] Export = ["history", "export"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Exported_candles_of_every_format_replay_equally()
    {
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(3)));
        await using var store = await StoreHost.StartAsync();
        await RunAsync("history", "import", "--candles", $"BTC/USDT={candles}", "--data", store.Data);
        string[] backtest = ["backtest", "--strategy", "MACDCross", "--gate", "remora-1", "--json", "--candles"];
        var (replayed, tested) = (await ReplayAsync(candles), await RunAsync([.. backtest, candles]));
        foreach (var ending in new[] { "csv", "csv.gz", "parquet", "feather", "arrow" })
        {
            var file = _folder.File("exported." + ending);
            await RunAsync([.. Export, "--pair", "BTC/USDT", "--what", "candles", "--to", file, "--data", store.Data]);
            Assert.Equal(replayed, await ReplayAsync(file));
            Assert.Equal(tested, await RunAsync([.. backtest, file]));
        }
        var csv = await File.ReadAllTextAsync(_folder.File("exported.csv"));
        Assert.StartsWith("\"opened\",\"open\"", csv, StringComparison.Ordinal);

        // Without stored rows, the exit code is 1 and there is no file.
        foreach (
            var options in new string[][]
            {
                ["--pair", "ETH/USDT", "--what", "candles"],
                ["--pair", "BTC/USDT", "--what", "candles", "--until", "2020-01-01"],
                ["--pair", "BTC/USDT", "--what", "history"],
                ["--pair", "BTC/USDT", "--interval", "each"],
            }
        )
        {
            var (exit, output, errors) = await RemoraProcess.RunAsync([
                .. Export,
                .. options,
                "--to",
                _folder.File("none.csv"),
                "--data",
                store.Data,
            ]);
            Assert.Equal((1, ""), (exit, output));
            Assert.Contains("nothing to export: no ", errors, StringComparison.Ordinal);
            Assert.Contains(options[1], errors, StringComparison.Ordinal);
            Assert.False(File.Exists(_folder.File("none.csv")));
        }
    }

    [Fact]
    public async Task A_folder_without_a_store_is_named_and_not_changed()
    {
        var data = _folder.File("typo");
        string[] export = [.. Export, "--pair", "BTC/USDT", "--to", _folder.File("x.csv")];
        foreach (var command in new string[][] { export, ["store", "status"] })
        {
            var (exit, _, errors) = await RemoraProcess.RunAsync([.. command, "--data", data]);
            Assert.Equal(3, exit);
            Assert.Contains($"{data} contains no store", errors, StringComparison.Ordinal);
            Assert.False(Directory.Exists(data));
        }
    }

    [Fact]
    public async Task The_store_of_a_sandbox_is_found_and_a_service_receives_its_key()
    {
        var data = _folder.File("data");
        var (_, key, _) = await RemoraProcess.RunAsync("keys", "add", "export", "--data", data);
        var environment = new Dictionary<string, string> { ["REMORA_API_KEY"] = key.Trim() };
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "300",
            "--start",
            "2025-02-03T12:00:00Z",
        ]);
        string[] serve = ["serve", "--sandbox", await sandbox.UrlAsync(), "--port", "0", "--pairs", "BTC/USDT"];
        await using var service = RemoraProcess.Start(
            [.. serve, "--data", data, "--require-keys", "true"],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" }
        );
        var url = await service.UrlAsync();
        using var http = new HttpClient { BaseAddress = new(url) };
        http.DefaultRequestHeaders.Add("Authorization", "Bearer " + key.Trim());
        await ServeCommandTests.EventuallyAsync(
            async () =>
                (await RowsAsync(http, "candles?limit=1&from=-1d")).Count == 1
                && (await RowsAsync(http, Newest)).Count == 3,
            () => service.Errors
        );

        foreach (
            var (what, side, ending) in new[]
            {
                ("candles", "", "csv"),
                ("candles", "", "parquet"),
                ("history", "", "csv"),
                ("history", "long", "csv"),
                ("history", "short", "csv"),
            }
        )
        {
            string[] options = ["--what", what, "--interval", "each", "--until", "2025-02-03T12:00:00Z"];
            if (what == "history")
                options[^1] = (await RowsAsync(http, Newest))[^1].GetProperty("time").GetString()!;
            if (side.Length > 0)
                options = [.. options, "--side", side];
            var (local, remote) = (
                _folder.File($"local-{what}{side}.{ending}"),
                _folder.File($"remote-{what}{side}.{ending}")
            );
            string[] export = [.. Export, "--pair", "BTC/USDT", .. options, "--to"];
            await RunAsync([.. export, local, "--data", data]);
            var (exit, _, errors) = await RemoraProcess.RunAsync(environment, [.. export, remote, "--url", url]);
            Assert.True(exit == 0, errors);
            if (ending == "csv")
                Assert.Equal(await File.ReadAllTextAsync(local), await File.ReadAllTextAsync(remote));
            else
                Assert.Equal(await ReplayAsync(local), await ReplayAsync(remote));
        }
        await ReplayAsync(_folder.File("remote-candles.csv"));

        // Long is the default; the short side has its own scores, those of /history.
        var (longSide, shortSide) = (
            await File.ReadAllLinesAsync(_folder.File("local-historylong.csv")),
            await File.ReadAllLinesAsync(_folder.File("local-historyshort.csv"))
        );
        Assert.Equal(longSide, await File.ReadAllLinesAsync(_folder.File("local-history.csv")));
        Assert.Equal(longSide[0], shortSide[0]);
        Assert.NotEqual(longSide, shortSide);
        var shortRows = (
            await http.GetStringAsync(
                "/api/v1/history?interval=each&from=2025-01-01&format=csv&side=short&pair=BTC/USDT"
            )
        ).Split('\n');
        Assert.All(shortSide, row => Assert.Contains(row, shortRows));

        const string past = "nothing to export: no candles of BTC/USDT from 2001-01-01";
        foreach (
            var (exitCode, complaint, variables, options) in new (int, string, Dictionary<string, string>, string[])[]
            {
                (1, past, environment, ["--pair", "BTC/USDT", "--from", "2001-01-01", "--until", "2002-01-01"]),
                (2, "ETH/USDT", environment, ["--pair", "ETH/USDT"]),
                (2, "REMORA_API_KEY", [], ["--pair", "BTC/USDT"]),
            }
        )
        {
            var (exit, _, errors) = await RemoraProcess.RunAsync(
                variables,
                [.. Export, "--what", "candles", .. options, "--to", _folder.File("none.csv"), "--url", url]
            );
            Assert.Equal((exitCode, true), (exit, errors.Contains(complaint, StringComparison.Ordinal)));
            Assert.DoesNotContain(key.Trim(), errors, StringComparison.Ordinal);
            Assert.False(File.Exists(_folder.File("none.csv")));
        }
    }

    [Theory]
    [InlineData("use either --url or", "--url", "http://127.0.0.1:1", "--data", "x")]
    [InlineData("require --url", "--key-file", "x")]
    [InlineData("candles have no side", "--what", "candles", "--side", "short")]
    public async Task Service_and_store_options_are_exclusive(string complaint, params string[] options)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync([
            .. Export,
            "--pair",
            "BTC/USDT",
            "--to",
            "x.csv",
            .. options,
        ]);
        Assert.Equal(2, exit);
        Assert.Contains(complaint, errors, StringComparison.Ordinal);
    }

    private static async Task<List<JsonElement>> RowsAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync($"/api/v1/{path}&pair=BTC/USDT");
        if (!answer.IsSuccessStatusCode)
            return [];
        return [.. JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("rows").EnumerateArray()];
    }

    private async Task<string> ReplayAsync(string candles)
    {
        var to = _folder.File("replayed.csv");
        await RunAsync("replay", candles, "--pair", "BTC/USDT", "--to", to);
        return await File.ReadAllTextAsync(to);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(arguments);
        Assert.True(exit == 0, errors);
        return output;
    }
}
