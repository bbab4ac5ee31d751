using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>The rollup of requests per query by the minute.</summary>
[Trait("speed", "slow")]
public sealed class QueryMinuteTests(Engine engine)
{
    [Fact]
    public async Task Queries_by_the_minute_are_the_same_from_their_rollup_and_from_the_requests()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        for (var i = 0; i < 300; i++)
            recorded.Recorder.Request(Recorded.Request(i));
        await recorded.FlushAsync();
        var kept = new MarketStore(
            store.Client,
            new()
            {
                Retention = new() { RequestDays = 0, QueryMinuteDays = StoreRetention.MostDays },
            }
        );
        var minutes = kept.Rollups.Single(rollup => rollup.Definition.Name.Value == StoreRollups.QueryMinutes);
        await minutes.ApplyAsync();
        await minutes.BackfillAsync();
        for (var i = 300; i < 600; i++)
            recorded.Recorder.Request(Recorded.Request(i));
        await recorded.FlushAsync();
        Assert.True((await minutes.VerifyAsync()).IsExact);
        foreach (
            var span in (Span[])[new(), new(Some.Time + TimeSpan.FromMinutes(2), Some.Time + TimeSpan.FromMinutes(7))]
        )
        {
            var expected = await store.Requests.Questions(span, interval: "1m").ListAsync();
            Assert.InRange(expected.Count, 10, 14); // seven queries of a pair and without one
            Assert.Equal(expected, await kept.Requests.Questions(span, interval: "1m").ListAsync());
        }
        var error = Assert.Throws<StoreException>(() => store.Requests.Questions(interval: "5m"));
        Assert.Contains("expected one of 1h, 6h, 12h", error.Message);
    }
}
