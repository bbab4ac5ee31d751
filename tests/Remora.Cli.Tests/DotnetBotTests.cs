using System.Diagnostics;
using System.Text.RegularExpressions;
using Remora.Client;
using Remora.Testing;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests the .NET client and the example bot against the real service on a sandbox.
/// </summary>
public sealed partial class DotnetBotTests
{
    [Fact]
    public async Task The_paper_bot_works_with_and_without_a_service()
    {
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "3000",
            "--history-days",
            "40",
            "--start",
            "2025-02-03T12:00:00Z",
        ]);
        var world = await sandbox.UrlAsync();
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            world,
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
            "--sources",
            "false",
        ]);
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url);

        string[] trade = ["BTC/USDT", "--prices", world + "/api.binance.com", "--rounds", "60", "--seconds", "0.05"];
        var output = await RunBotAsync(url, trade);
        Assert.DoesNotContain("no answer", output);
        Assert.DoesNotContain("no prices", output);
        Assert.Equal(61, LinePattern().Count(output));
        Assert.Matches(@"ends with \d+\.\d\d after \d+ trades", output);

        output = await RunBotAsync("http://127.0.0.1:1", trade);
        Assert.Contains("with 1.00 of the stake (no answer: ", output);

        using var client = new RemoraClient(new() { Url = url });
        var risk = await client.RiskAsync("BTC/USDT");
        Assert.True(risk.Answered, risk.Error);
        Assert.Equal(risk.RiskScore!.Value, risk.RiskBreakdown!.Values.Sum()!.Value, 6);
        Assert.Equal(("BTC/USDT", "binance", "5m", "long"), (risk.Pair, risk.Exchange, risk.Timeframe, risk.Side));
        Assert.Equal(
            [true, false],
            (await client.BatchAsync(["BTC/USDT", "NOPE/USDT"])).Values.Select(answer => answer.Answered)
        );
        Assert.True((await client.RiskAsync()).Answered);

        var answer = await client.ForecastAsync("BTC/USDT", "4h", fall: 0.03);
        Assert.Null(answer.Forecast!.More); // every field has a type
        var (name, horizon) = Assert.Single(answer.Forecast.Horizons);
        Assert.Equal("4h", name);
        Assert.Null(horizon.More);
        Assert.Equal(
            horizon.RelativeToUsual!.Value,
            horizon.Factors.Values.Aggregate(1.0, (all, f) => all * f!.Value),
            9
        );
        Assert.Equal("0.03", Assert.Single(horizon.ProbabilityOfDrawdown).Key);
        Assert.All(horizon.StopDistances.Values, distance => Assert.InRange(distance!.Value, 0, 1));
        Assert.Equal(
            400,
            (await Assert.ThrowsAsync<RemoraException>(() => client.ForecastAsync("BTC/USDT", "2h"))).Status
        );

        var book = await client.PortfolioAsync(
            1000,
            [new("BTC/USDT") { Notional = 500 }, new("BTC/USDT") { Amount = 0.001, Side = "short" }],
            limit: 0.01,
            candidate: new("BTC/USDT")
        );
        Assert.Equal(book.Volatility!.Value, book.Positions.Sum(position => position.Share!.Value), 1e-12);
        Assert.Equal("BTC/USDT", book.Candidate!.Pair);
        Assert.Equal(["BTC/USDT"], (await client.CorrelationsAsync()).Pairs);
        var refused = await Assert.ThrowsAsync<RemoraException>(() =>
            client.PortfolioAsync(1, [new("DOGE/EUR") { Notional = 1 }])
        );
        Assert.Equal(404, refused.Status);

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var times = new List<DateTimeOffset?>();
        await foreach (var change in client.StreamAsync(["BTC/USDT"], "short", cancellation: patience.Token))
        {
            Assert.Equal(("BTC/USDT", "short"), (change.Pair, change.Side));
            times.Add(change.AsOf);
            if (times.Count == 3)
                break; // the current assessment and two changes
        }
        Assert.Equal(times.Order(), times);
        Assert.Equal(
            404,
            (
                await Assert.ThrowsAsync<RemoraException>(async () =>
                    await client.StreamAsync(["NOPE/USDT"]).FirstAsync()
                )
            ).Status
        );
    }

    private static async Task<string> RunBotAsync(string url, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Repository.PathOf("artifacts", "bin", "PaperBot", "release", "PaperBot.dll"), .. arguments]
        )
        {
            RedirectStandardOutput = true,
            Environment = { ["REMORA_URL"] = url },
        };
        using var bot = Process.Start(start)!;
        var output = await bot.StandardOutput.ReadToEndAsync();
        await bot.WaitForExitAsync();
        Assert.Equal(0, bot.ExitCode);
        return output;
    }

    [GeneratedRegex(
        @"^BTC/USDT: (enters|exits|holds|stays out|wait|ends)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex LinePattern();
}
