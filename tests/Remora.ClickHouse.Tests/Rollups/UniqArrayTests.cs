using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>States of <c>groupUniqArray</c>, which hold values and not only numbers.</summary>
public sealed class UniqArrayTests(Engine engine) : IDisposable
{
    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 6 hours, 1 day
        -- keys: kind
        count() AS events,
        groupUniqArray(intDiv(id, 10)) AS tens,
        groupUniqArray(3)(ok) AS oks,
        groupUniqArrayIf(toString(id % 7), id % 2 = 0) AS texts
        """;

    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Values_are_exact_after_inserts_loads_backfill_and_rebuild(bool isDetached)
    {
        var (client, rollup) = await Events.NewAsync(engine, Definition);
        await Events.FillAsync(client, 500);
        await AssertEqualAsync(client, rollup);
        await rollup.LoadAsync([await FileAsync()], new() { IsDetached = isDetached });
        await AssertEqualAsync(client, rollup);

        await client.ExecuteAsync("ALTER TABLE activity_6h_v1_tt DROP PARTITION ID '202402'");
        var findings = (await rollup.VerifyAsync()).Findings;
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal(RollupFindingKind.Missing, finding.Kind));
        await rollup.BackfillAsync();
        await AssertEqualAsync(client, rollup);

        var changed = new Rollup(
            client,
            RollupFile.Parse(Definition + ",\ngroupUniqArray(kind) AS kinds", "activity.sql"),
            Events.Options
        );
        Assert.Equal(2, (await changed.RebuildAsync()).NewVersion);
        await Events.FillAsync(client, 100, 900);
        await changed.OptimizeAsync(); // merges the states of parts
        await AssertEqualAsync(client, changed);
        Assert.Equal(
            ["a"],
            await client.SingleAsync(
                "SELECT groupUniqArrayMerge(kinds) FROM activity_1d_states WHERE kind = 'a'",
                row => row.Array(each => each.String())
            )
        );
    }

    public void Dispose() => _scratch.Dispose();

    private async Task<string> FileAsync()
    {
        var file = Path.Combine(_scratch.Folder, "more.csv");
        await File.WriteAllLinesAsync(
            file,
            [
                "id,at,kind,value,ok",
                .. Enumerable
                    .Range(500, 400)
                    .Select(id => $"{id},2024-0{1 + (id % 3)}-{1 + (id % 28):00} {id % 24:00}:00:00,a,{id},{id % 2}"),
            ]
        );
        return file;
    }

    // Each interval, also those that are aggregated from shorter ones, beside the rows
    private static async Task AssertEqualAsync(ClickHouseClient client, Rollup rollup)
    {
        await Events.AssertExactAsync(rollup);
        foreach (var interval in rollup.Definition.Intervals)
        {
            var different = await client.SingleAsync(
                "SELECT count() FROM (SELECT toDateTime(toStartOfInterval(s.at, "
                    + $"{interval.Sql}, 'UTC'), 'UTC') AS bucket, kind, count() AS events, "
                    + "arraySort(groupUniqArray(intDiv(id, 10))) AS tens, arraySort(groupUniqArray(ok)) AS oks, "
                    + "arraySort(groupUniqArrayIf(toString(id % 7), id % 2 = 0)) AS texts FROM events AS s GROUP BY "
                    + "bucket, kind) AS raw FULL JOIN (SELECT bucket, kind, events, arraySort(tens) AS tens, "
                    + $"arraySort(oks) AS oks, arraySort(texts) AS texts FROM {rollup.ViewOf(interval)}) AS view USING "
                    + "(bucket, kind) WHERE (raw.events, raw.tens, raw.oks, raw.texts) != (view.events, view.tens, "
                    + "view.oks, view.texts)",
                row => row.UInt64()
            );
            Assert.Equal((interval.ToString(), 0UL), (interval.ToString(), different));
        }
    }
}
