using System.Net;
using System.Net.Sockets;
using System.Text;
using Remora.Bots.Tests;
using Remora.Testing;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests the commands that use a running service: with keys, with proxies, on a sandbox.
/// </summary>
[Trait("speed", "slow")]
public sealed class RunningServiceTests
{
    private const string DeadProxy = "http://127.0.0.1:9";
    private const string WrongKey = "rmr_wrong-key-that-nobody-may-see";

    [Fact]
    public async Task Every_command_sends_its_key_and_never_prints_it()
    {
        using var folder = new TemporaryFolder();
        var (_, key, _) = await RemoraProcess.RunAsync("keys", "add", "bot", "--data", folder.Path);
        key = key.Trim();
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--speed",
            "60",
            "--port",
            "0",
            "--require-keys",
            "true",
            "--data",
            folder.Path,
        ]);
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url);

        var ways = new (Dictionary<string, string> Environment, string[] Options)[]
        {
            (new() { ["REMORA_API_KEY"] = key }, []),
            (new() { ["REMORA_API_KEY"] = WrongKey }, ["--key-file", folder.Write("key", key + "\n")]),
            (new() { ["REMORA_API_KEY"] = WrongKey }, ["--key", key]),
        };
        foreach (var command in new[] { ["ask", "BTC/USDT"], ["sources"], ["sources", "news"], new[] { "doctor" } })
        {
            foreach (var (environment, options) in ways)
            {
                var (exit, output, errors) = await RemoraProcess.RunAsync(
                    environment,
                    [.. command, .. options, "--url", url]
                );
                Assert.True(exit is 0 or 1, $"{command[0]}: {exit} {errors}");
                Assert.Equal("", errors);
                Assert.NotEqual("", output);
                Assert.DoesNotContain(key[4..], output, StringComparison.Ordinal);
                if (command[0] == "doctor")
                    Assert.Contains($"is running at {url}", output, StringComparison.Ordinal);
            }
            foreach (var (wrong, complaint) in new[] { ("", "REMORA_API_KEY"), (WrongKey, "key") })
            {
                var (exit, output, errors) = await RemoraProcess.RunAsync(
                    new Dictionary<string, string> { ["REMORA_API_KEY"] = wrong },
                    [.. command, "--url", url]
                );
                if (command[0] != "doctor")
                    Assert.Equal(2, exit);
                Assert.Contains(complaint, errors + output, StringComparison.Ordinal);
                Assert.DoesNotContain(WrongKey, errors + output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Locks_use_the_key_of_the_service()
    {
        using var folder = new TemporaryFolder();
        var (_, key, _) = await RemoraProcess.RunAsync("keys", "add", "locks", "--data", folder.Path);
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT"];
        // Extreme fear: nothing is safe
        string[] world = ["--sandbox", "--hold", "fear_greed=5", "--history-days", "40"];
        await using var service = RemoraProcess.Start([
            "serve",
            .. world,
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
            "--require-keys",
            "true",
            "--data",
            folder.Path,
        ]);
        string[] asked = ["--url", await service.UrlAsync(), "--key-file", folder.Write("key", key)];
        await using var locks = RemoraProcess.Start(
            ["locks", "--freqtrade", bot.Url.ToString(), "--user", FreqtradeStandIn.User, .. asked, "--interval", "1"],
            new Dictionary<string, string> { ["FREQTRADE_PASSWORD"] = FreqtradeStandIn.Password }
        );
        await Eventually.TrueAsync(() => bot.Active.SequenceEqual(["BTC/USDT *"]), () => locks.Errors);
        Assert.DoesNotContain(key.Trim(), locks.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--key or --key-file", "--key", "a", "--key-file", "b")]
    [InlineData("--key: expected a key", "--key", "not a key")]
    [InlineData("--key-file", "--key-file", "/nowhere/key")]
    [InlineData("without user and password", "--url", "http://me:secret@127.0.0.1:1")]
    public async Task Invalid_keys_and_addresses_are_rejected_without_their_value(
        string complaint,
        params string[] options
    )
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(["ask", .. options]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(complaint, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("not a key", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sources", WrongKey)]
    [InlineData("ask", WrongKey)]
    public async Task A_misplaced_key_is_not_printed(params string[] arguments)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(arguments);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains("(removed)", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongKey, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_address_in_the_environment_names_the_variable()
    {
        var environment = new Dictionary<string, string> { ["REMORA_URL"] = "localhost" };
        var (exit, _, errors) = await RemoraProcess.RunAsync(environment, "sources");
        Assert.Equal(2, exit);
        Assert.Contains("REMORA_URL", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loopback_addresses_bypass_the_proxy()
    {
        var proxies = new Dictionary<string, string>
        {
            ["HTTP_PROXY"] = DeadProxy,
            ["HTTPS_PROXY"] = DeadProxy,
            ["ALL_PROXY"] = DeadProxy,
            ["http_proxy"] = DeadProxy,
            ["https_proxy"] = DeadProxy,
            ["NODE_USE_ENV_PROXY"] = "1",
        };
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--speed", "60", "--port", "0", "--pairs", "BTC/USDT"],
            proxies
        );
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url); // candles came through the bridge

        var (exit, output, errors) = await RemoraProcess.RunAsync(proxies, "ask", "BTC/USDT", "--url", url, "--quiet");
        Assert.True(exit is 0 or 1, errors);
        await ServeCommandTests.EventuallyAsync(
            async () =>
            {
                (exit, output, errors) = await RemoraProcess.RunAsync(proxies, "sources", "--url", url);
                return exit == 0;
            },
            () => output + errors
        );

        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0"]);
        var world = await sandbox.UrlAsync();
        (exit, _, errors) = await RemoraProcess.RunAsync(proxies, "sources", "test", "coingecko", "--sandbox", world);
        Assert.True(exit == 0, errors);

        await using var receiver = await Receiver.StartAsync();
        proxies["WEBHOOK_SECRET"] = "secret";
        (exit, _, errors) = await RemoraProcess.RunAsync(proxies, "webhook", "test", receiver.Url.ToString());
        Assert.True(exit == 0, errors);
    }

    [Fact]
    public async Task Other_hosts_use_the_proxy_except_those_of_no_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var environment = new Dictionary<string, string> { ["http_proxy"] = $"http://{proxy.LocalEndpoint}" };
        string[] ask = ["ask", "--url", "http://remora.invalid:8000", "--quiet"];
        var asking = RemoraProcess.RunAsync(environment, ask);
        using (var connection = await proxy.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(60)))
        {
            using var reader = new StreamReader(connection.GetStream(), leaveOpen: true);
            Assert.Equal("GET http://remora.invalid:8000/api/v1/risk HTTP/1.1", await reader.ReadLineAsync());
            const string refusal = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(refusal));
            Assert.Equal(3, (await asking).ExitCode);
        }
        environment["no_proxy"] = "remora.invalid";
        Assert.Equal(3, (await RemoraProcess.RunAsync(environment, ask)).ExitCode);
        Assert.False(proxy.Pending());
    }

    [Fact]
    public async Task Doctor_checks_the_sandbox_of_the_running_service()
    {
        using var folder = new TemporaryFolder();
        await using var service = RemoraProcess.Start(["serve", "--sandbox", "--port", "0"]);
        var port = new Uri(await service.UrlAsync()).Port.ToString();
        var (exit, output, errors) = await RemoraProcess.RunAsync("doctor", "--port", port, "--data", folder.Path);
        Assert.True(exit == 0, output + errors);
        Assert.DoesNotContain("missing", output, StringComparison.Ordinal);
        const string simulated = "reachable, with [0-9]+ spot markets, simulated by the sandbox at http://127.0.0.1:";
        Assert.Matches($"binance +{simulated}", output);
    }
}
