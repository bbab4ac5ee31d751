using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>
/// Tests a batch whose acknowledgement was lost and that is sent again under its token, after
/// operations on the rollup.
/// </summary>
[Trait("speed", "slow")]
public sealed class RetriedBatchTests(Engine engine)
{
    private static readonly SqlName[] Columns = [.. "id at kind value ok".Split(' ').Select(SqlName.Of)];

    [Theory]
    [InlineData("nothing")]
    [InlineData("backfill")]
    [InlineData("optimize")]
    public async Task A_repeated_insert_counts_once(string verb)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 5000);
        await SendAsync(client);
        await (
            verb switch
            {
                "backfill" => rollup.BackfillAsync(all: true),
                "optimize" => rollup.OptimizeAsync(),
                _ => Task.CompletedTask,
            }
        );
        await SendAsync(client);
        Assert.Equal(5100UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
        await Events.AssertExactAsync(rollup);
    }

    /// <summary>
    /// The tables of the new version do not have the token, see docs/decisions/0036. The duplicate
    /// is found and repaired.
    /// </summary>
    [Fact]
    public async Task A_repeated_insert_across_a_rebuild_is_found_and_repaired()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 5000);
        await SendAsync(client);
        await rollup.RebuildAsync();
        await SendAsync(client);
        Assert.Equal(5100UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
        Assert.All(
            (await rollup.VerifyAsync()).Findings,
            finding => Assert.Equal((RollupFindingKind.Doubled, "202402"), (finding.Kind, finding.Partition))
        );
        Assert.Equal(["202402"], (await rollup.BackfillAsync()).Filled);
        await SendAsync(client);
        await Events.AssertExactAsync(rollup);
    }

    private static Task SendAsync(ClickHouseClient client) =>
        client.InsertAsync(
            Events.Table,
            Columns,
            Enumerable.Range(0, 100),
            (row, i) =>
            {
                row.UInt64((ulong)(1_000_000 + i));
                row.DateTime64Milliseconds(new DateTimeOffset(2024, 2, 3, 4, 0, 0, TimeSpan.Zero).AddSeconds(i));
                row.String("a");
                row.Float64(i);
                row.UInt8(1);
            },
            token: "the-batch"
        );
}
