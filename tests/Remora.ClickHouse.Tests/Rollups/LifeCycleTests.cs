using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

[Trait("speed", "slow")]
public sealed class LifeCycleTests(Engine engine)
{
    [Fact]
    public async Task Plan_shows_and_apply_creates_missing_objects()
    {
        var (client, rollup) = await Events.NewAsync(engine, apply: false);
        var plan = await rollup.PlanAsync();
        Assert.Equal(20, plan.Statements.Count);
        Assert.Empty(plan.Remarks);
        Assert.Equal(
            0UL,
            await client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'activity%'",
                row => row.UInt64()
            )
        );
        await rollup.ApplyAsync();
        Assert.True((await rollup.PlanAsync()).IsNothingToDo);
        Assert.Empty((await rollup.ApplyAsync()).Statements);

        await Events.FillAsync(client, 30_000);
        await Events.AssertExactAsync(rollup);
        foreach (var interval in rollup.Definition.Intervals)
        {
            var row = await client.SingleAsync(
                $"SELECT sum(rows), sum(events), sum(total), sum(bad), min(least) FROM {rollup.ViewOf(interval)}",
                row => (row.UInt64(), row.UInt64(), row.Float64(), row.UInt64(), row.Float64())
            );
            var raw = await client.SingleAsync(
                "SELECT count(), count(), sum(value), countIf(not ok), min(value) FROM events",
                row => (row.UInt64(), row.UInt64(), row.Float64(), row.UInt64(), row.Float64())
            );
            Assert.Equal((raw.Item1, raw.Item2, raw.Item4, raw.Item5), (row.Item1, row.Item2, row.Item4, row.Item5));
            Assert.Equal(raw.Item3, row.Item3, raw.Item3 * 1e-9);
        }
        var day = await client.SingleAsync(
            "SELECT p95, ids FROM activity_1d WHERE kind = 'a' AND bucket = '2024-02-03'",
            row => (row.Float32(), row.UInt64())
        );
        var rawDay = await client.SingleAsync(
            "SELECT quantileExact(0.95)(value), uniqExact(id) FROM events WHERE kind = 'a' AND toDate(at, 'UTC') = "
                + "'2024-02-03'",
            row => (row.Float64(), row.UInt64())
        );
        Assert.Equal(rawDay.Item2, day.Item2);
        Assert.Equal(rawDay.Item1, day.Item1, rawDay.Item1 * 0.05);
    }

    [Fact]
    public async Task Months_and_years_are_aggregated_from_days()
    {
        var (client, rollup) = await Events.NewAsync(
            engine,
            Events
                .Definition.Replace("1 minute, 1 hour, 6 hours, 12 hours, 1 day", "1 day, 1 month, 1 year")
                .Replace("-- keys", "-- partition: year\n-- granularity: 64\n-- keys")
        );
        await Events.FillAsync(client, 30_000);
        await Events.AssertExactAsync(rollup);
        ulong[] counts = [3 * 90, 3 * 3, 3]; // kinds by days, months and years
        foreach (var (interval, count) in rollup.Definition.Intervals.Zip(counts))
            Assert.Equal(
                count,
                await client.SingleAsync($"SELECT count() FROM {rollup.ViewOf(interval)}", row => row.UInt64())
            );
        var raw = await client.SingleAsync(
            "SELECT uniqExact(id), min(value) FROM events WHERE kind = 'b'",
            row => (row.UInt64(), row.Float64())
        );
        foreach (var interval in rollup.Definition.Intervals)
            Assert.Equal(
                raw,
                await client.SingleAsync(
                    $"SELECT uniqExactMerge(ids), minMerge(least) FROM {rollup.StatesOf(interval)} WHERE kind = 'b'",
                    row => (row.UInt64(), row.Float64())
                )
            );
        Assert.Contains(
            "index_granularity = 64",
            await client.SingleAsync(
                "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = "
                    + "'activity_1mo_v1_tt'",
                row => row.String()
            )
        );

        await client.ExecuteAsync("ALTER TABLE activity_1mo_v1_tt DROP PARTITION ID '2024'");
        var finding = Assert.Single((await rollup.VerifyAsync()).Findings);
        Assert.Equal(
            (
                new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero),
                new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero)
            ),
            (finding.From, finding.To)
        );
        await rollup.BackfillAsync();
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Verify_needs_the_memory_of_one_partition_of_distinct_values()
    {
        var (client, all) = await Events.NewAsync(
            engine,
            """
            -- rollup: visits
            -- source: events
            -- time: at
            -- intervals: 1 month
            -- keys: kind
            uniqExact(id) AS ids
            """
        );
        // 24 months with 100,000 ids each: together they need more than 64 MiB.
        await client.ExecuteAsync(
            "INSERT INTO events (id, at, kind, value, ok) SELECT number, addMonths(toDateTime64('2023-01-01', 3, "
                + "'UTC'), intDiv(number, 100000)), 'a', 1, true FROM numbers(2400000)"
        );
        var rollup = new Rollup(client, all.Definition, Events.Options with { MemoryBytes = 64 << 20 });
        await Events.AssertExactAsync(rollup);
        await client.ExecuteAsync("ALTER TABLE visits_1mo_v1_tt DROP PARTITION ID '202402'");
        Assert.Equal("202402", Assert.Single((await rollup.VerifyAsync()).Findings).Partition);
    }

    [Theory]
    [InlineData("sum(value) AS total", "sum(no_such_column) AS total", 8, "no_such_column")]
    [InlineData("min(value) AS least", "noSuchFunction(value) AS least", 10, "noSuchFunction")]
    [InlineData("-- keys: kind", "-- keys: kind, nothing", 6, "nothing")]
    [InlineData("-- source: events", "-- source: no_such_table", 2, "no_such_table")]
    [InlineData("-- time: at", "-- time: kind", 3, "toStartOfInterval")]
    public async Task Rejected_definitions_name_the_line_and_change_nothing(
        string text,
        string instead,
        int line,
        string reason
    )
    {
        var (client, rollup) = await Events.NewAsync(engine, Events.Definition.Replace(text, instead), apply: false);
        var error = await Assert.ThrowsAsync<RollupDefinitionException>(() => rollup.ApplyAsync());
        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(
            1UL,
            await client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase()",
                row => row.UInt64()
            )
        );
    }

    [Fact]
    public async Task Verify_finds_a_dropped_partition_and_backfill_repairs_it()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 30_000);
        await client.ExecuteAsync("ALTER TABLE activity_6h_v1_tt DROP PARTITION ID '202402'");
        var finding = Assert.Single((await rollup.VerifyAsync()).Findings);
        Assert.Equal(
            (RollupFindingKind.Missing, "202402", "6 hours", 0L),
            (finding.Kind, finding.Partition, finding.Interval.ToString(), finding.RollupRows)
        );
        Assert.Equal(
            (
                new DateTimeOffset(2024, 2, 1, 0, 0, 0, TimeSpan.Zero),
                new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero)
            ),
            (finding.From, finding.To)
        );
        Assert.Contains("dropped", finding.Explanation);

        var report = await rollup.BackfillAsync();
        Assert.Equal(["202402"], report.Filled);
        Assert.Equal(["202401", "202403"], report.Untouched);
        await Events.AssertExactAsync(rollup);
        Assert.Empty((await rollup.BackfillAsync()).Filled);
    }

    [Fact]
    public async Task Verify_finds_a_duplicate_block_and_backfill_repairs_it()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 30_000);
        await client.ExecuteAsync(
            "INSERT INTO activity_1m_v1_tt SELECT * FROM activity_1m_v1_tt WHERE bucket >= '2024-01-10 00:00:00' "
                + "AND bucket < '2024-01-10 02:00:00'"
        );
        var findings = (await rollup.VerifyAsync()).Findings;
        Assert.All(findings, finding => Assert.Equal(RollupFindingKind.Doubled, finding.Kind));
        var minutes = findings.Where(finding => finding.Interval.ToString() == "1 minute").ToList();
        Assert.NotEmpty(minutes);
        Assert.All(minutes, finding => Assert.Equal(finding.SourceRows * 2, finding.RollupRows));
        Assert.Contains(
            findings,
            finding =>
                finding.Interval.ToString() == "1 day"
                && finding.From == new DateTimeOffset(2024, 1, 10, 0, 0, 0, TimeSpan.Zero)
        );
        Assert.Equal(["202401"], (await rollup.BackfillAsync()).Filled);
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Verify_finds_rows_from_before_the_view_and_backfill_adds_them()
    {
        var (client, rollup) = await Events.NewAsync(engine, apply: false);
        await Events.FillAsync(client, 30_000);
        await Task.Delay(1100); // ClickHouse stores the creation time of a view in whole seconds
        Assert.Equal(30_000, (await rollup.ApplyAsync()).UnseenRows);
        var verification = await rollup.VerifyAsync();
        Assert.All(
            verification.Findings,
            finding =>
                Assert.Equal(
                    (RollupFindingKind.Missing, "the rows were inserted before the view was created"),
                    (finding.Kind, finding.Explanation)
                )
        );
        Assert.Equal(
            ["202401", "202402", "202403"],
            verification.Findings.Select(finding => finding.Partition).Distinct()
        );
        Assert.Equal(3, (await rollup.BackfillAsync()).Filled.Count);
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task An_interrupted_backfill_continues()
    {
        var (client, rollup) = await Events.NewAsync(engine, apply: false);
        await Events.FillAsync(client, 30_000);
        await rollup.ApplyAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            rollup.BackfillAsync(
                progress: new Watched(at =>
                {
                    if (at is { Step: "backfill", Detail: "202403" })
                        stop.Cancel();
                }),
                cancellation: stop.Token
            )
        );
        var rest = await rollup.BackfillAsync();
        Assert.Equal(["202403"], rest.Filled);
        Assert.Equal(["202401", "202402"], rest.Untouched);
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Status_optimize_and_drop()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        for (var i = 0; i < 4; i++)
            await Events.FillAsync(client, 3000, i * 3000);
        var status = await rollup.StatusAsync();
        Assert.Equal(5, status.Intervals.Count);
        Assert.All(
            status.Intervals,
            interval =>
            {
                Assert.Equal(12_000, interval.SourceRows);
                Assert.Equal(TimeSpan.Zero, interval.Lag);
                Assert.Equal(3, interval.Partitions);
                Assert.InRange(interval.QueryP95, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(2));
            }
        );
        var metrics = RollupStatus.ToPrometheus([status]);
        Assert.Contains("remora_rollup_source_rows{rollup=\"activity\",interval=\"6h\"} 12000\n", metrics);

        await rollup.OptimizeAsync();
        Assert.All((await rollup.StatusAsync()).Intervals, interval => Assert.Equal(1, interval.MostPartsInPartition));
        await Events.AssertExactAsync(rollup);

        Assert.Equal(20, (await rollup.DropAsync()).Count);
        Assert.Equal(
            ["events"],
            await client.ListAsync(
                "SELECT name FROM system.tables WHERE database = currentDatabase()",
                row => row.String()
            )
        );
        Assert.Equal(12_000UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
    }

    [Fact]
    public async Task A_rollup_can_join_tables()
    {
        var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync("CREATE TABLE makers (id UInt32, name String) ENGINE = MergeTree ORDER BY id");
        await client.ExecuteAsync("INSERT INTO makers VALUES (1, 'Audi'), (2, 'BMW')");
        await client.ExecuteAsync(
            "CREATE TABLE tests (at DateTime, maker UInt32, miles UInt32) ENGINE = MergeTree ORDER BY at"
        );
        var rollup = new Rollup(
            client,
            RollupFile.Parse(
                """
                -- rollup: tested
                -- source: tests AS i INNER JOIN makers AS m ON m.id = i.maker
                -- time: i.at
                -- intervals: 1 day
                -- keys: m.name AS make
                -- retention: 1 day 10000 days
                -- partition: year
                count() AS tests,
                avg(i.miles) AS miles
                """,
                "tested.sql"
            ),
            Events.Options
        );
        await rollup.ApplyAsync();
        await client.ExecuteAsync(
            "INSERT INTO tests SELECT toDateTime('2024-01-01') + number * 86400, number % 2 + 1, number FROM "
                + "numbers(100)"
        );
        Assert.Equal(
            [("Audi", 50UL, 49.0), ("BMW", 50UL, 50.0)],
            await client.ListAsync(
                "SELECT make, sum(tests), avg(miles) FROM tested_1d GROUP BY make ORDER BY make",
                row => (row.String(), row.UInt64(), row.Float64())
            )
        );
        await Events.AssertExactAsync(rollup);
    }
}
