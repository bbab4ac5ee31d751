using Remora.Backtest.Data;
using Remora.Markets;

namespace Remora.Backtest.Tests.Data;

public sealed class LongerCandlesTests
{
    [Fact]
    public void Hours_are_built_from_the_candles_that_exist()
    {
        var five = Generated.Candles(12 * 6, 1);
        // The second hour lacks its last candles, the fourth has none.
        var kept = five.Candles.Where((_, i) => i is not (>= 20 and < 24) and not (>= 36 and < 48)).ToArray();
        var hours = LongerCandles.Build(five with { Candles = kept }, Timeframe.OneHour, "file");
        Assert.Equal(Timeframe.OneHour, hours.Timeframe);
        Assert.Equal([0, 1, 2, 4, 5], hours.Candles.Select(c => (int)(c.OpenTime - Generated.Start).TotalHours));
        foreach (var hour in hours.Candles)
        {
            var own = kept.Where(c => c.OpenTime.Floor(Timeframe.OneHour.Length) == hour.OpenTime).ToArray();
            Assert.Equal(
                (own[0].Open, own.Max(c => c.High), own.Min(c => c.Low), own[^1].Close),
                (hour.Open, hour.High, hour.Low, hour.Close)
            );
            Assert.Equal(own.Sum(c => c.Volume), hour.Volume, 9);
        }
    }

    [Fact]
    public void A_shorter_timeframe_is_refused() =>
        Assert.Contains(
            "'build' must be longer than the 1h",
            Assert
                .Throws<BacktestException>(() =>
                    LongerCandles.Build(Generated.Candles(10, 1, Timeframe.OneHour), Timeframe.FiveMinutes, "file")
                )
                .Message
        );
}
