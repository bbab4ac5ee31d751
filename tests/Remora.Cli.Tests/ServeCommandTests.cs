using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed class ServeCommandTests
{
    [Fact]
    public async Task Serves_its_own_sandbox_and_ask_works()
    {
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--speed",
            "300",
            "--port",
            "0",
            "--pairs",
            "BTC/USDT,ETH/USDT",
        ]);
        var url = await service.UrlAsync();
        await ReadyAsync(url);

        var (exit, output, errors) = await RemoraProcess.RunAsync("ask", "BTC/USDT", "--url", url, "--json");
        Assert.True(exit is 0 or 1 or 4, errors);
        using var answer = JsonDocument.Parse(output);
        // On a busy machine candles come late
        Assert.Equal(exit == 4, answer.RootElement.GetProperty("state").GetString() == "unknown");
        if (exit != 4)
            Assert.Equal(exit == 0, answer.RootElement.GetProperty("safe_to_trade").GetBoolean());
        Assert.Equal("BTC/USDT", answer.RootElement.GetProperty("pair").GetString());

        (exit, output, _) = await RemoraProcess.RunAsync("ask", "BTC/USDT", "ETH/USDT", "--url", url);
        Assert.True(exit is 0 or 1 or 4);
        Assert.Contains("BTC/USDT · binance · 5m · long", output);
        Assert.Contains("ETH/USDT · binance · 5m · long", output);
        // As many lines as pairs. What a line says depends on the simulated prices.
        Assert.Equal(2, Regex.Count(output, @"next 4 h: ±[\d.]+ %|no forecast: "));
        Assert.DoesNotContain("\u001b", output); // no colours in a pipe

        (exit, output, _) = await RemoraProcess.RunAsync("ask", "--url", url, "--quiet");
        Assert.True(exit is 0 or 1 or 4);
        Assert.Equal("", output);

        (exit, _, errors) = await RemoraProcess.RunAsync("ask", "XRP/USDT", "--url", url);
        Assert.Equal(2, exit);
        Assert.Contains("BTC/USDT", errors); // lists the tracked pairs
    }

    [Fact]
    public async Task Stops_cleanly_on_a_signal()
    {
        await using var service = RemoraProcess.Start(["serve", "--sandbox", "--port", "0"]);
        await service.UrlAsync();
        service.Terminate();
        Assert.Equal(0, await service.ExitAsync());
    }

    [Fact]
    public async Task Runs_on_a_sandbox_of_another_process_with_its_clock()
    {
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "1000",
            "--start",
            "2025-02-03T12:00:00Z",
        ]);
        await using var service = RemoraProcess.Start(["serve", "--sandbox", await sandbox.UrlAsync(), "--port", "0"]);
        var url = await service.UrlAsync();
        await ReadyAsync(url);
        using var http = new HttpClient { BaseAddress = new(url) };
        using var answer = await http.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal("simulated", Assert.Single(answer.Headers.GetValues("X-Remora-Sandbox")));
        var known = await StoreTests.UntilAsync(
            url,
            "/api/v1/risk?pair=BTC/USDT",
            risk => risk.GetProperty("as_of").ValueKind == JsonValueKind.String,
            service
        ); // another pair may be ready first
        Assert.StartsWith("2025-02-", known.GetProperty("as_of").GetString());
    }

    [Fact]
    public async Task Starts_without_a_network_and_suggests_the_sandbox()
    {
        await using var service = RemoraProcess.Start(["serve", "--port", "0"]);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        using var answer = JsonDocument.Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"));
        Assert.True(answer.RootElement.GetProperty("stale").GetBoolean());
        Assert.Equal(0, answer.RootElement.GetProperty("risk_confidence").GetDouble());
        Assert.Equal(JsonValueKind.Null, answer.RootElement.GetProperty("risk_score").ValueKind);
        Assert.Equal("unknown", answer.RootElement.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/readyz")).StatusCode);
        foreach (
            var pair in (string[][])
                [
                    ["BTC/USDT"],
                    [],
                ]
        )
        {
            var (exit, output, _) = await RemoraProcess.RunAsync([
                "ask",
                .. pair,
                "--url",
                http.BaseAddress.ToString(),
            ]);
            Assert.Equal(4, exit);
            Assert.Contains("UNKNOWN", output);
        }
        await EventuallyAsync(() => Task.FromResult(service.Errors.Contains("--sandbox")), () => service.Errors);
    }

    [Fact]
    public async Task Keeps_its_data_in_the_home_folder_of_a_fresh_account()
    {
        using var home = new TemporaryFolder();
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = home.Path,
            ["XDG_DATA_HOME"] = "",
            ["REMORA_STORE"] = "true",
        };
        await using var service = RemoraProcess.Start(["serve", "--port", "0", "--sources", "false"], environment);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        var data = Path.Combine(home.Path, ".local", "share", "remora");
        await EventuallyAsync(
            async () => JsonElement.Parse(await http.GetStringAsync("/api/v1/store")).GetProperty("ready").GetBoolean(),
            () => service.Errors
        );
        Assert.Contains($"store:    {data}", service.Errors);
        Assert.True(Directory.Exists(Path.Combine(data, "clickhouse")), service.Errors);
        Assert.True(Directory.Exists(Path.Combine(data, "journal")), service.Errors);
        service.Terminate();
        Assert.Equal(0, await service.ExitAsync());
    }

    [Theory]
    [InlineData("--port", "99999", "port is '99999': expected a whole number from 0 to 65535")]
    [InlineData("--pairs", "BTCUSDT", "pairs is 'BTCUSDT': expected pairs such as BTC/USDT")]
    [InlineData("--timeframe", "7m", "timeframe is '7m': expected one of 1m, 3m")]
    [InlineData("--policy", "nope", "nope")]
    [InlineData("--host", "0.0.0.0", "allow_anonymous")]
    [InlineData("--config", "missing.json", "missing.json")]
    [InlineData("--speed", "10", "--speed requires --sandbox")]
    [InlineData("--exchanges", "kraken", "--exchanges")]
    public async Task An_invalid_setting_is_named_with_the_allowed_values(string flag, string value, string complaint)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("serve", flag, value);
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains(complaint, errors);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_advice()
    {
        await using var service = RemoraProcess.Start(["serve", "--sandbox", "--port", "0"]);
        var port = new Uri(await service.UrlAsync()).Port.ToString();
        var (exit, _, errors) = await RemoraProcess.RunAsync("serve", "--sandbox", "--port", port);
        Assert.Equal(3, exit);
        Assert.Contains(port, errors);
        Assert.Contains("--port", errors);
    }

    [Fact]
    public async Task Ask_gives_advice_without_a_service()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("ask", "BTC/USDT", "--url", "http://127.0.0.1:1");
        Assert.Equal(3, exit);
        Assert.Equal("", output);
        Assert.Contains("Start one with 'remora serve'", errors);
    }

    [Theory]
    [InlineData("ask", "BTCUSDT")]
    [InlineData("ask", "--url", "localhost")]
    [InlineData("ask", "--side", "up")]
    [InlineData("nonsense")]
    [InlineData("sandbox", "--fault", "rain")]
    [InlineData("sandbox", "--replay", "candles.csv")]
    [InlineData("sandbox", "--speed", "-1")]
    public async Task Invalid_use_is_exit_code_2_with_a_hint_to_the_help(params string[] arguments)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(arguments);
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains("--help", errors);
    }

    internal static async Task ReadyAsync(string url)
    {
        using var http = new HttpClient { BaseAddress = new(url) };
        await EventuallyAsync(
            async () => (await http.GetAsync("/readyz")).IsSuccessStatusCode,
            () => "it never became ready"
        );
    }

    internal static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await condition())
                return;
            await Task.Delay(100);
        }
        Assert.Fail(otherwise());
    }
}
