using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

[Trait("speed", "slow")]
public sealed class RateLimitTests
{
    [Fact]
    public async Task Two_hundred_markets_share_one_exchange_within_its_rate_limit()
    {
        await using var server = await StandInServer.StartAsync();
        server.Markets.Bases = [.. Enumerable.Range(0, 200).Select(i => $"C{i:000}")];
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = server.BaseUrl });
        using var stop = new CancellationTokenSource();
        var events = Channel.CreateUnbounded<MarketEvent>();
        var options = new MarketFeedOptions
        {
            PageSize = 100,
            History = TimeSpan.FromDays(1),
            DailyHistory = TimeSpan.FromDays(50),
        };
        var feeds = server
            .Markets.Bases.Select(code =>
            {
                var pair = Pair.Parse($"{code}/USDT");
                return new ExchangeMarketFeed(
                    new("binance", pair, Timeframe.FiveMinutes),
                    [new(bridge.Exchange("binance"), pair)],
                    options
                );
            })
            .ToArray();
        var running = feeds.Select(feed => feed.RunAsync(events.Writer, stop.Token)).ToArray();
        await Eventually.True(
            () => feeds.All(feed => feed.Health.WarmUpRatio >= 0.7),
            "every market has its first answer",
            seconds: 240
        );
        await stop.CancelAsync();
        await Task.WhenAll(running);

        var arrivals = server
            .Arrivals.Where(a => WireFormats.IsCandles(a.Path))
            .Select(a => a.At.TotalSeconds)
            .ToArray();
        Assert.True(arrivals.Length >= 600, $"{arrivals.Length} requests");
        var perSecond = arrivals.CountBy(at => (int)at).Max(second => second.Value);
        var rate = arrivals.Length / (arrivals[^1] - arrivals[0]);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{arrivals.Length} requests, {rate:0.0} a second, {perSecond} in the fullest"
        );
        // Binance: 20 units a second, of which these requests cost 0.4 each.
        Assert.InRange(perSecond, 1, 60);
        Assert.All(feeds, feed => Assert.Null(feed.Health.LastError));
        Assert.Equal(
            200,
            feeds.Select(feed => feed.Market).Intersect(Drain(events.Reader).Select(e => e.Market!)).Count()
        );
    }

    [Fact]
    public async Task An_exchange_that_asked_to_be_left_alone_is_left_alone_by_all_markets()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance");
        rig.Server.FailAll("418"); // for 120 seconds
        var exchange = rig.Bridge.Exchange("binance");
        var request = new CandleRequest(
            rig.Market.Pair,
            Timeframe.FiveMinutes,
            rig.Server.Markets.Now,
            10,
            Urgency.Fresh
        );
        async Task<ExchangeException> AskAsync() =>
            await Assert.ThrowsAsync<ExchangeException>(() => exchange.CandlesAsync(request, CancellationToken.None));
        var askedAt = rig.Server.Markets.Now;
        var first = await AskAsync();
        var arrivals = rig.Server.Arrivals.Count;

        for (var error = first; rig.Server.Arrivals.Count == arrivals; error = await AskAsync())
        {
            Assert.Equal(ExchangeErrorKind.RateLimited, error.Kind);
            Assert.InRange(error.RetryAfter!.Value.TotalSeconds, 0, 120);
        }
        Assert.True(rig.Server.Markets.Now - askedAt >= TimeSpan.FromSeconds(120));
    }

    private static IEnumerable<MarketEvent> Drain(ChannelReader<MarketEvent> reader)
    {
        while (reader.TryRead(out var e))
            yield return e;
    }
}
