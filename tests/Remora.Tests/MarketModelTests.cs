using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests;

/// <summary>Warm-up and gaps, and which state continues across a gap.</summary>
public sealed class MarketModelTests
{
    private static readonly TimeSpan Five = TimeSpan.FromMinutes(5);

    [
        Theory,
        InlineData("5m", 20 + 288, 2_400),
        InlineData("15m", 20 + 96, 800),
        InlineData("1h", 20 + 24, 200),
        InlineData("4h", 20 + 20, 200),
        InlineData("1d", 20 + 20, 200)
    ]
    public void Readings_are_known_as_soon_as_their_candles_are_there(string name, int volatility, int trend)
    {
        var timeframe = Timeframe.Parse(name);
        var model = new MarketModel(timeframe);
        var candles = Some.Candles(31, trend + 10, timeframe);
        for (var i = 0; i < candles.Length; i++)
        {
            Assert.True(model.Apply(candles[i]));
            Assert.Equal(i >= volatility, !double.IsNaN(model.Readings.Volatility));
            Assert.Equal(i + 1 >= trend, model.Readings.Trend.IsWarm);
            Assert.Equal(candles[i].OpenTime + timeframe.Length, model.Readings.AsOf);
        }
    }

    [Fact]
    public void Warm_up_is_half_the_trend_and_half_the_month()
    {
        var model = new MarketModel(Timeframe.FiveMinutes);
        var candles = Some.Candles(32, 8_660);
        for (var i = 0; i < candles.Length; i++)
        {
            model.Apply(candles[i]);
            var expected = (0.5 * Math.Min(1, (i + 1) / 12 / 200.0)) + (0.5 * Math.Clamp(i - 19, 0, 8_640) / 8_640);
            Assert.Equal(expected, model.Readings.WarmUp, 12);
        }
        Assert.Equal(1, model.Readings.WarmUp);
    }

    [Fact]
    public void A_hole_of_a_day_is_bridged_and_counted()
    {
        var candles = Some.Candles(33, 4_000);
        var model = Model(candles[..3_000]);
        Assert.True(model.Apply(candles[3_000 + 288]));
        Assert.Equal(1, model.Readings.Gaps);
        Assert.False(double.IsNaN(model.Readings.Volatility));
        Assert.True(model.Readings.Trend.IsWarm);
    }

    [Fact]
    public void After_a_longer_hole_the_model_is_young_again()
    {
        var candles = Some.Candles(34, 4_000);
        var model = Model(candles[..3_000]);
        Assert.True(model.Apply(candles[3_000 + 289]));
        Assert.Equal((1, 0), (model.Readings.Gaps, model.Readings.Trend.Candles));
        Assert.True(double.IsNaN(model.Readings.Volatility) && double.IsNaN(model.Readings.DayReturn));
        Assert.InRange(model.Readings.WarmUp, 0, 0.001);
    }

    [Theory, InlineData(7, true), InlineData(8, false)]
    public void Daily_readings_survive_a_hole_of_a_week(int days, bool survive)
    {
        var model = Model(Some.Candles(35, 288 * 201));
        Assert.True(model.Readings.DailyTrend.IsWarm);
        model.Apply(Some.Flat(Some.Midnight + TimeSpan.FromDays(201 + days)));
        Assert.Equal(survive, model.Readings.DailyTrend.IsWarm);
    }

    /// <summary>
    /// Until the trend is warm, the regime is based on volatility alone and ends when volatility
    /// becomes unknown.
    /// </summary>
    [Fact]
    public void A_regime_read_from_volatility_alone_does_not_outlive_it()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        Assessment? last = null;
        var seen = new HashSet<Regime?>();
        for (var i = 0; i < 900; i++)
        {
            var size = i is >= 400 and < 420 ? 0.05 : 0.001 * (1 + (i % 7 / 10.0));
            var close = 100 * (1 + (size * (i % 2)));
            last = engine.Apply(
                MarketEvent.Closed(
                    Some.Btc,
                    new(Some.Midnight + (i * Five), close, close * 1.0001, close * 0.9999, close, 1)
                )
            );
            seen.Add(last!.Regime);
        }
        Assert.Equal([null, Regime.HighVol], seen.Order());
        Assert.Equal((null, null, null), (last!.Regime, last.RegimeSince, last.EventFlags[RiskFlag.Panic]));
    }

    [Fact]
    public void A_regime_does_not_outlive_a_long_hole()
    {
        var candles = Some.Candles(36, 6_000);
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        foreach (var candle in candles[..3_000])
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        var before = engine.Assess(Some.Btc, 0, candles[3_000].OpenTime);
        Assert.NotNull(before.Regime);
        var after = engine.Apply(MarketEvent.Closed(Some.Btc, candles[3_500]))!;
        Assert.Equal((null, null, 1), (after.Regime, after.RegimeSince, after.GetReadings().Gaps));
        Assert.Contains(after.Reasoning, s => s.Contains("0 of 200 trend candles", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(60, "5 of 200 trend candles, too few candles to rank volatility")]
    [InlineData(2_388, "199 of 200 trend candles, volatility is ranked within less than 30 days")]
    [InlineData(8_000, ": volatility is ranked within less than 30 days")] // 666 trend candles are enough
    [InlineData(12_000, null)]
    public void The_reasoning_names_only_what_the_warm_up_lacks(int candles, string? missing)
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        foreach (var candle in Some.Candles(37, candles))
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        var last = Some.Midnight + (candles * Five);
        var sentence = engine
            .Assess(Some.Btc, 0, last)
            .Reasoning.SingleOrDefault(s => s.Contains("warmed up", StringComparison.Ordinal));
        if (missing is null)
            Assert.Null(sentence);
        else
            Assert.EndsWith($"{missing}.", sentence);
    }

    private static MarketModel Model(Candle[] candles)
    {
        var model = new MarketModel(Timeframe.FiveMinutes);
        foreach (var candle in candles)
            model.Apply(candle);
        return model;
    }
}
