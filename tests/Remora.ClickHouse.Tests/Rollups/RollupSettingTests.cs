using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

public sealed class RollupSettingTests(Engine engine)
{
    private const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        count() AS events
        """;

    // Valid values for every setting; in range of ClickHouse's own checks together.
    private static readonly Dictionary<string, (long Before, long After)> Tables = new()
    {
        ["min_bytes_for_wide_part"] = (0, 1 << 20),
        ["min_rows_for_wide_part"] = (0, 1000),
        ["max_parts_in_total"] = (5000, 6000),
        ["parts_to_delay_insert"] = (300, 400),
        ["parts_to_throw_insert"] = (600, 700),
        ["merge_selecting_sleep_ms"] = (1000, 2000),
        ["max_bytes_to_merge_at_max_space_in_pool"] = (1L << 30, 1L << 31),
    };

    private static readonly Dictionary<string, long> Loads = new()
    {
        ["max_insert_block_size"] = 50_000,
        ["min_insert_block_size_rows"] = 60_000,
        ["min_insert_block_size_bytes"] = 70 << 20,
        ["max_insert_threads"] = 3,
        ["max_memory_usage"] = 300 << 20,
        ["max_bytes_before_external_group_by"] = 101 << 20,
        ["max_bytes_before_external_sort"] = 102 << 20,
        ["max_partitions_per_insert_block"] = 7,
        ["throw_on_max_partitions_per_insert_block"] = 0,
    };

    [Fact]
    public void The_tests_cover_every_setting()
    {
        Assert.Equal(RollupSetting.OfTables.Order(), Tables.Keys.Order());
        Assert.Equal(RollupSetting.OfLoads.Order(), Loads.Keys.Order());
    }

    [Fact]
    public async Task Settings_of_tables_are_set_shown_changed_and_reset()
    {
        var (client, _) = await Events.NewAsync(engine, apply: false);
        await ApplyAsync(Header("table", Tables.Select(entry => (entry.Key, entry.Value.Before))));
        foreach (var (name, value) in Tables)
            await AssertLiveAsync($"{name} = {value.Before}");

        var changed = New(Header("table", Tables.Select(entry => (entry.Key, entry.Value.After))));
        var plan = await changed.PlanAsync();
        Assert.False(plan.IsChanged);
        Assert.Equal(2 * Tables.Count, plan.Statements.Count);
        foreach (var (name, value) in Tables)
        {
            Assert.Contains($"ALTER TABLE `activity_1h_v1_tt` MODIFY SETTING {name} = {value.After}", plan.Statements);
            Assert.Contains(
                $"activity_1d_v1_tt: {name} is {value.Before}, the definition says {value.After}",
                plan.Remarks
            );
        }
        await changed.ApplyAsync();
        foreach (var (name, value) in Tables)
            await AssertLiveAsync($"{name} = {value.After}");
        Assert.True((await changed.PlanAsync()).IsNothingToDo);

        var without = New("");
        Assert.Contains(
            "activity_1h_v1_tt: parts_to_throw_insert is 700, the definition does not set it",
            (await without.PlanAsync()).Remarks
        );
        await without.EnsureAsync(); // as a service does at its start
        Assert.True((await without.PlanAsync()).IsNothingToDo);
        foreach (var name in Tables.Keys)
            Assert.Equal(0UL, await LiveAsync($"{name} ="));

        Rollup New(string header) => new(client, RollupFile.Parse(header + Definition, "activity.sql"), Events.Options);

        Task ApplyAsync(string header) => New(header).ApplyAsync();

        async Task AssertLiveAsync(string setting) => Assert.Equal(2UL, await LiveAsync(setting));

        Task<ulong> LiveAsync(string setting) =>
            client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_tt' AND "
                    + "match(engine_full, {s:String})",
                row => row.UInt64(),
                new QueryParameters().Add("s", setting + "\\b")
            );
    }

    [Fact]
    public async Task Settings_of_loads_apply_to_loads_and_backfills()
    {
        var (client, _) = await Events.NewAsync(engine, apply: false);
        var header = Header("load", Loads.Select(entry => (entry.Key, entry.Value)));
        var rollup = new Rollup(client, RollupFile.Parse(header + Definition, "activity.sql"), Events.Options);
        var plan = await rollup.ApplyAsync();
        Assert.Contains(
            plan.Remarks,
            remark => remark.StartsWith("loads and backfills use max_insert_block_size = 50000, ")
        );
        var database = new RollupDatabase(client, Events.Options, TimeProvider.System)
        {
            Load = rollup.Definition.LoadSettings,
        };
        foreach (var (name, value) in Loads)
        {
            var live = await database.ListAsync(
                $"SELECT toInt64(getSetting('{name}'))",
                row => row.Int64(),
                CancellationToken.None
            );
            Assert.Equal((name, value), (name, live.Single()));
        }
        await Events.FillAsync(client, 5000);
        await rollup.BackfillAsync(all: true);
        await Events.AssertExactAsync(rollup);
    }

    public static TheoryData<string, string, string> Invalid()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var name in RollupSetting.OfTables.Append("unknown_setting"))
            data.Add("table", name, "-1");
        foreach (var name in RollupSetting.OfLoads.Append("max_threads"))
            data.Add("load", name, "9999999999999999");
        return data;
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Unknown_names_and_values_out_of_range_are_refused(string key, string name, string value)
    {
        var error = Assert.Throws<RollupDefinitionException>(() =>
            RollupFile.Parse($"-- {key}: {name}={value}\n{Definition}", "activity.sql")
        );
        Assert.Equal(1, error.Line);
        Assert.Contains(
            RollupSetting.OfTables.Concat(RollupSetting.OfLoads).Contains(name)
                ? $"invalid value '{value}' of {name}: expected a whole number from "
                : $"unknown setting '{name}': expected one of m",
            error.Message
        );
    }

    [Theory]
    [InlineData("max_parts_in_total", "'max_parts_in_total' is not a setting: expected name=value")]
    [InlineData("max_parts_in_total=1,max_parts_in_total=2", "the setting 'max_parts_in_total' occurs twice")]
    [InlineData("max_parts_in_total=1,", "'' is not a setting")]
    [InlineData("max_insert_threads=1", "unknown setting 'max_insert_threads'")]
    public void Malformed_settings_are_refused(string settings, string reason) =>
        Assert.Contains(
            reason,
            Assert
                .Throws<RollupDefinitionException>(() =>
                    RollupFile.Parse($"-- table: {settings}\n{Definition}", "activity.sql")
                )
                .Message
        );

    [Fact]
    public void Settings_do_not_make_another_definition() =>
        Assert.Equal(
            RollupFile.Parse(Definition, "activity.sql").Hash,
            RollupFile.Parse($"-- load: max_insert_threads=2\n{Definition}", "activity.sql").Hash
        );

    private static string Header(string key, IEnumerable<(string Name, long Value)> settings) =>
        $"-- {key}: {string.Join(", ", settings.Select(setting => $"{setting.Name}={setting.Value}"))}\n";
}
