using System.Text.Json;

namespace Remora.Cli.Tests.Store;

[Trait("speed", "slow")]
public sealed class RollupCommandTests
{
    internal const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total
        """;

    internal const string Source =
        "CREATE TABLE events (at DateTime64(3), kind LowCardinality(String), value Float64, ingested DateTime64(6) "
        + "DEFAULT now64(6)) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (kind, at) SETTINGS "
        + "non_replicated_deduplication_window = 1000";

    private static readonly string Rows =
        "at,kind,value\n"
        + string.Concat(Enumerable.Range(1, 28).Select(day => $"2024-02-{day:00} 10:00:00,a,{day}\n"));

    [Fact]
    public async Task Every_subcommand_from_plan_to_drop_works()
    {
        await using var store = await StoreHost.StartAsync();
        var file = store.File("activity.sql", Definition);
        await store.RunAsync(Source);
        Task<(int Exit, string Output, string Errors)> RollupAsync(string verb, params string[] more) =>
            RemoraProcess.RunAsync(["rollup", verb, file, "--data", store.Data, .. more]);

        var (exit, output, errors) = await RollupAsync("plan");
        Assert.True(exit == 0, errors);
        Assert.Contains("activity: version 1 requires 8 statements", output);
        Assert.Contains("CREATE MATERIALIZED VIEW", output);
        Assert.Equal("events\n", await store.RunAsync("SHOW TABLES"));
        (exit, output, errors) = await RollupAsync("apply");
        Assert.Equal("activity: version 1 created with 8 statements\n", output);
        Assert.Contains("apply: CREATE TABLE", errors); // progress, as lines in a pipe

        var delta = store.File("delta.csv", Rows);
        (exit, _, errors) = await RollupAsync("load", "--from", delta, "--check", "small=value < 10");
        Assert.Equal(1, exit);
        Assert.Contains("19 rows", errors);
        Assert.Contains("check 'small'", errors);
        (exit, _, errors) = await RollupAsync("load", "--from", delta, "--earliest", "2024-02-02");
        Assert.Equal(1, exit);
        Assert.Contains("earlier than 2024-02-02", errors);
        (exit, output, errors) = await RollupAsync("load", "--from", delta, "--json");
        Assert.True(exit == 0, errors);
        Assert.Equal(28, JsonElement.Parse(output).GetProperty("rollups")[0].GetProperty("rows").GetInt64());
        Assert.Contains("were loaded before", (await RollupAsync("load", "--from", delta)).Output);
        (exit, output, errors) = await RollupAsync(
            "load",
            "--detached",
            "--from",
            store.File("more.csv", Rows),
            store.File("most.csv", Rows)
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("events: 56 rows loaded", output);

        Assert.Equal(
            (0, "activity: exact: 84 rows in 1 partitions\n"),
            ((await RollupAsync("verify")) is var (code, text, _) ? (code, text) : default)
        );
        await store.RunAsync("ALTER TABLE activity_1d_v1_tt DROP PARTITION ID '202402'");
        (exit, output, _) = await RollupAsync("verify");
        Assert.Equal(4, exit);
        Assert.Contains("1 day: missing 2024-02-01", output);
        (exit, output, _) = await RollupAsync("verify", "--json");
        Assert.Equal(4, exit);
        Assert.Equal(
            "missing",
            JsonElement
                .Parse(output)
                .GetProperty("rollups")[0]
                .GetProperty("findings")[0]
                .GetProperty("kind")
                .GetString()
        );
        Assert.Contains("filled 202402", (await RollupAsync("backfill")).Output);
        Assert.Contains("filled 202402", (await RollupAsync("backfill", "--all")).Output);
        Assert.Equal(0, (await RollupAsync("verify")).Exit);

        await System.IO.File.WriteAllTextAsync(file, Definition.Replace("sum(value) AS total", "max(value) AS most"));
        (exit, _, errors) = await RollupAsync("apply");
        Assert.Equal(1, exit);
        Assert.Contains("has changed", errors);
        Assert.Contains(
            "readers use version 2 instead of 1; 84 rows",
            (await RollupAsync("rebuild", "--keep-old")).Output
        );
        Assert.Contains("dropped activity_1", (await RollupAsync("drop", "--old", "--yes")).Output);
        Assert.Equal(0, (await RollupAsync("optimize")).Exit);
        output = (await RollupAsync("status")).Output;
        Assert.Contains("1 day (version 2): 84 rows in 28 buckets", output);
        Assert.Matches(
            @"activity: typical query [\d.]+ ms \(median\), [\d.]+ ms \(p95\) of \d+; clients unknown \(the",
            output
        );
        Assert.Contains("; slow above 200 ms", output);
        Assert.Contains(
            "remora_rollup_source_rows{rollup=\"activity\",interval=\"1d\"} 84\n",
            (await RollupAsync("status", "--prometheus")).Output
        );

        (exit, output, _) = await RollupAsync("drop");
        Assert.Equal(1, exit);
        Assert.Contains("events is kept. Add --yes", output);
        Assert.Equal(0, (await RollupAsync("drop", "--yes")).Exit);
        Assert.DoesNotContain("activity", await store.RunAsync("SHOW TABLES"));
        Assert.Equal("84\n", await store.RunAsync("SELECT count() FROM events"));
    }

    [Fact]
    public async Task A_source_is_created_once_and_other_statements_are_refused()
    {
        await using var store = await StoreHost.StartAsync();
        Task<(int Exit, string Output, string Errors)> SourceAsync(string file) =>
            RemoraProcess.RunAsync("rollup", "source", file, "--data", store.Data);

        var file = store.File("events.sql", "-- the events\n" + Source);
        Assert.Equal((0, "events: created\n", ""), await SourceAsync(file));
        Assert.Equal((0, "events: exists, nothing to do\n", ""), await SourceAsync(file));
        var (exit, _, errors) = await SourceAsync(store.File("other.sql", "DROP TABLE events"));
        Assert.Equal(2, exit);
        Assert.Contains("other.sql: expected one statement: CREATE TABLE name (columns)", errors);
        (exit, _, errors) = await SourceAsync(store.File("two.sql", "CREATE TABLE x (a Int8) ENGINE = Null; SELECT 1"));
        Assert.Equal(2, exit);
        Assert.Contains("Multi-statements", errors);
        Assert.Equal(2, (await SourceAsync("missing.sql")).Exit);
        Assert.Equal("events\n", await store.RunAsync("SHOW TABLES"));
    }

    [Fact]
    public async Task Errors_name_file_and_line()
    {
        await using var store = await StoreHost.StartAsync();
        var file = store.File("activity.sql", Definition);
        var (exit, _, errors) = await RemoraProcess.RunAsync("rollup", "plan", file, "--data", store.Data);
        Assert.Equal(2, exit);
        Assert.Contains("activity.sql, line 2: ", errors); // the source is missing
        await store.RunAsync(Source);
        (exit, _, errors) = await RemoraProcess.RunAsync("rollup", "verify", file, "--data", store.Data);
        Assert.Equal(1, exit);
        Assert.Contains("apply it first", errors);
        var broken = store.File(
            "broken.sql",
            Definition.Replace("sum(value)", "noSuchFunction(value)").Replace("rollup: activity", "rollup: other")
        );
        (exit, _, errors) = await RemoraProcess.RunAsync("rollup", "apply", file, broken, "--data", store.Data);
        Assert.Equal(2, exit);
        Assert.Contains("broken.sql, line 8: ", errors);
        Assert.Equal("events\n", await store.RunAsync("SHOW TABLES")); // not even the objects of the valid definition
        (exit, _, errors) = await RemoraProcess.RunAsync("rollup", "apply", "--data", store.Data);
        Assert.Equal(2, exit);
        Assert.Contains("no definitions given", errors);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "rollup",
            "plan",
            Path.Combine(store.Data, "none.sql"),
            "--data",
            store.Data
        );
        Assert.Equal(2, exit);
        Assert.Contains("does not exist", errors);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "rollup",
            "load",
            file,
            "--from",
            "nowhere.csv",
            "--data",
            store.Data
        );
        Assert.Equal(2, exit);
        Assert.Contains("the file 'nowhere.csv' does not exist", errors);
    }

    [Fact]
    public async Task Alert_rules_require_no_store()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync("rollup", "status", "--alert-rules");
        Assert.True(exit == 0, errors);
        Assert.Contains("alert: RollupLags", output);
    }
}
