using System.Diagnostics;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Exchanges;

/// <summary>
/// A bridge with short deadlines and a local server that replaces five exchanges.
/// </summary>
public sealed class FaultyWorld : IAsyncLifetime
{
    internal StandInServer Server { get; private set; } = null!;

    internal CcxtBridge Bridge { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await StandInServer.StartAsync();
        Bridge = CcxtBridge.Start(
            new()
            {
                BaseUrl = Server.BaseUrl,
                RateLimit = false,
                RequestDeadline = TimeSpan.FromSeconds(0.6),
                CallDeadline = TimeSpan.FromSeconds(5),
                MaxResponseBytes = 1 << 20,
            }
        );
        // The markets are loaded once, so that the faults affect the request for candles.
        foreach (var id in WireFormats.Pairs.Keys)
            await CandlesAsync(id);
    }

    public async ValueTask DisposeAsync()
    {
        await Bridge.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>
    /// Bypasses the gate, which would carry a rate limit's pause from one test to the next.
    /// </summary>
    internal async Task<int> CandlesAsync(string exchange, string? pair = null, string timeframe = "5m")
    {
        var rows = await Bridge.CallAsync(Request(exchange, pair, timeframe), CancellationToken.None);
        return rows.GetArrayLength();
    }

    internal static BridgeRequest Request(string exchange, string? pair = null, string timeframe = "5m") =>
        new("candles", exchange)
        {
            Symbol = pair ?? WireFormats.Pairs[exchange],
            Timeframe = timeframe,
            Since = DateTimeOffset.UtcNow.AddHours(-10).ToUnixTimeMilliseconds(),
            Limit = 100,
        };
}

/// <summary>
/// Every fault of an exchange's response, on five exchanges at once, through a real socket and the
/// real process.
/// </summary>
public sealed class BridgeFaultTests(FaultyWorld world) : IClassFixture<FaultyWorld>
{
    [Theory]
    [InlineData("html 200", ExchangeErrorKind.BadResponse)]
    [InlineData("null 200", ExchangeErrorKind.BadResponse)]
    [InlineData("number 200", ExchangeErrorKind.BadResponse)]
    [InlineData("empty object 200", ExchangeErrorKind.BadResponse)]
    [InlineData("empty body 200", ExchangeErrorKind.BadResponse)]
    [InlineData("garbage 200", ExchangeErrorKind.BadResponse)]
    [InlineData("binary 200", ExchangeErrorKind.BadResponse)]
    [InlineData("large body", ExchangeErrorKind.BadResponse)]
    [InlineData("gzip bomb", ExchangeErrorKind.BadResponse)]
    [InlineData("html 500", ExchangeErrorKind.Unavailable)]
    [InlineData("html 502", ExchangeErrorKind.Unavailable)]
    [InlineData("html 503", ExchangeErrorKind.Unavailable)]
    [InlineData("html 504", ExchangeErrorKind.Unavailable)]
    [InlineData("html 520", ExchangeErrorKind.Unavailable)]
    [InlineData("html 524", ExchangeErrorKind.Unavailable)]
    [InlineData("json 500", ExchangeErrorKind.Unavailable)]
    [InlineData("truncated", ExchangeErrorKind.Network)]
    [InlineData("truncated chunks", ExchangeErrorKind.Network)]
    [InlineData("truncated gzip", ExchangeErrorKind.Network)]
    [InlineData("bad gzip", ExchangeErrorKind.Network)]
    [InlineData("large headers", ExchangeErrorKind.Network)]
    [InlineData("reset", ExchangeErrorKind.Network)]
    [InlineData("redirect", ExchangeErrorKind.Network)]
    [InlineData("no answer", ExchangeErrorKind.Timeout)]
    [InlineData("stalled body", ExchangeErrorKind.Timeout)]
    [InlineData("dribbling body", ExchangeErrorKind.Timeout)]
    [InlineData("451", ExchangeErrorKind.Restricted)]
    [InlineData("429", ExchangeErrorKind.RateLimited)]
    [InlineData("429 json", ExchangeErrorKind.RateLimited)]
    [InlineData("429 date", ExchangeErrorKind.RateLimited)]
    [InlineData("418", ExchangeErrorKind.RateLimited)]
    public async Task A_fault_of_an_answer_has_the_same_kind_on_every_exchange(string fault, ExchangeErrorKind expected)
    {
        world.Server.FailAll(fault);
        var failures = await Task.WhenAll(
            WireFormats.Pairs.Keys.Select(async id =>
                (Id: id, Error: await Record.ExceptionAsync(() => world.CandlesAsync(id)))
            )
        );
        world.Server.Heal();

        Assert.All(failures, failure => Assert.Equal(expected, Assert.IsType<ExchangeException>(failure.Error).Kind));
        Assert.All(
            failures,
            failure =>
                Assert.Equal(expected != ExchangeErrorKind.Restricted, ((ExchangeException)failure.Error!).Retryable)
        );
        foreach (var id in WireFormats.Pairs.Keys)
            Assert.True(await world.CandlesAsync(id) >= 100, $"{id} is not usable afterwards");
    }

    [Fact]
    public async Task A_gatekeepers_403_can_be_retried()
    {
        world.Server.FailAll("html 403");
        var errors = await Task.WhenAll(
            WireFormats.Pairs.Keys.Select(id => Assert.ThrowsAsync<ExchangeException>(() => world.CandlesAsync(id)))
        );
        world.Server.Heal();

        // Bybit's 403 means 'too frequent'. Elsewhere it comes from a firewall in front of the
        // exchange.
        Assert.All(
            errors,
            error => Assert.True(error.Kind is ExchangeErrorKind.Unavailable or ExchangeErrorKind.RateLimited)
        );
    }

