using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

/// <summary>The unfinished candle is sent between closes, and disturbs nothing.</summary>
public sealed class UnfinishedTests
{
    [Theory]
    [InlineData("binance")]
    [InlineData("kraken")]
    public async Task The_open_candle_is_sent_between_closes(string exchange)
    {
        var options = FeedRig.Options with { UnfinishedInterval = TimeSpan.FromMinutes(10) };
        await using var rig = await FeedRig.CreateAsync(Timeframe.OneHour, options, null, exchange);
        rig.Start();
        await Eventually.True(() => rig.Unfinished.Count > 0 && rig.Closed.Count > 0, "an unfinished candle");
        foreach (var e in rig.Unfinished)
        {
            var closes = e.Candle.OpenTime + Timeframe.OneHour.Length;
            Assert.True(e.SeenAt >= e.Candle.OpenTime + options.UnfinishedInterval && e.SeenAt < closes, $"{e.SeenAt}");
            Assert.DoesNotContain(
                rig.Received.TakeWhile(earlier => earlier != e),
                earlier =>
                    earlier.SeenAt is null && earlier.History is null && earlier.Candle.OpenTime >= e.Candle.OpenTime
            );
        }
        rig.AssertTrue();
        Assert.Empty(rig.Feed.Health.Gaps);
    }
}
