using Remora.Feeds.Exchanges;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests.Exchanges;

public sealed class BridgeMarketsTests : IAsyncLifetime
{
    private StandInServer _server = null!;
    private CcxtBridge _bridge = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await StandInServer.StartAsync();
        _bridge = CcxtBridge.Start(new() { BaseUrl = _server.BaseUrl, RateLimit = false });
    }

    public async ValueTask DisposeAsync()
    {
        await _bridge.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_failed_list_of_markets_is_asked_for_again()
    {
        foreach (var fault in (string[])["html 502", "html 200", "truncated", "empty object 200"])
        {
            _server.FailAll(fault);
            foreach (var id in WireFormats.Pairs.Keys)
                await Assert.ThrowsAsync<ExchangeException>(() =>
                    _bridge.Exchange(id).MarketsAsync(CancellationToken.None)
                );
        }
        _server.Heal();
        foreach (var (id, pair) in WireFormats.Pairs)
            Assert.Contains(pair, await _bridge.Exchange(id).MarketsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Only_the_markets_that_are_needed_are_asked_for_and_only_once()
    {
        foreach (
            var (id, expected) in new Dictionary<string, int>
            {
                ["binance"] = 1,
                ["bybit"] = 1,
                ["okx"] = 1,
                ["kraken"] = 2,
            }
        )
        {
            _server.Arrivals.Clear();
            await Task.WhenAll(
                Enumerable.Range(0, 5).Select(_ => _bridge.Exchange(id).MarketsAsync(CancellationToken.None))
            );
            Assert.Equal(expected, _server.Arrivals.Count);
        }
    }

    [Theory]
    [InlineData(2019)]
    [InlineData(2099)]
    public async Task Old_candles_are_old_by_the_callers_clock(int year)
    {
        var clock = new ScaledClock(new(year, 5, 6, 0, 0, 0, TimeSpan.Zero), 1);
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = _server.BaseUrl, RateLimit = false }, clock);
        var now = Instant.From(clock.GetUtcNow());
        foreach (
            var (age, path) in new[] { (TimeSpan.FromDays(30), "history-candles"), (TimeSpan.FromHours(1), "candles") }
        )
        {
            var request = new CandleRequest(
                Pair.Parse("BTC/USDT"),
                Timeframe.FiveMinutes,
                now - age,
                100,
                Urgency.Fresh
            );
            await bridge.Exchange("okx").CandlesAsync(request, CancellationToken.None);
            Assert.EndsWith($"market/{path}", _server.Arrivals.Last().Path);
        }
    }

    [Fact]
    public async Task Descriptions_come_without_asking_the_exchange()
    {
        var kraken = await _bridge.Exchange("kraken").DescribeAsync(CancellationToken.None);
        Assert.Equal(("Kraken", 720, TimeSpan.FromSeconds(1)), (kraken.Name, kraken.PageLimit, kraken.RateLimit));
        Assert.Contains("5m", kraken.Timeframes);
        Assert.Equal(300, (await _bridge.Exchange("coinbase").DescribeAsync(CancellationToken.None)).PageLimit);
        Assert.True((await _bridge.ExchangesAsync()).Count > 90);
        Assert.Empty(_server.Arrivals);
    }
}
