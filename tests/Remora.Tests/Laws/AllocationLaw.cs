using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Laws;

public sealed class AllocationLaw
{
    /// <summary>After warm-up a candle costs the memory of its assessment and not a byte more.</summary>
    [Fact]
    public void A_candle_allocates_its_assessment_and_nothing_else()
    {
        const int warm = 12_000, measured = 10_000;
        var engine = Replay.Engine();
        engine.Apply(MarketEvent.Observed(new(Signal.FearGreed, null, 20, Some.Midnight, Some.Midnight, TimeSpan.FromDays(1_000), "test")));
        var candles = Some.Candles(21, warm + measured);
        Assessment assessment = null!;
        foreach (var candle in candles[..warm]) assessment = engine.Apply(MarketEvent.Closed(Some.Market, candle))!;
        Assert.Equal(1, assessment.WarmUp);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = warm; i < candles.Length; i++) engine.Apply(MarketEvent.Closed(Some.Market, candles[i]));
        var perCandle = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)measured;

        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < measured; i++) assessment.At(assessment.AssessedAt, Side.Long);
        var perAssessment = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)measured;

        TestContext.Current.TestOutputHelper?.WriteLine($"{perCandle} bytes per candle, {perAssessment} per assessment");
        Assert.Equal(perAssessment, perCandle);
        Assert.InRange(perAssessment, 100, 1_000);
    }
}
