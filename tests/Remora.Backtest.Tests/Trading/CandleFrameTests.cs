using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

public sealed class CandleFrameTests
{
    private static readonly TimeSpan Step = Timeframe.FiveMinutes.Length;

    [Fact]
    public void Holes_are_filled_with_the_last_close_and_no_volume()
    {
        var whole = Weather.Candles(20, 1);
        var holed = whole with { Candles = [.. whole.Candles.Where((_, i) => i is not (7 or 8))] };
        var frame = CandleFrame.Cut(holed, Weather.Start, whole.Candles[^1].OpenTime, 0);
        Assert.Equal(20, frame.Rows.Length);
        var close = whole.Candles[6].Close;
        Assert.Equal(new Candle(whole.Candles[8].OpenTime, close, close, close, close, 0), frame.Rows[8]);
        Assert.Equal(whole.Candles[9], frame.Rows[9]);
        Assert.Equal(2.0 / 19, frame.FilledShare, 9);
    }

    [Fact]
    public void A_row_knows_the_last_candle_that_had_closed_when_it_opened()
    {
        var whole = Weather.Candles(12, 1);
        var holed = whole with { Candles = [.. whole.Candles.Where((_, i) => i is not (4 or 5))] };
        var frame = CandleFrame.Cut(holed, Weather.Start, whole.Candles[^1].OpenTime, 0);
        Assert.Equal([-1, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8], frame.Known);
        for (var row = 1; row < frame.Rows.Length; row++)
            Assert.True(holed.Candles[frame.Known[row]].OpenTime + Step <= frame.Rows[row].OpenTime);
    }

    [Fact]
    public void Warm_up_lies_before_the_period_where_there_are_candles()
    {
        var series = Weather.Candles(500, 1);
        var frame = CandleFrame.Cut(series, Weather.Start + (300 * Step), series.Candles[400].OpenTime, 200);
        Assert.Equal(Weather.Start + (300 * Step), frame.From);
        Assert.Equal(Weather.Start + (100 * Step), frame.Rows[0].OpenTime);
        Assert.Equal(series.Candles[400].OpenTime, frame.To);
    }

    [Fact]
    public void Without_candles_before_it_the_period_begins_later()
    {
        var series = Weather.Candles(500, 1);
        var frame = CandleFrame.Cut(series, Weather.Start, series.Candles[^1].OpenTime, 200);
        Assert.Equal(Weather.Start + (200 * Step), frame.From); // 16:40, as in the published runs that start in 2020
    }

    [Fact]
    public void A_period_without_candles_is_refused_with_what_there_is()
    {
        var series = Weather.Candles(500, 1);
        var error = Assert.Throws<BacktestException>(() => CandleFrame.Cut(series, Weather.At("2030-01-01"), Weather.At("2030-02-01"), 200));
        Assert.Contains("2024-01-01", error.Message);
    }
}
