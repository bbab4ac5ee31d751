using System.Text.Json;
using Remora.Bots.Tests;

namespace Remora.Cli.Tests;

/// <summary>Pairs that are added to a running service, through the real CCXT.</summary>
[Trait("speed", "slow")]
public sealed class FollowCommandTests
{
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["FREQTRADE_PASSWORD"] = FreqtradeStandIn.Password,
    };

    [Fact]
    public async Task A_whitelist_is_followed_and_pairs_are_added_and_dropped_by_hand()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT", "M001/USDT", "M002/USDT:USDT", "NONE/USDT"];
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--more-pairs",
            "4",
            "--history-days",
            "40",
        ]);
        var world = await sandbox.UrlAsync();
        await using var service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                world,
                "--port",
                "0",
                "--pairs",
                "BTC/USDT",
                "--store",
                "false",
                "--sources",
                "false",
                "--follow",
                bot.Url.ToString(),
                "--user",
                FreqtradeStandIn.User,
            ],
            Environment
        );
        var url = await service.UrlAsync();
        using var http = new HttpClient { BaseAddress = new(url) };
        await AddedAsync(added =>
            Names(added, "pairs").SequenceEqual(["M001/USDT", "M002/USDT:USDT"])
            && Names(added, "refused").SequenceEqual(["NONE/USDT"])
        );
        await Eventually.TrueAsync(
            () => service.Errors.Contains("added M001/USDT, M002/USDT:USDT", StringComparison.Ordinal),
            () => service.Errors
        );

        Assert.Equal((0, "M003/USDT: tracked\nBTC/USDT: tracked\n"), await PairsAsync("add", "M003/USDT", "btc/usdt"));
        Assert.Equal(
            (1, "M004/USDT: tracked\nNONE/USDT: refused, not listed on binance\n"),
            await PairsAsync("add", "M004/USDT", "NONE/USDT")
        );
        Assert.Equal((1, ""), await PairsAsync("add", "NONE/USDT"));
        Assert.Equal((0, "dropped M003/USDT\n"), await PairsAsync("drop", "M003/USDT"));
        foreach (var kept in new[] { "M001/USDT", "BTC/USDT" })
            Assert.Equal((1, ""), await PairsAsync("drop", kept));
        await AddedAsync(added => Names(added, "pairs").SequenceEqual(["M001/USDT", "M002/USDT:USDT", "M004/USDT"]));

        await UntilAsync(
            "/api/v1/risk/batch?pairs=M001/USDT,M002/USDT:USDT,M004/USDT",
            batch =>
                batch
                    .GetProperty("assessments")
                    .EnumerateArray()
                    .All(risk => risk.GetProperty("risk_score").ValueKind == JsonValueKind.Number)
        );

        bot.OpenTrades =
        [
            FreqtradeStandIn.Trade(1, "BTC/USDT", 0.1, 50_000, stop: 1),
            FreqtradeStandIn.Trade(2, "M001/USDT", 10, 100, isShort: true, leverage: 2, liquidation: 1e9),
            FreqtradeStandIn.Trade(3, "NONE/USDT", 1, 1),
        ];
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            Environment,
            ["portfolio", "--freqtrade", bot.Url.ToString(), "--user", FreqtradeStandIn.User, "--url", url]
        );
        Assert.True(exit == 0, errors);
        Assert.StartsWith("These 2 positions ", output, StringComparison.Ordinal);
        Assert.Contains("not counted: NONE/USDT, not tracked", output, StringComparison.Ordinal);
        Assert.Contains("2020-03-12", output, StringComparison.Ordinal);
        (exit, output, errors) = await RemoraProcess.RunAsync(
            "portfolio",
            "BTC/USDT=1000",
            "M001/USDT=-500",
            "--wallet",
            "5000",
            "--candidate",
            "BTC/USDT=100",
            "--json",
            "--url",
            url
        );
        Assert.True(exit == 0, errors);
        var risk = JsonElement.Parse(output);
        Assert.Equal(
            risk.GetProperty("volatility").GetDouble(),
            risk.GetProperty("positions").EnumerateArray().Sum(each => each.GetProperty("share").GetDouble()),
            1e-12
        );
        await UntilAsync(
            "/api/v1/portfolio/books",
            books => books.GetProperty("books")[0].GetProperty("risk").ValueKind == JsonValueKind.Object
        );

        using var state = JsonDocument.Parse(await http.GetStringAsync(world + "/sandbox/state"));
        var rates = state.RootElement.GetProperty("requests").GetProperty("rates");
        foreach (var host in new[] { "api.binance.com", "fapi.binance.com" })
            Assert.True(rates.GetProperty(host).GetProperty("most_per_minute").GetInt32() > 0, rates.ToString());

        Task AddedAsync(Func<JsonElement, bool> holds) =>
            UntilAsync("/api/v1/status", status => holds(status.GetProperty("added")));

        async Task UntilAsync(string address, Func<JsonElement, bool> holds)
        {
            var last = "";
            for (var i = 0; i < 1800; i++)
            {
                last = await http.GetStringAsync(address);
                if (holds(JsonElement.Parse(last)))
                    return;
                await Task.Delay(100);
            }
            Assert.Fail(last + service.Errors);
        }

        async Task<(int, string)> PairsAsync(params IEnumerable<string> words)
        {
            var (exit, output, _) = await RemoraProcess.RunAsync(["pairs", .. words, "--url", url]);
            return (exit, output);
        }
    }

    [Theory]
    [InlineData("name the positions", "--wallet", "5")]
    [InlineData("--wallet is missing", "BTC/USDT=5")]
    [InlineData("PAIR=NOTIONAL", "BTC/USDT", "--wallet", "5")]
    [InlineData("PAIR=NOTIONAL", "BTC/USDT=0", "--wallet", "5")]
    [InlineData("PAIR=NOTIONAL", "BTC/USDT=NaN", "--wallet", "5")]
    [InlineData("--user", "--freqtrade", "http://127.0.0.1:1")]
    [InlineData("4h", "BTC/USDT=5", "--wallet", "5", "--horizon", "1h")]
    public async Task A_portfolio_needs_positions_and_a_wallet(string complaint, params string[] words)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync(["portfolio", .. words, "--url", "http://127.0.0.1:1"]);
        Assert.Equal(2, exit);
        Assert.Contains(complaint, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_followed_bot_needs_a_user_and_a_password()
    {
        foreach (
            var (words, variables, missing) in new[]
            {
                (Array.Empty<string>(), Environment, "--user"),
                (["--user", "u"], [], "FREQTRADE_PASSWORD"),
            }
        )
        {
            await using var process = RemoraProcess.Start(
                ["serve", "--sandbox", "--port", "0", "--follow", "http://127.0.0.1:1", .. words],
                variables
            );
            Assert.Equal(2, await process.ExitAsync());
            Assert.Contains(missing, process.Errors);
        }
    }

    private static IEnumerable<string?> Names(JsonElement added, string list) =>
        added.GetProperty(list).EnumerateArray().Select(pair => pair.GetProperty("pair").GetString());
}