    [Theory]
    [InlineData("coinbase", "coinbase 500", 500)]
    [InlineData("bybit", "bybit 10016", 200)]
    public async Task An_exchanges_own_fault_can_be_retried(string exchange, string fault, int status)
    {
        world.Server.FailAll(fault);
        var error = await Assert.ThrowsAsync<ExchangeException>(() => world.CandlesAsync(exchange));
        world.Server.Heal();

        Assert.Equal((ExchangeErrorKind.Unavailable, true, status), (error.Kind, error.Retryable, error.HttpStatus));
    }

    [Theory]
    [InlineData("429", 429, 7, 7)]
    [InlineData("418", 418, 120, 120)]
    [InlineData("429 date", 429, 20, 31)]
    public async Task A_rate_limit_says_how_long(string fault, int status, double atLeast, double atMost)
    {
        world.Server.FailAll(fault);
        var errors = await Task.WhenAll(
            WireFormats.Pairs.Keys.Select(id => Assert.ThrowsAsync<ExchangeException>(() => world.CandlesAsync(id)))
        );
        world.Server.Heal();

        Assert.All(errors, error => Assert.Equal(status, error.HttpStatus));
        Assert.All(errors, error => Assert.InRange(error.RetryAfter!.Value.TotalSeconds, atLeast, atMost));
    }

    [Fact]
    public async Task A_timeframe_the_exchange_lacks_is_refused_before_asking()
    {
        var before = world.Server.Arrivals.Count;
        foreach (var id in WireFormats.Pairs.Keys)
        {
            var error = await Assert.ThrowsAsync<ExchangeException>(() => world.CandlesAsync(id, timeframe: "7m"));
            Assert.Equal((ExchangeErrorKind.BadRequest, false), (error.Kind, error.Retryable));
            Assert.Contains("5m", error.Message);
        }
        Assert.Equal(before, world.Server.Arrivals.Count);
    }

    [Fact]
    public async Task A_market_the_exchange_lacks_is_a_bad_symbol()
    {
        foreach (var id in WireFormats.Pairs.Keys)
            Assert.Equal(
                ExchangeErrorKind.BadSymbol,
                (await Assert.ThrowsAsync<ExchangeException>(() => world.CandlesAsync(id, "NOPE/USDT"))).Kind
            );
    }

    [Fact]
    public async Task An_exchange_that_does_not_exist_is_a_bad_request()
    {
        var error = await Assert.ThrowsAsync<ExchangeException>(() =>
            world.Bridge.Exchange("nasdaq").DescribeAsync(CancellationToken.None)
        );
        Assert.Equal(ExchangeErrorKind.BadRequest, error.Kind);
        Assert.Contains("nasdaq", error.Message);
    }

    [Fact]
    public async Task Rows_arrive_as_they_were_sent_with_missing_values_as_nan()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 300_000 * 300_000;
        foreach (var id in WireFormats.Pairs.Keys)
        {
            world.Server.Distort = _ =>
                [
                    [now - 300_000, 1, 2, null, 1, 5],
                    [now - 900_000, 1, 2, 1, -1, 5],
                    [now - 600_000, 1, 0.5, 2, 1, 5],
                ];
            var request = new CandleRequest(
                Pair.Parse(WireFormats.Pairs[id]),
                Timeframe.FiveMinutes,
                new(now - 3_600_000),
                10,
                Urgency.Fresh
            );
            var candles = await world.Bridge.Exchange(id).CandlesAsync(request, CancellationToken.None);
            Assert.Equal(
                [now - 300_000, now - 900_000, now - 600_000],
                candles.Select(candle => candle.OpenTime.UnixMilliseconds)
            );
            Assert.Equal(
                [CandleFault.NotFinite, CandleFault.NotPositive, CandleFault.Inverted],
                candles.Select(c => c.Check(Timeframe.FiveMinutes, new(now)))
            );
        }
        world.Server.Heal();
    }

    [Fact]
    public async Task Nothing_listens_there()
    {
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = new("http://127.0.0.1:1"), RateLimit = false });
        var errors = await Task.WhenAll(
            WireFormats.Pairs.Keys.Select(id =>
                Assert.ThrowsAsync<ExchangeException>(() => bridge.Exchange(id).MarketsAsync(CancellationToken.None))
            )
        );
        Assert.All(errors, error => Assert.Equal((ExchangeErrorKind.Network, true), (error.Kind, error.Retryable)));
    }

    [Fact]
    public async Task Large_bodies_leave_no_memory_behind()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("the memory is read from /proc");
        await using var bridge = CcxtBridge.Start(
            new()
            {
                BaseUrl = world.Server.BaseUrl,
                RateLimit = false,
                MaxResponseBytes = 1 << 20,
                CollectInterval = TimeSpan.FromSeconds(0.5),
            }
        );
        await bridge.CallAsync(FaultyWorld.Request("binance"), CancellationToken.None);
        var before = Megabytes(bridge);
        for (var i = 0; i < 3; i++)
        {
            world.Server.FailAll("large body");
            await Task.WhenAll(
                Enumerable
                    .Range(0, 60)
                    .Select(async _ =>
                        await Record.ExceptionAsync(() =>
                            bridge.CallAsync(FaultyWorld.Request("binance"), CancellationToken.None)
                        )
                    )
            );
            world.Server.Heal();
            await Eventually.True(() => Megabytes(bridge) < before + 16, $"it has its {before} MB again", 10);
        }
        Assert.Equal(0, bridge.Health.Restarts);
    }

    private static double Megabytes(CcxtBridge bridge)
    {
        using var process = Process.GetProcessById(bridge.Health.ProcessId!.Value);
        return process.WorkingSet64 / 1e6;
    }
}
