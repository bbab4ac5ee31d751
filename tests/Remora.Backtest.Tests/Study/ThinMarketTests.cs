using Remora.Backtest.Study;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Study;

/// <summary>The engine's answers for short, thin and dead markets.</summary>
public sealed class ThinMarketTests
{
    private static readonly CandleTape Series = Generated.Candles(12_000, 3);

    private static ThinMarket Market(double share = 1, string? quiet = null, bool sendsQuiet = true) =>
        new(
            "test",
            Pair.Parse("BTC/USDT"),
            "five.csv",
            Generated.At("2024-01-03"),
            Generated.At("2024-02-08"),
            share,
            quiet is null ? null : Generated.At(quiet),
            sendsQuiet
        );

    private static ThinMarketFigures Run(ThinMarket market) => market.Run(Series, [], RiskPolicy.Default, 1);

    [Fact]
    public void A_new_listing_warms_up_before_its_answers_count()
    {
        var figures = Run(Market());
        Assert.True(figures.Real);
        Assert.Equal((36 * 288, 0.0, 0.0), (figures.Candles, figures.Missing, figures.WithoutVolume));
        Assert.Equal(Generated.At("2024-01-03"), figures.First);
        Assert.True(figures.DaysToScore > 0 && figures.DaysToOk >= figures.DaysToScore);
        Assert.InRange(figures.OkShare, 0.01, 0.99);
    }

    [Fact]
    public void A_market_that_ends_becomes_stale_and_then_unknown()
    {
        var after = Run(Market()).After;
        Assert.Equal([0.0, 10, 30, 60, 1440], after.Select(a => a.Minutes));
        Assert.Equal(AssessmentState.Stale, after[2].State);
        Assert.Equal(AssessmentState.Unknown, after[3].State);
        Assert.True(after[2].Confidence < after[0].Confidence);
        Assert.Equal(0, after[3].Confidence);
    }

    [Fact]
    public void A_quiet_market_repeats_its_last_price_without_volume()
    {
        var market = Market(quiet: "2024-02-01");
        var candles = market.Thin(Series.Candles, 1);
        var last = candles.Last(c => c.Volume > 0);
        Assert.Equal(Generated.At("2024-02-01") - Series.Timeframe.Length, last.OpenTime);
        Assert.All(
            candles.Where(c => c.OpenTime > last.OpenTime),
            c =>
                Assert.Equal(
                    (last.Close, last.Close, last.Close, last.Close, 0.0),
                    (c.Open, c.High, c.Low, c.Close, c.Volume)
                )
        );
        Assert.False(Run(market).Real);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_thin_market_has_the_wanted_share_of_trades(bool sendsQuiet)
    {
        var market = Market(0.2, sendsQuiet: sendsQuiet);
        var candles = market.Thin(Series.Candles, 1);
        var traded = candles.Count(c => c.Volume > 0);
        Assert.InRange(traded / (36.0 * 288), 0.18, 0.22);
        Assert.All(candles, c => Assert.Equal(CandleFault.None, c.Check(Series.Timeframe, Instant.MaxValue)));
        Assert.All(candles, c => Assert.Equal(c.High, c.Low));
        if (sendsQuiet)
            Assert.InRange(candles.Count, (36 * 288) - 50, 36 * 288);
        else
            Assert.Equal(traded, candles.Count);
        Assert.Equal(candles, market.Thin(Series.Candles, 1));
        Assert.NotEqual(candles, market.Thin(Series.Candles, 2));
    }

    [Fact]
    public void A_market_without_candles_is_named() =>
        Assert.Contains(
            "thin_markets: test has no candles",
            Assert
                .Throws<BacktestException>(() =>
                    Run(Market() with { From = Generated.At("2030-01-01"), To = Generated.At("2030-02-01") })
                )
                .Message
        );
}
