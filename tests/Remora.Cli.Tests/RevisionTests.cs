using System.Globalization;
using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests values that an exchange or a source revises: the real program with a store, on a sandbox
/// in another process.
/// </summary>
[Trait("speed", "slow")]
public sealed class RevisionTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };

    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_value_revised_while_the_service_was_stopped_counts_after_the_start()
    {
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "60",
            "--start",
            "2025-02-03T01:00:00Z",
        ]);
        var world = await sandbox.UrlAsync();
        await HoldAsync(world, 50);
        string before;
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 50), service);
            var stored = await StoreTests.UntilAsync(
                url,
                "/api/v1/assessment?pair=BTC/USDT&at=now",
                answer => IsFear(answer, 50),
                service
            );
            before = stored.GetProperty("assessed_at").GetString()!;
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        await HoldAsync(world, 5);
        string revised;
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 5), service);
            var sources = await StoreTests.GetAsync(url, "/api/v1/sources");
            var source = sources
                .GetProperty("sources")
                .EnumerateArray()
                .Single(each => each.GetProperty("health").GetProperty("name").GetString() == "alternative.me");
            Assert.Equal(
                5,
                Assert.Single(source.GetProperty("values").EnumerateArray()).GetProperty("value").GetDouble()
            );

            // Both are stored, each from the moment it became knowable.
            var now = await StoreTests.UntilAsync(
                url,
                "/api/v1/assessment?pair=BTC/USDT&at=now",
                answer => IsFear(answer, 5),
                service
            );
            revised = now.GetProperty("assessed_at").GetString()!;
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + before), 50));
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        // While the source is unreachable, the newest value in the store is used.
        await FaultAsync(world, """{"kind":"http_5xx","exchange":"alternative.me"}""");
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 5), service);
            await StoreTests.UntilAsync(
                url,
                "/api/v1/store",
                store => store.GetProperty("ready").GetBoolean(),
                service
            );
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + before), 50));
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + revised), 5));
        }
    }

    /// <summary>
    /// The newest candle is temporarily a thousand times too high, as after an error of an
    /// exchange.
    /// </summary>
    [Fact]
    public async Task A_spike_that_the_exchange_corrects_leaves_no_trace()
    {
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "60",
            "--start",
            "2025-02-03T01:00:00Z",
        ]);
        var world = await sandbox.UrlAsync();
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(
                url,
                "/api/v1/risk?pair=BTC/USDT",
                risk => risk.GetProperty("volatility").ValueKind == JsonValueKind.Number,
                service
            );
            await FaultAsync(world, """{"kind":"price_spike","exchange":"binance"}""");
            await StoreTests.UntilAsync(
                url,
                "/api/v1/candles?pair=BTC/USDT&from=-1h",
                page => Highest(page) > 1e6,
                service
            );
            await ClearAsync(world);
            await StoreTests.UntilAsync(
                url,
                "/api/v1/candles?pair=BTC/USDT&from=-1h",
                page => Highest(page) < 1e6,
                service
            );
            var risk = await StoreTests.UntilAsync(
                url,
                "/api/v1/volatility?pair=BTC/USDT",
                answer => Drawdown(answer) > -0.5,
                service
            );
            Assert.True(Drawdown(risk) > -0.5, risk.ToString());
            using var http = new HttpClient();
            Assert.DoesNotContain(
                "remora_feed_candles_revised_total{exchange=\"binance\",pair=\"BTC/USDT\",timeframe=\"5m\"} 0\n",
                await http.GetStringAsync(url + "/metrics"),
                StringComparison.Ordinal
            );
            await ServeCommandTests.EventuallyAsync(
                () =>
                    Task.FromResult(
                        service.Errors.Contains(
                            "The model is rebuilt and the stored candles are replaced",
                            StringComparison.Ordinal
                        )
                    ),
                () => service.Errors
            );
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        await using (var again = Serve(world))
        {
            var url = await again.UrlAsync();
            var volatility = await StoreTests.UntilAsync(
                url,
                "/api/v1/volatility?pair=BTC/USDT",
                answer => !double.IsNaN(Drawdown(answer)),
                again
            );
            Assert.True(Drawdown(volatility) > -0.5, volatility.ToString());
            Assert.True(
                Highest(
                    await StoreTests.UntilAsync(
                        url,
                        "/api/v1/candles?pair=BTC/USDT&from=-2h",
                        page => page.GetProperty("rows").GetArrayLength() > 0,
                        again
                    )
                ) < 1e6
            );
        }
    }

    /// <summary>Without a store, the command line uses only the service.</summary>
    [Fact]
    public async Task Another_price_level_is_refused_until_the_operator_accepts_it()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "60"]);
        var world = await sandbox.UrlAsync();
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            world,
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
        ]);
        var url = await service.UrlAsync();
        await StoreTests.UntilAsync(
            url,
            "/api/v1/pairs",
            pairs => pairs.GetProperty("pairs")[0].GetProperty("state").GetString() == "live",
            service
        );
        var (exit, output, errors) = await RemoraProcess.RunAsync("pairs", "--url", url);
        Assert.True(exit == 0, errors);
        Assert.Contains("BTC/USDT", output, StringComparison.Ordinal);
        (exit, _, errors) = await RemoraProcess.RunAsync("pairs", "accept", "BTC/USDT", "--url", url);
        Assert.Equal(1, exit);
        Assert.Contains("binance BTC/USDT 5m has no refused price level", errors, StringComparison.Ordinal);

        await FaultAsync(world, """{"kind":"price_level","price_factor":0.04,"exchange":"binance"}""");
        await StoreTests.UntilAsync(
            url,
            "/api/v1/pairs",
            pairs => pairs.GetProperty("pairs")[0].GetProperty("refused_level").ValueKind == JsonValueKind.Object,
            service
        );
        (exit, output, _) = await RemoraProcess.RunAsync("pairs", "--url", url);
        Assert.Equal(1, exit);
        Assert.Contains("refused", output, StringComparison.Ordinal);
        await StoreTests.UntilAsync(
            url,
            "/api/v1/risk?pair=BTC/USDT",
            risk => risk.GetProperty("stale").GetBoolean(),
            service
        );
        const string advice = "remora pairs accept BTC/USDT --exchange binance --timeframe 5m";
        (_, _, errors) = await RemoraProcess.RunAsync("ask", "BTC/USDT", "--url", url);
        Assert.Contains(advice, errors, StringComparison.Ordinal);
        Assert.Contains(advice, service.Errors, StringComparison.Ordinal);
        Assert.Contains(
            "price_level",
            (await StoreTests.GetAsync(url, "/api/v1/status"))
                .GetProperty("markets")[0]
                .GetProperty("last_error")
                .ToString(),
            StringComparison.Ordinal
        );

        (exit, output, errors) = await RemoraProcess.RunAsync(
            "pairs",
            "accept",
            "BTC/USDT",
            "--exchange",
            "binance",
            "--timeframe",
            "5m",
            "--url",
            url
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("accepted BTC/USDT on binance", output, StringComparison.Ordinal);
        await StoreTests.UntilAsync(
            url,
            "/api/v1/risk?pair=BTC/USDT",
            risk => !risk.GetProperty("stale").GetBoolean(),
            service
        );
        await StoreTests.UntilAsync(
            url,
            "/api/v1/pairs",
            pairs => pairs.GetProperty("pairs")[0].GetProperty("refused_level").ValueKind == JsonValueKind.Null,
            service
        );
    }

    private static double Highest(JsonElement page) =>
        page.GetProperty("rows")
            .EnumerateArray()
            .Select(row => row.GetProperty("high").GetDouble())
            .DefaultIfEmpty()
            .Max();

    private static double Drawdown(JsonElement answer) =>
        answer.GetProperty("inputs").GetProperty("day_drawdown") is { ValueKind: JsonValueKind.Number } value
            ? value.GetDouble()
            : double.NaN;

    private static async Task ClearAsync(string world)
    {
        using var http = new HttpClient();
        using var answer = await http.DeleteAsync(world + "/sandbox/faults");
        Assert.True(answer.IsSuccessStatusCode);
    }

    private static bool IsFear(JsonElement answer, double value) =>
        answer.GetProperty("fear_greed_index") is { ValueKind: JsonValueKind.Number } index
        && index.GetDouble() == value;

    private static Task HoldAsync(string world, double fear) =>
        PostAsync(
            world + "/sandbox/signals",
            string.Create(CultureInfo.InvariantCulture, $$"""{"fear_greed":{{fear}}}""")
        );

    private static Task FaultAsync(string world, string fault) => PostAsync(world + "/sandbox/faults", fault);

    private static async Task PostAsync(string url, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body);
        using var answer = await http.PostAsync(url, content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private RemoraProcess Serve(string world) =>
        RemoraProcess.Start(
            ["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT", "--data", _data],
            WithStore
        );
}
