using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

[Trait("speed", "slow")]
public sealed class RebuildTests(Engine engine)
{
    private const int BatchRows = 500;

    [Theory]
    [InlineData(1000)]
    [InlineData(40)] // the views are created after the cut, so the next attempt uses a later cut
    public async Task A_changed_definition_is_rebuilt_exactly_during_inserts(int cutAheadMilliseconds)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 60_000);
        var changed = RollupFile.Parse(
            Events.Definition.Replace("min(value) AS least", "max(value) AS most").Replace("12 hours, ", ""),
            "activity.sql"
        );
        var next = new Rollup(
            client,
            changed,
            Events.Options with
            {
                CutAhead = TimeSpan.FromMilliseconds(cutAheadMilliseconds),
            }
        );
        Assert.True((await next.PlanAsync()).IsChanged);
        await Assert.ThrowsAsync<RollupException>(() => next.ApplyAsync());

        using var stop = new CancellationTokenSource();
        var written = 60_000;
        var writers = Enumerable
            .Range(0, 2)
            .Select(writer =>
                Task.Run(async () =>
                {
                    for (var batch = 0; !stop.IsCancellationRequested; batch++)
                    {
                        await Events.FillAsync(
                            client,
                            BatchRows,
                            1_000_000 + (writer * 10_000_000) + (batch * BatchRows)
                        );
                        Interlocked.Add(ref written, BatchRows);
                        await Task.Delay(100);
                    }
                })
            )
            .ToList();
        var reading = Task.Run(async () =>
        {
            for (var most = 0UL; !stop.IsCancellationRequested; )
            {
                var seen = await client.SingleAsync("SELECT sum(rows) FROM activity_1h", row => row.UInt64());
                // A batch may be in one version and not yet in the other
                Assert.True(seen + (2 * BatchRows) >= most, $"a reader saw {seen} rows after {most}");
                most = Math.Max(most, seen);
                await Task.Delay(100);
            }
        });
        await Task.Delay(300);
        var report = await next.RebuildAsync();
        await Task.Delay(300);
        await stop.CancelAsync();
        await Task.WhenAll([reading, .. writers]);

        Assert.Equal((1, 2), (report.OldVersion, report.NewVersion));
        Assert.True(written > 65_000, $"only {written} rows were written");
        Assert.Equal((ulong)written, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
        Assert.Equal(
            (ulong)written,
            await client.SingleAsync("SELECT sum(rows) FROM activity_1d", row => row.UInt64())
        );
        await Events.AssertExactAsync(next);
        var names = await client.ListAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'activity%' ORDER BY name",
            row => row.String()
        );
        Assert.All(names, name => Assert.DoesNotContain("_v1_", name));
        Assert.Equal(16, names.Count);
        await Events.FillAsync(client, 1000, 90_000_000);
        await Events.AssertExactAsync(next);
    }

    [Fact]
    public async Task An_interrupted_rebuild_restarts_and_readers_keep_the_old_version()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 30_000);
        foreach (var step in new[] { "new views", "202402", "verify", "exchange" })
        {
            using var stop = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                rollup.RebuildAsync(
                    progress: new Watched(at =>
                    {
                        if (at.Detail == step)
                            stop.Cancel();
                    }),
                    cancellation: stop.Token
                )
            );
            Assert.Equal(30_000UL, await client.SingleAsync("SELECT sum(rows) FROM activity_6h", row => row.UInt64()));
        }
        Assert.Equal(2, (await rollup.RebuildAsync(keepOld: true)).NewVersion);
        await Events.AssertExactAsync(rollup);
        Assert.Equal(10, (await rollup.DropAsync(onlyOld: true)).Count);
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Without_an_ingested_column_inserts_fail_a_rebuild()
    {
        var (client, rollup) = await Events.NewAsync(engine, Events.Definition.Replace("-- ingested: ingested\n", ""));
        await Events.FillAsync(client, 20_000);
        Assert.Equal(20_000, (await rollup.RebuildAsync()).BackfilledRows);
        await Events.AssertExactAsync(rollup);
        var inserted = false;
        var error = await Assert.ThrowsAsync<RollupException>(() =>
            rollup.RebuildAsync(
                progress: new Watched(at =>
                {
                    if (at.Detail != "202402" || inserted)
                        return;
                    inserted = true;
                    Events.FillAsync(client, 10, 50_000).GetAwaiter().GetResult();
                })
            )
        );
        Assert.Contains("changed during the rebuild", error.Message);
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Backfill_skips_a_partition_with_constant_inserts()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 5000);
        await client.ExecuteAsync("ALTER TABLE activity_1d_v1_tt DROP PARTITION ID '202401'");
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var batch = 0; !stop.IsCancellationRequested; batch++)
                await client.ExecuteAsync(
                    $"INSERT INTO events (id, at, kind, value, ok) VALUES ({batch}, '2024-01-05 00:00:00', 'a', 1, "
                        + $"true)"
                );
        });
        var report = await rollup.BackfillAsync();
        await stop.CancelAsync();
        await writing;
        Assert.Equal(["202401"], report.Busy);
        Assert.Equal(["202401"], (await rollup.BackfillAsync()).Filled);
        await Events.AssertExactAsync(rollup);
    }
}
