using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>Slow queries of rollups are seen: the typical one, and those of clients.</summary>
public sealed class RollupSpeedTests(Engine engine) : IDisposable
{
    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        -- keys: kind
        count() AS events
        """;

    // Every query is slower, or faster, on any machine
    private static readonly TimeSpan Nothing = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Ever = TimeSpan.FromDays(1);

    private readonly Scratch _scratch = new();

    [Fact]
    public async Task A_slow_view_is_seen_in_status_and_metrics()
    {
        var (client, rollup) = await NewAsync(Nothing);
        await Events.FillAsync(client, 3000);
        var status = await rollup.StatusAsync();
        var speed = status.Speed;
        Assert.True(speed is { IsSlow: true, IsTypicalSlow: true, AreClientsSlow: false });
        Assert.InRange(speed.Typical!.Count, 1, 10);
        Assert.InRange(speed.Typical.Median, Nothing, speed.Typical.P95);
        Assert.Null(speed.Clients);
        Assert.Equal("the server has no system.query_log that this user can read", speed.ClientsUnknown);
        var metrics = RollupStatus.ToPrometheus([status]);
        Assert.Contains("\nremora_rollup_slow{rollup=\"activity\"} 1\n", metrics);
        Assert.Contains("\nremora_rollup_query_threshold_seconds{rollup=\"activity\"} 1E-07\n", metrics);
        Assert.Contains(
            "\nremora_rollup_query_seconds{rollup=\"activity\",of=\"typical\",percentile=\"95\"} ",
            metrics
        );
        Assert.DoesNotContain("of=\"clients\"", metrics);
        Assert.Contains("expr: remora_rollup_slow > 0", RollupStatus.AlertRules);

        var fast = New(client, Ever);
        Assert.False((await fast.SpeedAsync()).IsSlow);
        Assert.Contains(
            "\nremora_rollup_slow{rollup=\"activity\"} 0\n",
            RollupStatus.ToPrometheus([await fast.StatusAsync()])
        );
    }

    [Fact]
    public async Task The_newest_bucket_of_the_largest_key_is_typical()
    {
        var (client, rollup) = await NewAsync(Ever);
        Assert.Equal("the rollup is empty", (await rollup.SpeedAsync()).TypicalUnknown);
        await Events.FillAsync(client, 3000);
        await client.ExecuteAsync(
            "INSERT INTO events (id, at, kind) SELECT number, toDateTime64('2024-03-28 05:10:00', 3, 'UTC'), "
                + "'it''s \\\\ odd' FROM numbers(5000)"
        );
        var speed = await rollup.SpeedAsync(1);
        Assert.Equal(
            "SELECT * FROM activity_1h WHERE bucket = toDateTime('2024-03-28 05:00:00', 'UTC') AND `kind` = "
                + "CAST('it\\'s \\\\ odd', 'LowCardinality(String)')",
            speed.Query
        );
        var rows = await client.ListAsync(
            speed.Query!,
            row => (row.DateTime(), row.String(), row.UInt64(), row.UInt64())
        );
        Assert.Equal(5000UL, Assert.Single(rows).Item4);
        for (var i = 1; i <= 30; i++)
            speed = await rollup.SpeedAsync(1);
        Assert.Equal(20, speed.Typical!.Count); // the last ones
    }

    [Fact]
    public async Task Keys_can_be_null_or_missing()
    {
        var (client, rollup) = await NewAsync(
            Ever,
            Definition.Replace("keys: kind", "keys: nullIf(kind, 'a') AS kind")
        );
        await client.ExecuteAsync("INSERT INTO events (at, kind) VALUES ('2024-01-05 10:20:00', 'a')");
        Assert.EndsWith("10:00:00', 'UTC') AND isNull(`kind`)", (await rollup.SpeedAsync(1)).Query);

        (client, rollup) = await NewAsync(Ever, Definition.Replace("-- keys: kind\n", ""));
        await client.ExecuteAsync("INSERT INTO events (at, kind) VALUES ('2024-01-05 10:20:00', 'a')");
        var speed = await rollup.SpeedAsync(1);
        Assert.EndsWith("WHERE bucket = toDateTime('2024-01-05 10:00:00', 'UTC')", speed.Query);
        Assert.NotNull(speed.Typical);
    }

    [Fact]
    public async Task A_typical_query_of_the_definition_is_measured_or_its_error_is_named()
    {
        const string query = "SELECT kind, sum(events) FROM activity_1d GROUP BY kind";
        var (client, rollup) = await NewAsync(Ever, $"-- typical query: {query}\n-- slow: 30 ms\n{Definition}");
        var speed = await rollup.SpeedAsync(2);
        Assert.Equal((query, 2L), (speed.Query, speed.Typical!.Count));

        await client.ExecuteAsync("DROP VIEW activity_1d");
        speed = await rollup.SpeedAsync(2);
        Assert.Null(speed.Typical);
        Assert.False(speed.IsSlow);
        Assert.StartsWith("the typical query fails: ", speed.TypicalUnknown);
        Assert.Contains("activity_1d", speed.TypicalUnknown);
    }

    [Fact]
    public void The_threshold_and_the_query_are_not_part_of_the_hash()
    {
        var definition = RollupFile.Parse($"-- typical query: SELECT 1\n-- slow: 30 ms\n{Definition}", "activity.sql");
        Assert.Equal(("SELECT 1", TimeSpan.FromMilliseconds(30)), (definition.TypicalQuery, definition.SlowAfter));
        var without = RollupFile.Parse(Definition, "activity.sql");
        Assert.Equal((null, TimeSpan.FromMilliseconds(200)), (without.TypicalQuery, without.SlowAfter));
        Assert.Equal(without.Hash, definition.Hash);
    }

    [Theory]
    [InlineData("slow: 0 ms", "invalid time '0 ms': expected 1 to 60000 milliseconds, such as '200 ms'")]
    [InlineData("slow: 200", "invalid time '200'")]
    [InlineData("slow: -1 ms", "invalid time '-1 ms'")]
    [InlineData("slow: 60001 ms", "invalid time '60001 ms'")]
    [InlineData("slow: 2 s", "invalid time '2 s'")]
    [InlineData("typical query: DROP TABLE events", "invalid typical query 'DROP TABLE events': expected one SELECT")]
    [InlineData("typical query: SELECT 1; SELECT 2", "invalid typical query")]
    [InlineData("typical query:", "invalid typical query ''")]
    public void Malformed_headers_are_refused(string header, string reason)
    {
        var error = Assert.Throws<RollupDefinitionException>(() =>
            RollupFile.Parse($"-- {header}\n{Definition}", "activity.sql")
        );
        Assert.Equal(1, error.Line);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public async Task The_times_of_clients_come_from_the_query_log()
    {
        var extra = Directory.CreateDirectory(Path.Combine(_scratch.Folder, "conf", "config.d")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(extra, "log.xml"),
            "<clickhouse><query_log><database>system</database><table>query_log</table></query_log></clickhouse>"
        );
        await using var logging = await EmbeddedEngine.StartAsync(new() { Folder = _scratch.Folder });
        var client = await DatabasesAttribute.NewAsync(logging, isShared: true); // ends with its engine
        await Events.CreateAsync(client);
        var rollup = New(client, Nothing);
        await rollup.ApplyAsync();
        await Events.FillAsync(client, 3000);
        await client.ExecuteAsync("SYSTEM FLUSH LOGS");
        var speed = await rollup.SpeedAsync();
        Assert.Equal((null, null), (speed.Clients, speed.ClientsUnknown)); // nobody has read it
        Assert.False(speed.AreClientsSlow);

        await client.ExecuteAsync("SELECT count() FROM activity_1h");
        await client.ExecuteAsync("SELECT * FROM activity_1d WHERE kind = 'a'");
        await client.ExecuteAsync("SELECT sum(rows) FROM activity_1d_states");
        await client.ExecuteAsync("SELECT count() FROM events"); // not of the rollup
        await Assert.ThrowsAsync<ClickHouseException>(() => client.ExecuteAsync("SELECT nothing FROM activity_1h"));
        await client.ExecuteAsync("SYSTEM FLUSH LOGS");
        speed = await rollup.SpeedAsync();
        Assert.Equal((3L, null), (speed.Clients!.Count, speed.ClientsUnknown));
        Assert.InRange(speed.Clients.Median, Nothing, speed.Clients.P95);
        Assert.True(speed.AreClientsSlow);
        Assert.Contains(
            "\nremora_rollup_query_seconds{rollup=\"activity\",of=\"clients\",percentile=\"50\"} ",
            RollupStatus.ToPrometheus([await rollup.StatusAsync()])
        );
    }

    public void Dispose() => _scratch.Dispose();

    private async Task<(ClickHouseClient, Rollup)> NewAsync(TimeSpan slowAfter, string definition = Definition)
    {
        var (client, _) = await Events.NewAsync(engine, apply: false);
        var rollup = New(client, slowAfter, definition);
        await rollup.ApplyAsync();
        return (client, rollup);
    }

    private static Rollup New(ClickHouseClient client, TimeSpan slowAfter, string definition = Definition) =>
        new(client, RollupFile.Parse(definition, "activity.sql") with { SlowAfter = slowAfter }, Events.Options);
}
