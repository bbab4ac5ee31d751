using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

[Trait("speed", "slow")]
public sealed class LockTests(Engine engine)
{
    [Fact]
    public async Task Concurrent_operations_are_refused_and_name_the_holder()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 20_000);
        var refusals = new List<string>();
        await rollup.RebuildAsync(
            progress: new Watched(at =>
            {
                if (at.Detail != "202402" || refusals.Count > 0)
                    return;
                foreach (var verb in (Func<Task>[])[() => rollup.BackfillAsync(), () => rollup.DropAsync()])
                    refusals.Add(Assert.ThrowsAsync<RollupException>(verb).GetAwaiter().GetResult().Message);
            })
        );
        Assert.Equal(2, refusals.Count);
        Assert.All(
            refusals,
            refusal => Assert.Contains($"rebuild of activity, process {Environment.ProcessId} on ", refusal)
        );
        await Events.AssertExactAsync(rollup);
        await rollup.BackfillAsync(); // the lock is free again
    }

    [Fact]
    public async Task A_lock_ends_with_the_connection_of_its_holder()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        var dying = new ClickHouseClient(new() { Engine = () => engine.Embedded.Endpoint, Database = client.Database });
        var database = new RollupDatabase(dying, Events.Options, TimeProvider.System);
        var held = await RollupLock.TakeAsync(database, rollup.Definition, "backfill", CancellationToken.None);
        await Assert.ThrowsAsync<RollupException>(() => rollup.ApplyAsync());
        dying.Dispose(); // its sockets close, as they do when a process is killed
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await rollup.ApplyAsync();
                break;
            }
            catch (RollupException) when (attempt < 20)
            {
                // each attempt has waited for some seconds already
            }
        }
        await held.DisposeAsync();
    }

    [Fact]
    public async Task Rollups_of_different_sources_do_not_wait_for_each_other()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await client.ExecuteAsync("CREATE TABLE others AS events");
        var other = new Rollup(
            client,
            RollupFile.Parse(
                Events
                    .Definition.Replace("rollup: activity", "rollup: others_activity")
                    .Replace("source: events", "source: others"),
                "others.sql"
            ),
            Events.Options
        );
        await using var held = await RollupLock.TakeAsync(
            new RollupDatabase(client, Events.Options, TimeProvider.System),
            rollup.Definition,
            "load",
            CancellationToken.None
        );
        await other.ApplyAsync();
        await Events.AssertExactAsync(rollup); // reading needs no lock
    }
}
