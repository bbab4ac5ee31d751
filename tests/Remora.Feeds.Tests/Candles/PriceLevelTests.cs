using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Candles;

public sealed class PriceLevelTests
{
    [Theory]
    [InlineData(100, 150, false)]
    [InlineData(100, 150.01, true)]
    [InlineData(100, 50, false)]
    [InlineData(100, 49.99, true)]
    [InlineData(57_088.12, 2_376.5, true)]
    [InlineData(57_279.53, 57_279_530, true)]
    [InlineData(57_279_530, 57_279.53, true)]
    [InlineData(0.00001, 0.000016, true)]
    [InlineData(0.00001, 0.000014, false)]
    public void A_close_is_at_another_level_when_it_differs_by_more_than_half(double known, double found, bool differs)
    {
        Assert.Equal(differs, PriceLevel.Differs(known, found));
        Assert.Equal(differs, PriceLevel.Differs(known, found, 1e-9));
    }

    [Theory]
    [InlineData(0.00001, 0.00002, false)] // the smallest possible move
    [InlineData(0.00002, 0.00001, false)]
    [InlineData(0.00001, 0.00003, true)]
    [InlineData(0.00003, 0.00001, true)]
    [InlineData(0.0001, 0.00005, false)]
    [InlineData(0.0001, 0.00004, true)]
    public void One_step_of_a_coarse_price_is_the_same_level(double known, double found, bool differs) =>
        Assert.Equal(differs, PriceLevel.Differs(known, found, 0.00001));

    [Theory]
    [InlineData(0.00001, 1e-5)]
    [InlineData(0.00000123, 1e-8)]
    [InlineData(57_088.12, 0.01)]
    [InlineData(57_088, 1)]
    [InlineData(57_000, 1)]
    [InlineData(1e21, 1)]
    public void The_step_is_read_from_the_prices(double price, double step)
    {
        Assert.Equal(step, PriceLevel.StepOf([Some.Flat(default, price)]), step * 1e-9);
        // The finest step counts.
        Assert.Equal(1e-9, PriceLevel.StepOf([Some.Flat(default, price), Some.Flat(default, 1.000000001)]), 1e-15);
        Assert.Equal(0, PriceLevel.StepOf([]));
    }

    [Fact]
    public void A_price_is_nearer_by_its_ratio()
    {
        Assert.True(PriceLevel.IsNearer(120, to: 100, than: 160));
        Assert.False(PriceLevel.IsNearer(130, to: 100, than: 160));
    }

    [Theory]
    [InlineData("1m")]
    [InlineData("5m")]
    [InlineData("30m")]
    public void Hourly_candles_show_where_the_base_candles_are_others(string name)
    {
        var timeframe = Timeframe.Parse(name);
        var inHour = timeframe.CountIn(TimeSpan.FromHours(1));
        var candles = Some.Candles(3, inHour * 10, timeframe);
        Candle[] hours =
        [
            .. candles
                .Chunk(inHour)
                .Select(hour => new Candle(
                    hour[0].OpenTime,
                    hour[0].Open,
                    hour.Max(c => c.High),
                    hour.Min(c => c.Low),
                    hour[^1].Close,
                    hour.Sum(c => c.Volume)
                )),
        ];
        Assert.Null(HourlyCheck.FirstDifference(timeframe, candles, hours));

        Candle[] wrong = [.. candles];
        wrong[(inHour * 7) - 1] = wrong[(inHour * 7) - 1] with { Close = wrong[(inHour * 7) - 1].Close * 1.0001 };
        wrong[(inHour * 4) + 1] = wrong[(inHour * 4) + 1] with { High = hours[4].High * 1000 };
        Assert.Equal(hours[4].OpenTime, HourlyCheck.FirstDifference(timeframe, wrong, hours));
        Assert.Equal(hours[6].OpenTime, HourlyCheck.FirstDifference(timeframe, wrong, hours[5..]));
        Candle[] holed = [.. wrong.Where((_, i) => i != (inHour * 4) && i != (inHour * 6))];
        // An hour with a gap cannot be compared.
        Assert.Null(HourlyCheck.FirstDifference(timeframe, holed, hours));
    }

    [Fact]
    public async Task An_answer_counts_when_it_comes_twice_and_its_times_are_right()
    {
        var known = Some.Candles(1, 20);
        Candle[] other = [.. Some.Candles(2, 20)],
            oneOther = [.. known[..19], known[19] with { Close = known[19].Low }];
        var check = new RevisionCheck();
        Assert.Equal(Ruling.Same, await JudgeAsync(known, true));
        Assert.Equal(Ruling.Unclear, await JudgeAsync(oneOther, true));
        Assert.Equal(Ruling.Same, await JudgeAsync(known, true)); // a transient fault
        Assert.Equal(Ruling.Unclear, await JudgeAsync(oneOther, true));
        // The second response differs from the first.
        Assert.Equal(Ruling.Unclear, await JudgeAsync(other, true));
        Assert.Equal(Ruling.Unclear, await JudgeAsync(other, false));
        Assert.Equal(Ruling.Replaced, await JudgeAsync(other, true));
        Assert.Equal(Ruling.Unclear, await JudgeAsync(oneOther, false));
        // The others prove that the times are right.
        Assert.Equal(Ruling.Revised, await JudgeAsync(oneOther, false));

        Task<Ruling> JudgeAsync(IReadOnlyList<Candle> answer, bool hasOpenCandle) =>
            check.JudgeAsync(CandleComparison.Of(known, answer), answer, () => Task.FromResult(hasOpenCandle));
    }
}
