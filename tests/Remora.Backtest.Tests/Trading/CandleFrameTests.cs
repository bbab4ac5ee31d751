using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

public sealed class CandleFrameTests
{
    private static readonly TimeSpan Step = Timeframe.FiveMinutes.Length;

    [Fact]
    public void Holes_are_filled_with_the_last_close_and_no_volume()
    {
        var whole = Generated.Candles(20, 1);
        var holed = whole with { Candles = [.. whole.Candles.Where((_, i) => i is not (7 or 8))] };
        var frame = CandleFrame.Cut(holed, Generated.Start, whole.Candles[^1].OpenTime, 0);
        Assert.Equal(20, frame.Rows.Length);
        var close = whole.Candles[6].Close;
        Assert.Equal(new Candle(whole.Candles[8].OpenTime, close, close, close, close, 0), frame.Rows[8]);
        Assert.Equal(whole.Candles[9], frame.Rows[9]);
        Assert.Equal(2.0 / 19, frame.FilledShare, 9);
    }

    [Fact]
    public void A_row_refers_to_the_last_candle_closed_at_its_open()
    {
        var whole = Generated.Candles(12, 1);
        var holed = whole with { Candles = [.. whole.Candles.Where((_, i) => i is not (4 or 5))] };
        var frame = CandleFrame.Cut(holed, Generated.Start, whole.Candles[^1].OpenTime, 0);
        Assert.Equal([-1, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8], frame.Known);
        for (var row = 1; row < frame.Rows.Length; row++)
            Assert.True(holed.Candles[frame.Known[row]].OpenTime + Step <= frame.Rows[row].OpenTime);
    }

    [Fact]
    public void The_warm_up_precedes_the_period_if_candles_exist()
    {
        var series = Generated.Candles(500, 1);
        var frame = CandleFrame.Cut(series, Generated.Start + (300 * Step), series.Candles[400].OpenTime, 200);
        Assert.Equal(Generated.Start + (300 * Step), frame.From);
        Assert.Equal(Generated.Start + (100 * Step), frame.Rows[0].OpenTime);
        Assert.Equal(series.Candles[400].OpenTime, frame.To);
    }

    [Fact]
    public void Without_earlier_candles_the_period_starts_later()
    {
        var series = Generated.Candles(500, 1);
        var frame = CandleFrame.Cut(series, Generated.Start, series.Candles[^1].OpenTime, 200);
        Assert.Equal(Generated.Start + (200 * Step), frame.From); // 16:40, as in the published runs that start in 2020
    }

    [Fact]
    public void A_period_without_candles_is_rejected_with_the_covered_period()
    {
        var series = Generated.Candles(500, 1);
        var error = Assert.Throws<BacktestException>(() =>
            CandleFrame.Cut(series, Generated.At("2030-01-01"), Generated.At("2030-02-01"), 200)
        );
        Assert.Contains("2024-01-01", error.Message);
    }
}
