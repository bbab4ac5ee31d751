using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

public sealed class DecimalStepsTests
{
    [Theory]
    [InlineData(0.12060000000000001, 0.0001, 0.1206, 0.1207, 0.1206)]
    [InlineData(0.1206, 0.0001, 0.1206, 0.1206, 0.1206)]
    [InlineData(7.5, 1, 7, 8, 8)]
    [InlineData(0.000012345, 0.00000001, 0.00001234, 0.00001235, 0.00001235)]
    [InlineData(103_456.785, 0.01, 103_456.78, 103_456.79, 103_456.79)]
    [InlineData(3.3, 0, 3.3, 3.3, 3.3)]
    public void Numbers_are_rounded_by_their_decimal_text(
        double value,
        double step,
        double down,
        double up,
        double nearest
    )
    {
        Assert.Equal(down, DecimalSteps.Down(value, step));
        Assert.Equal(up, DecimalSteps.Up(value, step));
        Assert.Equal(nearest, DecimalSteps.Nearest(value, step));
    }

    [Theory]
    [InlineData(new[] { 12.34567, 0.1, 3 }, 40_000, 0.00001)]
    [InlineData(new[] { 1200.0, 3, 41 }, 0.13, 1)]
    [InlineData(new[] { 0.0, 0, 0 }, 0.13, 0)]
    [InlineData(new[] { 1.0, 2, 3 }, 40_000, 0)] // one coin is more than a stake
    public void The_amount_step_comes_from_the_volumes(double[] volumes, double price, double step) =>
        Assert.Equal(
            step,
            DecimalSteps.OfVolumes(
                [
                    .. volumes.Select(
                        (volume, i) =>
                            new Candle(
                                Generated.Start + (i * Timeframe.FiveMinutes.Length),
                                price,
                                price,
                                price,
                                price,
                                volume
                            )
                    ),
                ],
                100
            )
        );

    [Fact]
    public void One_odd_volume_of_two_hundred_does_not_change_the_step()
    {
        var candles = Enumerable
            .Range(0, 200)
            .Select(i => new Candle(
                Generated.Start + (i * Timeframe.FiveMinutes.Length),
                10,
                10,
                10,
                10,
                i == 7 ? 1.234567 : 1 + (i % 10 / 10.0)
            ));
        Assert.Equal(0.1, DecimalSteps.OfVolumes([.. candles], 100));
    }

    [Fact]
    public void A_tick_is_that_of_its_month()
    {
        static Candle At(string day, double price) => new(Generated.At(day), price, price, price, price, 1);
        var ticks = new PriceTicks([
            At("2024-01-30", 7),
            At("2024-01-31", 8),
            At("2024-02-01", 1.25),
            At("2024-02-20", 1.2345),
            At("2024-03-05", 2),
            At("2024-05-01", 2.5),
        ]);
        Assert.Equal(0, ticks.At(Generated.At("2024-01-31")));
        Assert.Equal(0.0001, ticks.At(Generated.At("2024-02-01")));
        Assert.Equal(0.0001, ticks.At(Generated.At("2024-03-05")));
        Assert.Equal(0.1, ticks.At(Generated.At("2024-05-01")));
    }
}
