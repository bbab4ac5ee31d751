using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Tests.Simulation;

/// <summary>A simulated market depends only on its seed, its pair and the time.</summary>
public sealed class DeterminismTests
{
    private static readonly Pair Bitcoin = Pair.Parse("BTC/USDT");

    [Fact]
    public void The_same_seed_gives_the_same_candles_in_any_request_order()
    {
        var straight = Market(seed: 5).Read(Timeframe.FiveMinutes, Instant.MinValue, Instant.MaxValue, SandboxRig.Now);

        var other = Market(seed: 5);
        other.Read(Timeframe.OneDay, Instant.MinValue, Instant.MaxValue, SandboxRig.Now + TimeSpan.FromDays(400));
        var middle = SandboxRig.Now.Floor(TimeSpan.FromDays(1)) - TimeSpan.FromDays(20);
        var late = other.Read(Timeframe.FiveMinutes, middle, Instant.MaxValue, SandboxRig.Now);
        var early = other.Read(Timeframe.FiveMinutes, Instant.MinValue, middle, SandboxRig.Now);

        Assert.Equal(straight, [.. early, .. late]);
    }

    [Fact]
    public void Candles_do_not_depend_on_history_length_or_start()
    {
        var from = SandboxRig.Now - TimeSpan.FromDays(10);
        var shorter = new SandboxWorld(new() { HistoryDays = 20 }, SandboxRig.Now).Markets[Bitcoin];
        var later = new SandboxWorld(new() { HistoryDays = 100 }, SandboxRig.Now + TimeSpan.FromDays(30)).Markets[
            Bitcoin
        ];

        Assert.Equal(
            shorter.Read(Timeframe.FiveMinutes, from, Instant.MaxValue, SandboxRig.Now),
            later.Read(Timeframe.FiveMinutes, from, Instant.MaxValue, SandboxRig.Now)
        );
    }

    [Fact]
    public void Another_seed_gives_other_candles()
    {
        var one = Market(seed: 1).Read(Timeframe.OneHour, Instant.MinValue, Instant.MaxValue, SandboxRig.Now);
        var two = Market(seed: 2).Read(Timeframe.OneHour, Instant.MinValue, Instant.MaxValue, SandboxRig.Now);

        Assert.Equal(one.Count, two.Count);
        Assert.True(one.Zip(two, (left, right) => left.Close == right.Close).Count(same => same) < one.Count / 100);
    }

    [Fact]
    public void No_future_candles_are_visible_and_past_ones_never_change()
    {
        var whole = Market(seed: 5)
            .Read(Timeframe.FiveMinutes, Instant.MinValue, Instant.MaxValue, SandboxRig.Now + TimeSpan.FromDays(5));
        for (var minutes = 0; minutes < 2 * 24 * 60; minutes += 61)
        {
            var now = SandboxRig.Now + TimeSpan.FromMinutes(minutes) + TimeSpan.FromSeconds(minutes % 60);
            var seen = Market(seed: 5).Last(Timeframe.FiveMinutes, Instant.MinValue, Instant.MaxValue, 50, now);
            var open = seen[^1];

            Assert.Equal(now.Floor(Timeframe.FiveMinutes.Length), open.OpenTime);
            Assert.Equal(
                whole.Where(candle => candle.OpenTime >= seen[0].OpenTime && candle.OpenTime < open.OpenTime),
                seen[..^1]
            );
            var closed = whole.Single(candle => candle.OpenTime == open.OpenTime);
            Assert.Equal(closed.Open, open.Open);
            Assert.True(open.High <= closed.High && open.Low >= closed.Low && open.Volume <= closed.Volume);
        }
    }

    [Fact]
    public void A_candle_that_opens_now_has_only_its_open()
    {
        var now = SandboxRig.Now.Floor(TimeSpan.FromHours(1));
        var open = Market(seed: 5).Last(Timeframe.OneHour, Instant.MinValue, Instant.MaxValue, 1, now)[0];

        Assert.Equal(new(now, open.Open, open.Open, open.Open, open.Open, 0), open);
    }

    [Theory]
    [InlineData("BTC/USDT")]
    [InlineData("DOGE/USDT")]
    [InlineData("NOBODY-KNOWS.IT/EUR")]
    public void Every_candle_is_valid_and_consistent_with_shorter_ones(string pair)
    {
        var world = new SandboxWorld(new() { HistoryDays = 30, Pairs = [Pair.Parse(pair)] }, SandboxRig.Now);
        var market = world.Markets.Values.Single();
        var now = SandboxRig.Now.Floor(TimeSpan.FromDays(1));
        var minutes = market.Read(market.Base, Instant.MinValue, now, now);
        Assert.Equal(30 * 1440, minutes.Count);
        Assert.All(minutes, candle => Assert.Equal(CandleFault.None, candle.Check(market.Base, now)));
        Assert.All(minutes.Zip(minutes.Skip(1)), pair => Assert.Equal(pair.First.Close, pair.Second.Open));
        Assert.All(
            minutes,
            candle =>
                Assert.Equal(
                    candle.Close,
                    double.Parse(candle.Close.ToString("F" + ((Sandbox.Simulation.SimulatedSeries)market).Decimals))
                )
        );

        foreach (var timeframe in Timeframe.Known)
        {
            var candles = market.Read(timeframe, Instant.MinValue, now, now);
            Assert.Equal(30 * timeframe.CountIn(TimeSpan.FromDays(1)), candles.Count);
            var expected = minutes
                .GroupBy(minute => minute.OpenTime.Floor(timeframe.Length))
                .Select(group => new Candle(
                    group.Key,
                    group.First().Open,
                    group.Max(minute => minute.High),
                    group.Min(minute => minute.Low),
                    group.Last().Close,
                    0
                ));
            Assert.Equal(expected, candles.Select(candle => candle with { Volume = 0 }));
            Assert.Equal(
                minutes.Sum(minute => minute.Volume),
                candles.Sum(candle => candle.Volume),
                1e-6 * minutes.Sum(minute => minute.Volume)
            );
        }
    }

    [Fact]
    public void Concurrent_readers_get_equal_candles()
    {
        var alone = Market(seed: 8);
        var shared = Market(seed: 8);
        Parallel.For(
            0,
            64,
            i =>
            {
                var timeframe = Timeframe.Known[i % Timeframe.Known.Count];
                var now = SandboxRig.Now + TimeSpan.FromDays(i * 10);
                Assert.Equal(
                    alone.Last(timeframe, Instant.MinValue, Instant.MaxValue, 300, now),
                    shared.Last(timeframe, Instant.MinValue, Instant.MaxValue, 300, now)
                );
            }
        );
        Assert.Equal(
            Market(seed: 8).Read(Timeframe.OneHour, Instant.MinValue, Instant.MaxValue, SandboxRig.Now),
            shared.Read(Timeframe.OneHour, Instant.MinValue, Instant.MaxValue, SandboxRig.Now)
        );
    }

    private static CandleSeries Market(long seed) =>
        new SandboxWorld(new() { Seed = seed, HistoryDays = 60 }, SandboxRig.Now).Markets[Bitcoin];
}
