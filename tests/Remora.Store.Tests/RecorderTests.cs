using System.Text.Json;
using Remora.Markets;
using Remora.Store.Recording;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class RecorderTests(Engine engine)
{
    [Fact]
    public async Task What_is_handed_over_is_found_again_whole()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var candles = Some.Candles(3, 700, start: Some.Time);
        var assessments = Recorded.Assessments(Some.Btc, 700, seed: 3)[300..];
        var fear = Some.Observation(Signal.FearGreed, 20, Some.Time);
        var funding = Some.Observation(Signal.FundingRate, 0.0003, Some.Time, "BTC");

        recorded.Recorder.Candles(Some.Btc, Some.Btc.Timeframe, candles[..500]);
        foreach (var assessment in assessments[..100])
            recorded.Recorder.Assessment(assessment);
        foreach (var assessment in assessments[100..])
            recorded.Recorder.CandleAndAssessment(assessment); // a hundred candles are recorded twice
        recorded.Recorder.Observation(fear);
        recorded.Recorder.Observation(funding);
        for (var i = 0; i < 300; i++)
            recorded.Recorder.Request(Recorded.Request(i));
        await recorded.FlushAsync();

        Assert.Equal(candles, await store.Candles.Of(Some.Btc).ListAsync());
        Assert.Equal(candles[^1], await store.Candles.LatestAsync(Some.Btc));
        Assert.Equal([fear, funding], await store.Observations.KnownAtAsync(Some.Time));
        var stored = await store.Assessments.Of(Some.Btc, assessments[0].Policy).ListAsync();
        Assert.Equal(
            assessments.Select(Json),
            stored.Select(row => System.Text.Encoding.UTF8.GetString(row.Answer.Span))
        );
        Assert.Equal(300UL, await store.Client.SingleAsync("SELECT count() FROM api_requests", row => row.UInt64()));
        Assert.Equal(
            (800, 400),
            (recorded.Recorder.Health.WrittenRows["candles"], recorded.Recorder.Health.WrittenRows["assessments"])
        );
        Assert.Equal(
            (800, 400),
            (recorded.Recorder.Health.HandedOverRows["candles"], recorded.Recorder.Health.HandedOverRows["assessments"])
        );
        Assert.True(recorded.Recorder.Health.IsWell);
        Assert.Equal(
            (0L, 0, 0L),
            (
                recorded.Recorder.Health.QueuedRows,
                recorded.Recorder.Health.JournalBatches,
                recorded.Recorder.Health.DroppedRows
            )
        );
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact);
    }

    private static string Json(Assessment assessment) => JsonSerializer.Serialize(assessment, RemoraJson.Options);
}
