using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Loading;

namespace Remora.Vehicles.Tests;

[Trait("speed", "slow")]
public sealed class RebuildTests(Country country)
{
    [Fact]
    public async Task Views_are_rebuilt_exactly_during_loads()
    {
        var store = await country.NewStoreAsync();
        var loaded = await Country.CountAsync(store, "inspections");
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            for (var most = loaded; !stop.IsCancellationRequested; )
            {
                var seen = await store.Client.SingleAsync(
                    $"SELECT sum(rows) FROM {store.Comparison.StatesOf(RollupInterval.Parse("1 year"))}",
                    row => row.UInt64()
                );
                Assert.True(seen >= loaded, $"a reader saw {seen} of {loaded} tests");
                most = Math.Max(most, seen);
            }
        });
        var writing = Task.Run(async () =>
        {
            foreach (var delta in country.Deltas)
                await new DailyDelta(store.Client).LoadAsync(delta, CancellationToken.None);
        });
        foreach (var rollup in store.Rollups)
            Assert.Equal(2, (await RebuildAsync(rollup)).NewVersion);
        await writing;
        await stop.CancelAsync();
        await reading;
        Assert.True(await Country.CountAsync(store, "inspections") > loaded);
        await Country.AssertExactAsync(store);
    }

    // On a busy machine, the verification can find rows that are being inserted. The rebuild then
    // fails, readers keep the old version, and it is repeated.
    private static async Task<RollupRebuildReport> RebuildAsync(Rollup rollup)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await rollup.RebuildAsync();
            }
            catch (RollupException e)
                when (attempt < 4 && e.Message.Contains("readers keep the old version", StringComparison.Ordinal))
            {
                await Task.Delay(500);
            }
        }
    }
}
