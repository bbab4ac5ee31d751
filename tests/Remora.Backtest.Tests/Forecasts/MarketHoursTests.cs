using Remora.Backtest.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Tests.Forecasts;

public sealed class MarketHoursTests
{
    [Fact]
    public void Hours_follow_from_their_candles()
    {
        var candles = Candles(12 * 50);
        candles.RemoveAt(12 * 7); // the first of an hour
        candles.RemoveAt((12 * 20) + 5);
        candles[(12 * 30) + 3] = candles[(12 * 30) + 3] with { Volume = 0 };
        var hours = MarketHours.Of(candles);
        Assert.Equal(50, hours.Count);
        var traded = candles.Where(c => c.Volume > 0).ToArray();
        for (var hour = 0; hour < hours.Count; hour++)
        {
            var (begin, end) = (hours.BeginOf(hour), hours.BeginOf(hour + 1));
            var inside = traded.Where(c => c.OpenTime >= begin && c.OpenTime < end).ToArray();
            var before = traded.LastOrDefault(c => c.OpenTime + Timeframe.FiveMinutes.Length == begin);
            var whole = inside.Length == 12 && before.Close > 0;
            Assert.Equal(whole, hours.AreWhole(hour, hour + 1));
            if (!whole)
            {
                Assert.True(double.IsNaN(hours.Variance(hour, hour + 1, 1)));
                continue;
            }
            var squares = inside.Prepend(before).Zip(inside, (a, b) => Math.Pow(Math.Log(b.Close / a.Close), 2));
            Assert.Equal(squares.Average(), hours.Variance(hour, hour + 1, 1), 1e-15);
            Assert.Equal(Math.Log(inside[^1].Close / before.Close), hours.Return(hour, hour + 1), 1e-12);
            Assert.Equal(
                Math.Max(0, Math.Log(before.Close / inside.Min(c => c.Low))),
                hours.Fall(hour, hour + 1),
                1e-12
            );
            Assert.Equal(
                Math.Max(0, Math.Log(inside.Max(c => c.High) / before.Close)),
                hours.Rise(hour, hour + 1),
                1e-12
            );
        }
        // Hour 0 has no candle before it.
        Assert.Equal(50 - 4, hours.Whole(0, 50));
        Assert.Equal(hours.Whole(-100, 1000), hours.Whole(0, 50));
        Assert.False(hours.AreWhole(45, 51));
    }

    [Fact]
    public void The_week_begins_on_Monday_in_UTC()
    {
        var hours = MarketHours.Of(Candles(12 * 200));
        for (var hour = 0; hour < hours.Count; hour++)
        {
            var time = hours.BeginOf(hour).ToDateTimeOffset();
            Assert.Equal(((((int)time.DayOfWeek + 6) % 7) * 24) + time.Hour, hours.HourOfWeek(hour));
        }
    }

    [Fact]
    public void Quarters_begin_in_January_April_July_and_October()
    {
        Assert.Equal(
            ["2021-07-01T00:00:00Z", "2021-10-01T00:00:00Z", "2022-01-01T00:00:00Z"],
            Quarters.Within(Generated.At("2021-07-01"), Generated.At("2022-02-01")).Select(q => q.ToString())
        );
        Assert.Equal(Generated.At("2024-10-01"), Quarters.BeginOf(Generated.At("2024-12-31T23:59:00Z")));
    }

    private static List<Candle> Candles(int count) => [.. Generated.Candles(count, 3).Candles];
}
