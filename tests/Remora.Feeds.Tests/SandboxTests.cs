using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.Sentiment;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;

namespace Remora.Feeds.Tests;

/// <summary>
/// The feeds on the sandbox that the product ships. The sandbox implements the exchanges' formats
/// independently of these tests.
/// </summary>
public sealed class SandboxTests
{
    [Fact]
    public async Task Five_exchanges_and_the_fear_index_come_up_on_the_sandbox()
    {
        var clock = new ScaledClock(new(2025, 3, 10, 12, 2, 0, TimeSpan.Zero), 600);
        await using var sandbox = await SandboxServer.StartAsync(
            new() { Speed = 600 },
            clock,
            TestContext.Current.CancellationToken
        );
        var url = new Uri(sandbox.Url);
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = url, RateLimit = false }, clock);
        using var http = new HttpClient();
        using var stop = new CancellationTokenSource();
        var events = Channel.CreateUnbounded<MarketEvent>();
        var feeds = WireFormats
            .Pairs.Select(market =>
            {
                var pair = Pair.Parse(market.Value);
                return new ExchangeMarketFeed(
                    new(market.Key, pair, Timeframe.FiveMinutes),
                    [new(bridge.Exchange(market.Key), pair)],
                    null,
                    clock
                );
            })
            .ToArray();
        var fear = new HttpSourceFeed(FearGreed.Source, http, new() { BaseUrl = url }, clock);
        Task[] running =
        [
            .. feeds.Select(feed => feed.RunAsync(events.Writer, stop.Token)),
            fear.RunAsync(events.Writer, stop.Token),
        ];

        await Eventually.True(
            () => feeds.All(feed => feed.Health is { State: FeedState.Live, CandlesDelivered: >= 3 }),
            $"live: {string.Join<FeedHealth>('\n', feeds.Select(f => f.Health))}",
            30
        );
        await stop.CancelAsync();
        await Task.WhenAll(running);

        foreach (var health in feeds.Select(feed => feed.Health))
        {
            Assert.Null(health.LastError);
            Assert.Empty(health.Refused);
            Assert.Empty(health.Gaps);
            Assert.Equal(health.Exchange == "kraken", health.HistoryIsShort);
        }
        Assert.Equal(FeedState.Live, fear.Health.State);
        Assert.InRange(Assert.Single(fear.Health.Latest).Value, 0, 100);
    }
}
