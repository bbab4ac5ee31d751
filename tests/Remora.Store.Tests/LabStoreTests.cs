using Remora.Markets;
using Remora.Server.Lab;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class LabStoreTests(Engine engine)
{
    [Fact]
    public async Task The_past_of_the_lab_is_what_was_stored()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var candles = Some.Candles(1, 300);
        recorded.Recorder.Candles(Some.Btc, Some.Btc.Timeframe, candles);
        var observation = Some.Observation(Signal.FearGreed, 20, candles[100].OpenTime);
        recorded.Recorder.Observation(observation);
        await recorded.FlushAsync();
        var past = new LabStore(store, TimeProvider.System);
        Assert.Equal(
            (candles[0].OpenTime, candles[^1].OpenTime + Timeframe.FiveMinutes.Length),
            await past.ReachAsync(Some.Btc, CancellationToken.None)
        );
        Assert.Null(await past.ReachAsync(Some.Eth, CancellationToken.None));
        var (from, until) = (candles[50].OpenTime, candles[150].OpenTime);
        Assert.Equal(candles[50..150], await past.CandlesAsync(Some.Btc, from, until, CancellationToken.None));
        Assert.Equal([observation], await past.ObservationsAsync(Some.Btc, from, until, CancellationToken.None));
        Assert.Empty(await past.ObservationsAsync(Some.Btc, from, observation.KnowableAt, CancellationToken.None));
    }
}
