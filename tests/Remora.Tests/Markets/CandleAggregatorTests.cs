using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Markets;

public sealed class CandleAggregatorTests
{
    [
        Theory,
        InlineData("1m", "1h"),
        InlineData("5m", "1h"),
        InlineData("30m", "1h"),
        InlineData("5m", "1d"),
        InlineData("8h", "1d"),
        InlineData("1h", "1h")
    ]
    public void Agrees_with_grouping_whatever_is_missing_and_wherever_it_begins(string from, string to) =>
        Prop.ForAll(
                Any.Seed,
                Gen.Choose(0, 400).ToArbitrary(),
                (seed, skip) =>
                {
                    var (shorter, longer) = (Timeframe.Parse(from), Timeframe.Parse(to));
                    var candles = Some.WithHoles(Some.Candles(seed, 900, shorter), seed, longestHole: 2 + (seed % 400))
                        .Skip(Math.Min(skip, 300))
                        .ToArray();
                    if (candles.Length == 0)
                        return;
                    Assert.Equal(Expected(candles, shorter, longer), Aggregate(candles, shorter, longer));
                }
            )
            .MustHold();

    [Fact]
    public void A_span_that_was_under_way_is_left_out()
    {
        var aggregator = new CandleAggregator(Timeframe.FiveMinutes, Timeframe.OneHour);
        for (var minute = 5; minute < 60; minute += 5)
            Assert.False(aggregator.Add(Some.Flat(Some.Midnight + TimeSpan.FromMinutes(minute)), out _));
        for (var minute = 60; minute < 115; minute += 5)
            Assert.False(aggregator.Add(Some.Flat(Some.Midnight + TimeSpan.FromMinutes(minute)), out _));
        Assert.True(aggregator.Add(Some.Flat(Some.Midnight + TimeSpan.FromMinutes(115), 101), out var hour));
        Assert.Equal(new Candle(Some.Midnight + TimeSpan.FromHours(1), 100, 101, 100, 101, 12), hour);
    }

    /// <summary>
    /// Hours built from the real 5m candles equal the exchange's own hours whenever all twelve
    /// candles exist.
    /// </summary>
    [Fact]
    public void Real_hours_are_the_venues_own()
    {
        var venue = SharedData.Candles("candles/BTCUSDT-1h.csv.gz").ToDictionary(c => c.OpenTime);
        var fives = SharedData.Candles("candles/BTCUSDT-5m.csv.gz");
        var whole = fives
            .CountBy(c => c.OpenTime.Floor(TimeSpan.FromHours(1)))
            .Where(h => h.Value == 12)
            .Select(h => h.Key)
            .ToHashSet();
        int compared = 0,
            prices = 0,
            volumes = 0,
            absent = 0;
        foreach (
            var hour in Aggregate(fives, Timeframe.FiveMinutes, Timeframe.OneHour)
                .Where(h => whole.Contains(h.OpenTime))
        )
        {
            if (!venue.TryGetValue(hour.OpenTime, out var theirs))
            {
                absent++;
                continue;
            }
            compared++;
            if (hour with { Volume = 0 } != theirs with { Volume = 0 })
                prices++;
            else if (Math.Abs(hour.Volume - theirs.Volume) > 1e-6 * Math.Max(1, theirs.Volume))
                volumes++;
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{compared} whole hours: {prices} differ in price, {volumes} in volume; {absent} are not in the "
                + $"venue's file"
        );
        Assert.InRange(compared, 40_000, 41_000);
        Assert.InRange(prices, 0, 10);
    }

    private static List<Candle> Aggregate(Candle[] candles, Timeframe from, Timeframe to)
    {
        var aggregator = new CandleAggregator(from, to);
        var longer = new List<Candle>();
        foreach (var candle in candles)
        {
            if (aggregator.TryCloseBefore(candle.OpenTime, out var cutShort))
                longer.Add(cutShort);
            if (aggregator.Add(candle, out var closed))
                longer.Add(closed);
        }
        return longer;
    }

    private static List<Candle> Expected(Candle[] candles, Timeframe from, Timeframe to)
    {
        var first = candles[0].OpenTime;
        var last = candles[^1].OpenTime;
        return
        [
            .. candles
                .GroupBy(c => c.OpenTime.Floor(to.Length))
                .Where(g => g.Key >= first)
                // Closed by its last candle, or by a later one.
                .Where(g => g.Key + to.Length <= last || last + from.Length >= g.Key + to.Length)
                .Select(g => new Candle(
                    g.Key,
                    g.First().Open,
                    g.Max(c => c.High),
                    g.Min(c => c.Low),
                    g.Last().Close,
                    g.Aggregate(0.0, (sum, c) => sum + c.Volume)
                )),
        ];
    }
}
