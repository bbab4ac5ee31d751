using System.Text.Json;
using System.Text.Json.Nodes;

namespace Remora.Cli.Tests.Native;

/// <summary>The native executable answers as the ordinary build does.</summary>
[Trait("speed", "slow")]
public sealed class NativeProgramTests(NativeProgram program) : IDisposable
{
    private static readonly string[] Sandbox = ["serve", "--sandbox", "--port", "0", "--pairs", "BTC/USDT,ETH/USDT"];
    private const string Risk = "/api/v1/risk?pair=BTC/USDT";
    private static readonly string[] Paths =
    [
        Risk,
        "/api/v1/risk",
        "/api/v1/risk/batch?pairs=BTC/USDT,XRP/USDT",
        "/api/v1/risk?pair=XRP/USDT",
        "/api/v1/regime?pair=BTC/USDT",
        "/api/v1/volatility?pair=BTC/USDT",
        "/api/v1/history?pair=BTC/USDT",
        "/api/v1/status",
        "/api/v1/sources",
        "/api/v1/pairs",
        "/api/v1/news",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Has_the_same_version_and_help()
    {
        // The part after + is the commit; the executable can be older than one that leaves the
        // sources alone.
        Assert.Equal((await OrdinaryAsync("--version")).Split('+')[0], (await NativeAsync("--version")).Split('+')[0]);
        foreach (
            var help in (string[][])
                [
                    ["--help"],
                    ["serve", "--help"],
                    ["backtest", "--help"],
                    ["store", "--help"],
                ]
        )
            Assert.Equal(await OrdinaryAsync(help), await NativeAsync(help));
    }

    [Fact]
    public async Task Backtests_and_judges_to_the_same_figures()
    {
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(90)));
        string[] backtest = ["backtest", "--strategy", "NFIQuickstart", "--candles", candles, "--gate", "remora-1"];
        Assert.Equal(await OrdinaryAsync(backtest), await NativeAsync(backtest));
        Assert.Equal(await OrdinaryAsync([.. backtest, "--json"]), await NativeAsync([.. backtest, "--json"]));

        var trades = _folder.File("trades.csv");
        await NativeAsync([.. backtest, "--trades", trades]);
        string[] judge = ["judge", trades, "--candles", $"BTC/USDT={candles}", "--json"];
        Assert.Equal(await OrdinaryAsync(judge), await NativeAsync(judge));
    }

    [Theory, InlineData(".csv"), InlineData(".jsonl")]
    public async Task Replays_to_the_same_file(string ending)
    {
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(10)));
        var policy = _folder.Write(
            "own.json",
            """{ "name": "own", "decision": { "blocking_score": 0.6 }, "weights": { "regime": 0.2, "volatility": 0.45 } }"""
        );
        string[] replay = ["replay", candles, "--pair", "BTC/USDT", "--policy", policy, "--to"];
        await OrdinaryAsync([.. replay, _folder.File("ordinary" + ending)]);
        await NativeAsync([.. replay, _folder.File("native" + ending)]);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("ordinary" + ending)),
            await File.ReadAllBytesAsync(_folder.File("native" + ending))
        );
    }

    [Fact]
    public async Task Serves_a_sandbox_and_asks_it()
    {
        await using var native = RemoraProcess.Start(Sandbox, program: [await program.PathAsync()]);
        await using var ordinary = RemoraProcess.Start(Sandbox, program: RemoraProcess.Ordinary);
        var (url, other) = (await native.UrlAsync(), await ordinary.UrlAsync());
        await StoreTests.UntilAsync(url, Risk, HasCandle, native);
        await StoreTests.UntilAsync(other, Risk, HasCandle, ordinary);

        using var http = new HttpClient();
        foreach (var path in new[] { "/openapi/v1.json", "/api/v1/policies", "/" })
            Assert.Equal(await http.GetStringAsync(other + path), await http.GetStringAsync(url + path));
        foreach (var path in Paths)
            Assert.Equal(await ShapeAsync(http, other + path), await ShapeAsync(http, url + path));

        Assert.Equal(
            Kinds(await http.GetStringAsync(other + "/metrics")),
            Kinds(await http.GetStringAsync(url + "/metrics"))
        );

        // A candle may close between the two.
        await ServeCommandTests.EventuallyAsync(
            async () => Ageless(await AskAsync(OrdinaryAsync, url)) == Ageless(await AskAsync(NativeAsync, url)),
            () => "ask prints the same"
        );
    }

    [Fact]
    public async Task Starts_the_engine_of_the_store_beside_it()
    {
        var environment = new Dictionary<string, string> { ["REMORA_STORE"] = "true" };
        await using var service = RemoraProcess.Start(
            [.. Sandbox, "--data", _folder.File("data")],
            environment,
            program: [await program.PathAsync()]
        );
        var store = await StoreTests.UntilAsync(
            await service.UrlAsync(),
            "/api/v1/store",
            health => health.GetProperty("ready").GetBoolean(),
            service
        );
        Assert.Equal("running", store.GetProperty("engine").GetProperty("state").GetString());
    }

    private static bool HasCandle(JsonElement risk) => risk.GetProperty("as_of").ValueKind == JsonValueKind.String;

    private static IEnumerable<string> Kinds(string metrics) =>
        metrics.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal));

    private static Task<string> AskAsync(Func<string[], Task<string>> run, string url) =>
        run(["ask", "BTC/USDT", "--url", url, "--json"]);

    private static string Ageless(string answer)
    {
        var json = JsonNode.Parse(answer)!.AsObject();
        foreach (var name in new[] { "age_seconds", "assessed_at" })
            json.Remove(name);
        return json.ToJsonString();
    }

    /// <summary>Returns the status and the members of an answer without their values.</summary>
    private static async Task<string> ShapeAsync(HttpClient http, string url)
    {
        using var answer = await http.GetAsync(url);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var members = json.RootElement.EnumerateObject().Select(member => member.Name);
        return $"{url.Split("/api")[1]} {answer.StatusCode} {string.Join(',', members)}";
    }

    private async Task<string> NativeAsync(params string[] arguments) =>
        Checked(arguments, await RemoraProcess.RunAsync([await program.PathAsync()], arguments));

    private static async Task<string> OrdinaryAsync(params string[] arguments) =>
        Checked(arguments, await RemoraProcess.RunAsync(RemoraProcess.Ordinary, arguments));

    private static string Checked(string[] arguments, (int ExitCode, string Output, string Errors) run)
    {
        // A market that is not safe, or not known yet, is an answer of ask.
        Assert.True(run.ExitCode == 0 || (arguments[0] == "ask" && run.ExitCode is 1 or 4), run.Errors);
        return run.Output;
    }
}
