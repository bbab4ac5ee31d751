using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Laws;

public sealed class AllocationLaw
{
    /// <summary>
    /// After warm-up a candle allocates only its result: the assessment, its readings and forecast,
    /// once per hour and once per day a trend reading, and once per hour what is usual.
    /// </summary>
    [Fact]
    public void A_candle_allocates_its_result_and_nothing_else()
    {
        // Whole days: the same number of hours and days start and end.
        const int warm = 12_000,
            measured = 288 * 20,
            rounds = 3;
        var engine = Replay.Engine();
        engine.Apply(
            MarketEvent.Observed(
                new(Signal.FearGreed, null, 20, Some.Midnight, Some.Midnight, TimeSpan.FromDays(1_000), "test")
            )
        );
        var candles = Some.Candles(21, warm + (measured * rounds));
        Assessment assessment = null!;
        foreach (var candle in candles[..warm])
            assessment = engine.Apply(MarketEvent.Closed(Some.Btc, candle))!;
        Assert.Equal(1, assessment.WarmUp);

        // The runtime occasionally allocates a few bytes on this thread when it recompiles a hot
        // method. The allocations of the engine occur in every round.
        var perCandle = double.PositiveInfinity;
        for (var round = 0; round < rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = warm + (round * measured); i < warm + ((round + 1) * measured); i++)
                engine.Apply(MarketEvent.Closed(Some.Btc, candles[i]));
            perCandle = Math.Min(perCandle, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)measured);
        }

        var readings = assessment.GetReadings();
        var perAssessment = BytesOf(() => assessment.At(assessment.AssessedAt, Side.Long));
        var perReadings = BytesOf(() => readings with { Gaps = 1 });
        var forecast = assessment.Forecast!;
        var perForecast = BytesOf(() => new Forecast(forecast, ForecastChoice.Usual));
        var perUsual =
            BytesOf(() => forecast.Usual with { })
            + BytesOf(() => forecast.Usual.Means.Clone())
            + BytesOf(() => forecast.Usual.Medians.Clone());
        var perTrend = BytesOf(() => readings.Trend with { Candles = 1 });

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{perCandle} bytes per candle: {perAssessment} an assessment, {perReadings} its readings, {perTrend} a "
                + $"trend reading, {perForecast} a forecast, {perUsual} what is usual"
        );
        var results =
            perAssessment + perReadings + perForecast + (perUsual / 12.0) + (perTrend * ((1 / 12.0) + (1 / 288.0)));
        const double correlations = 48 / 12.0; // once an hour
        Assert.InRange(perCandle, results - 1e-9, results + correlations + 1e-9);
        Assert.InRange(perCandle, 100, 1_000);
    }

    private static double BytesOf(Func<object> make)
    {
        const int times = 1000;
        make();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
            make();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)times;
    }
}
