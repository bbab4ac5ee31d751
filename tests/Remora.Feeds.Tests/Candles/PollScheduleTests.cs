using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

public sealed class PollScheduleTests
{
    private static readonly Instant Open = Instant.From(new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly MarketFeedOptions Options = new() { PollSpread = TimeSpan.Zero };

    private static MarketId Market(string pair) => new("binance", Pair.Parse(pair), Timeframe.FiveMinutes);

    [Fact]
    public void A_candle_is_asked_for_shortly_after_its_close()
    {
        var polls = new PollSchedule(Market("BTC/USDT"), Options);
        polls.Expect(Open);
        Assert.Equal(Open + TimeSpan.FromSeconds(302), polls.Next);
    }

    [Theory]
    [InlineData(0, 62)]
    [InlineData(61, 62)]
    [InlineData(62, 122)]
    [InlineData(200, 242)]
    [InlineData(242, null)] // the next is after the close
    public void The_unfinished_candle_is_looked_at_each_interval_after_its_open(int now, int? next)
    {
        var polls = new PollSchedule(Market("BTC/USDT"), Options with { UnfinishedInterval = TimeSpan.FromMinutes(1) });
        Instant? expected = next is { } seconds ? Open + TimeSpan.FromSeconds(seconds) : null;
        Assert.Equal(expected, polls.NextLook(Open, Open + TimeSpan.FromSeconds(now)));
        Assert.Null(new PollSchedule(Market("BTC/USDT"), Options).NextLook(Open, Open));
    }

    [Fact]
    public void Markets_are_spread_evenly_and_each_always_at_the_same_place()
    {
        var delays = Enumerable
            .Range(0, 500)
            .Select(i =>
            {
                var polls = new PollSchedule(Market($"C{i}/USDT"), new());
                polls.Expect(Open);
                return (polls.Next - Open).TotalSeconds - 302;
            })
            .ToArray();
        Assert.All(delays, delay => Assert.InRange(delay, 0, 5));
        for (var second = 0; second < 5; second++)
            Assert.InRange(delays.Count(delay => delay >= second && delay < second + 1), 60, 140);
        Assert.Equal(PollSchedule.PlaceOf(Market("BTC/USDT")), PollSchedule.PlaceOf(Market("btc/usdt")));
    }

    [Fact]
    public void A_late_candle_is_asked_for_a_few_times_and_then_with_its_successor()
    {
        var polls = new PollSchedule(Market("BTC/USDT"), Options);
        polls.Expect(Open);
        var waits = new List<double>();
        for (var i = 0; i < 4; i++)
        {
            var now = polls.Next;
            polls.Late(now);
            waits.Add((polls.Next - now).TotalSeconds);
        }
        Assert.Equal([3, 6, 12, 279], waits);
        Assert.Equal(Open + TimeSpan.FromSeconds(602), polls.Next);
    }
}
