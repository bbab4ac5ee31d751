using Remora.Backtest.Evidence;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Evidence;

/// <summary>Sizes beside constant stakes, and stops at the forecast distances.</summary>
public sealed class SizeComparisonTests
{
    private static readonly double[] Returns = MakeReturns();
    private static readonly int[] Blocks = [.. Enumerable.Range(0, Returns.Length).Select(i => i / 100)];

    [Fact]
    public void A_constant_size_has_no_advantage_over_a_constant_stake()
    {
        var row = Compare(_ => 0.4);
        Assert.Equal(0.4, row.Exposure, 1e-12);
        Assert.Equal(0.4, row.StakeOfEqualShortfall, 1e-12);
        foreach (var zero in new[] { row.MeanGainPct, row.ShortfallGainPct, row.MeanGain.High, row.ShortfallGain.Low })
            Assert.Equal(0, zero, 1e-9);
    }

    [Fact]
    public void The_figures_are_those_of_a_direct_computation()
    {
        static double Size(int i) => i % 3 == 0 ? 0.3 : 1;
        var row = Compare(Size);
        double[] sized = [.. Returns.Select((r, i) => r * Size(i))];
        static double Shortfall(double[] all) => all.Order().Take(all.Length / 20).Average();
        var stake = Shortfall(sized) / Shortfall(Returns);
        Assert.Equal(stake, row.StakeOfEqualShortfall, 1e-12);
        Assert.Equal(100 * (sized.Average() - (stake * Returns.Average())), row.MeanGainPct, 1e-9);
        var exposure = Enumerable.Range(0, Returns.Length).Average(Size);
        Assert.Equal(100 * (Shortfall(sized) - (exposure * Shortfall(Returns))), row.ShortfallGainPct, 1e-9);
        Assert.InRange(row.MeanGainPct, row.MeanGain.Low, row.MeanGain.High);
    }

    [Fact]
    public void Sizes_that_know_the_bad_days_are_better_than_both_stakes()
    {
        var row = Compare(i => Returns[i] < -0.01 ? 0.1 : 1);
        Assert.True(row.MeanGain.Low > 0 && row.ShortfallGain.Low > 0, $"{row}");
    }

    [Fact]
    public void Stops_are_touched_as_often_as_a_direct_count_says()
    {
        var candles = Some.Candles(9, 288 * 40, start: CoefficientVintages.Shipped.All[0].ValidFrom);
        var market = new ForecastMarket(Some.Btc.Pair, candles, MarketHours.Of(candles));
        var end = candles[^1].OpenTime + Timeframe.FiveMinutes.Length;
        var anywhere = new CoefficientVintages(
            CoefficientVintages.Shipped.All[0] with
            {
                Range = new(1, double.MaxValue, 0, 0),
            }
        );
        var forecasts = market.Forecasts(anywhere, ForecastCalendar.Empty, end, TestContext.Current.CancellationToken);
        var rows = StopTouches.Of(market, forecasts, candles[0].OpenTime, end).ToArray();
        Assert.Equal(["1h", "4h", "24h"], rows.Select(row => row.Horizon));
        foreach (var (row, horizon) in rows.Zip(Horizon.All))
        {
            Assert.InRange(row.Hours, 900, 960);
            for (var i = 0; i < StopTouches.Chances.Count; i++)
            {
                var (hours, low, high) = (0, 0, 0);
                foreach (var forecast in forecasts.OfType<Forecast>())
                {
                    if (forecast.AsOf + horizon.Length > end)
                        continue;
                    var first = (int)((forecast.AsOf - candles[0].OpenTime) / Timeframe.FiveMinutes.Length);
                    var after = candles.AsSpan(first, horizon.Hours * MarketHours.Candles).ToArray();
                    hours++;
                    var price = after[0].Open;
                    low +=
                        after.Min(c => c.Low) <= price * (1 - forecast[horizon].StopDistanceAt(StopTouches.Chances[i]))
                            ? 1
                            : 0;
                    high +=
                        after.Max(c => c.High)
                        >= price * (1 + forecast[horizon].ShortStopDistanceAt(StopTouches.Chances[i]))
                            ? 1
                            : 0;
                }
                Assert.Equal(row.Hours, hours);
                Assert.Equal((double)low / hours, row.Long[i], 0.005);
                Assert.Equal((double)high / hours, row.Short[i], 0.005);
            }
        }
    }

    private static SizeRow Compare(Func<int, double> size) =>
        SizeComparison.Compare(
            "BTC/USDT",
            "sizes",
            Returns,
            [.. Enumerable.Range(0, Returns.Length).Select(size)],
            Blocks,
            seed: 3
        );

    private static double[] MakeReturns()
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, 4000).Select(_ => (random.NextDouble() - 0.48) * 0.05)];
    }
}
