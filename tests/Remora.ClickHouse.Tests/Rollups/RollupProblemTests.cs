using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>Each way in which a rollup can stop filling is named, and mended as it says.</summary>
public sealed class RollupProblemTests(Engine engine)
{
    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total
        """;

    private static readonly RollupOptions Options = Events.Options with
    {
        MostParts = 5,
        MutationPatience = TimeSpan.Zero,
    };

    [Fact]
    public async Task A_detached_view_is_named_and_attached()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync("DETACH VIEW activity_1h_v1_mv");
        var problem = await SingleAsync(rollup, RollupProblemKind.DetachedView, "activity_1h_v1_mv");
        Assert.Contains(
            "run 'ATTACH TABLE activity_1h_v1_mv', then 'remora rollup backfill activity.sql'",
            problem.Text
        );
        await Events.FillAsync(client, 100, 5000);
        await client.ExecuteAsync("ATTACH TABLE activity_1h_v1_mv");
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task A_table_that_lost_its_view_is_named_and_gets_a_new_one()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync("DROP VIEW activity_1d_v1_mv SYNC");
        var problem = await SingleAsync(rollup, RollupProblemKind.MissingView, "activity_1d_v1_tt");
        Assert.Contains("has lost its view activity_1d_v1_mv", problem.Text);
        Assert.Contains("run 'remora rollup apply activity.sql'", problem.Text);
        await Events.FillAsync(client, 100, 5000);
        await rollup.ApplyAsync();
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task A_view_that_lost_its_table_is_named_and_gets_a_new_one()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync("DROP TABLE activity_1h_v1_tt SYNC");
        await Assert.ThrowsAsync<ClickHouseException>(() => Events.FillAsync(client, 100, 5000));
        var problem = await SingleAsync(rollup, RollupProblemKind.MissingTarget, "activity_1h_v1_tt");
        Assert.Contains("run 'remora rollup apply activity.sql'", problem.Text);
        await rollup.ApplyAsync();
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task A_view_whose_inserts_fail_is_named_and_works_when_its_column_is_back()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync("ALTER TABLE events RENAME COLUMN value TO amount");
        await Assert.ThrowsAsync<ClickHouseException>(() =>
            client.ExecuteAsync("INSERT INTO events (id, at, kind) VALUES (1, '2024-01-01 00:00:00', 'a')")
        );
        var problem = await SingleAsync(rollup, RollupProblemKind.FailingView, "activity_1h_v1_mv");
        Assert.Contains("value", problem.Text);
        Assert.Contains("Restore what it reads", problem.Text);
        await client.ExecuteAsync("ALTER TABLE events RENAME COLUMN amount TO value");
        await Events.FillAsync(client, 100, 5000);
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task A_mutation_that_does_not_finish_is_named_and_killed()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync(
            "ALTER TABLE activity_1h_v1_tt DELETE WHERE throwIf(rows > 0, 'not today') SETTINGS mutations_sync = 0"
        );
        var problem = await UntilAsync(
            rollup,
            RollupProblemKind.StuckMutation,
            problem => problem.Text.Contains("not today", StringComparison.Ordinal)
        );
        Assert.Contains("(DELETE WHERE throwIf(rows > 0, 'not today')", problem.Text);
        var kill = problem.Text.Split("run '")[1].Split("' and give")[0].Replace("''", "'");
        Assert.StartsWith("KILL MUTATION WHERE mutation_id = '", kill);
        await client.ExecuteAsync(kill);
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task Parts_that_are_not_merged_are_named_and_merged()
    {
        var (client, rollup) = await NewAsync();
        await client.ExecuteAsync("SYSTEM STOP MERGES activity_1d_v1_tt");
        for (var i = 0; i <= Options.MostParts; i++)
            await Events.FillAsync(client, 1, 5000 + i); // all on different days of January or later
        var problem = await UntilAsync(rollup, RollupProblemKind.UnmergedParts, _ => true);
        Assert.Contains("run 'SYSTEM START MERGES activity_1d_v1_tt'", problem.Text);
        await client.ExecuteAsync("SYSTEM START MERGES activity_1d_v1_tt");
        await rollup.OptimizeAsync();
        await MendedAsync(rollup);
    }

    [Fact]
    public async Task Problems_are_in_status_plan_and_metrics()
    {
        var (client, rollup) = await NewAsync();
        Assert.Contains(
            "\nremora_rollup_problems{rollup=\"activity\"} 0\n",
            RollupStatus.ToPrometheus([await rollup.StatusAsync()])
        );
        await client.ExecuteAsync("DETACH VIEW activity_1h_v1_mv");
        var status = await rollup.StatusAsync();
        var problem = Assert.Single(status.Problems);
        Assert.Contains(problem.Text, (await rollup.PlanAsync()).Remarks);
        Assert.Contains("\nremora_rollup_problems{rollup=\"activity\"} 1\n", RollupStatus.ToPrometheus([status]));
        Assert.Contains("expr: remora_rollup_problems > 0", RollupStatus.AlertRules);
    }

    private async Task<(ClickHouseClient, Rollup)> NewAsync()
    {
        var (client, _) = await Events.NewAsync(engine, apply: false);
        var rollup = new Rollup(client, RollupFile.Parse(Definition, "activity.sql"), Options);
        await rollup.ApplyAsync();
        await Events.FillAsync(client, 5000);
        await rollup.OptimizeAsync();
        Assert.Empty(await rollup.ProblemsAsync());
        return (client, rollup);
    }

    private static async Task<RollupProblem> SingleAsync(Rollup rollup, RollupProblemKind kind, string what)
    {
        var problem = Assert.Single(await rollup.ProblemsAsync());
        Assert.Equal((kind, what), (problem.Kind, problem.Object));
        return problem;
    }

    private static async Task<RollupProblem> UntilAsync(
        Rollup rollup,
        RollupProblemKind kind,
        Predicate<RollupProblem> matches
    )
    {
        for (var attempt = 0; ; attempt++)
        {
            var found = await rollup.ProblemsAsync();
            if (found.FirstOrDefault(problem => problem.Kind == kind && matches(problem)) is { } problem)
                return problem;
            Assert.True(attempt < 600, string.Join("; ", found));
            await Task.Delay(100);
        }
    }

    private static async Task MendedAsync(Rollup rollup)
    {
        await rollup.BackfillAsync();
        for (var attempt = 0; await rollup.ProblemsAsync() is { Count: > 0 } left; attempt++)
        {
            Assert.True(attempt < 600, string.Join("; ", left)); // parts are merged in the background
            await Task.Delay(100);
        }
        await Events.AssertExactAsync(rollup);
    }
}
