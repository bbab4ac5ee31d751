using Remora.Feeds.Tests.StandIn;

namespace Remora.Feeds.Tests.Candles;

public sealed class FailoverTests
{
    [Fact]
    public async Task Another_exchange_stands_in_until_the_own_one_is_back()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance", "kraken");
        rig.Start();
        await rig.LiveAsync();
        rig.Server.Fault = path =>
            path.StartsWith("api.binance.com", StringComparison.Ordinal) ? HttpFaults.All["html 503"] : null;
        await Eventually.True(
            () => rig.Feed.Health is { Exchange: "kraken", State: FeedState.Live, WarmUpRatio: 1 },
            $"kraken stands in; {rig.Feed.Health}"
        );
        Assert.True(rig.Feed.Health.HistoryIsShort);
        Assert.Equal("unavailable", rig.Feed.Health.LastError!.Kind);
        await rig.LiveAsync(closed: 3);

        rig.Server.Heal();
        await Eventually.True(
            () => rig.Feed.Health is { Exchange: "binance", State: FeedState.Live, WarmUpRatio: 1 },
            "back on binance"
        );
        await rig.LiveAsync(closed: 3);
        // Each change of exchange is a new history, first its recent part and then all of it.
        Assert.Equal((2, 6), (rig.Feed.Health.Failovers, rig.Histories.Count));
        Assert.False(rig.Feed.Health.HistoryIsShort);
        rig.AssertTrue(); // all of it under the market's own name
    }

    [Fact]
    public async Task An_exchange_that_answers_without_fresh_candles_is_lost_too()
    {
        await using var rig = await FeedRig.CreateAsync(null, "bybit", "kraken");
        rig.Start();
        await rig.LiveAsync();
        var stuck = rig.Closed[^1].OpenTime.UnixMilliseconds;
        rig.Server.Distort = rows => [.. rows.Where(row => row[0] <= stuck)];
        await Eventually.True(() => rig.Feed.Health.Exchange == "kraken", "kraken is tried");
        rig.Server.Heal();
        await Eventually.True(
            () => rig.Feed.Health is { Exchange: "bybit", State: FeedState.Live, WarmUpRatio: 1 },
            "back on bybit"
        );
        rig.AssertTrue();
    }

    [Fact]
    public async Task When_all_are_lost_they_are_tried_in_turn()
    {
        await using var rig = await FeedRig.CreateAsync(null, "binance", "kraken");
        rig.Server.FailAll("reset");
        rig.Start();
        await Eventually.True(() => rig.Feed.Health.Failovers >= 3, "in turn");
        Assert.Equal(FeedState.Unreachable, rig.Feed.Health.State);
        rig.Server.Heal();
        await rig.LiveAsync(closed: 2);
        rig.AssertTrue();
    }
}
