using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

public sealed class RollupFileTests
{
    private const string Good = """
        -- Requests, as traffic.
        -- rollup: requests
        -- source: api_requests
        -- time: at
        -- ingested: ingested
        -- intervals: 12 hours, 1 minute, 1 hour
        -- keys: route, lower(pair) AS pair
        -- retention: 1 minute 90 days
        -- partition: year
        count() AS requests,
        quantileTDigest(0.95)(if(a, b, ',(')) AS p95, -- a comment
        countIf(status >= 500) AS failed
        """;

    [Fact]
    public void Every_part_of_a_definition_is_parsed()
    {
        var definition = RollupFile.Parse(Good.Replace(" -- a comment", ""), "requests.sql");
        Assert.Equal(
            ("requests", "api_requests", "s.at", "s.ingested"),
            (definition.Name.Value, definition.Source.Value, definition.QualifiedTime, definition.QualifiedIngested)
        );
        Assert.Equal(["1 minute", "1 hour", "12 hours"], definition.Intervals.Select(interval => interval.ToString()));
        Assert.Equal(
            [("route", "route", 7), ("pair", "lower(pair)", 7)],
            definition.Keys.Select(key => (key.Name.Value, key.Expression, key.Line))
        );
        Assert.Equal(
            [("requests", 10), ("p95", 11), ("failed", 12)],
            definition.Aggregates.Select(aggregate => (aggregate.Name.Value, aggregate.Line))
        );
        var p95 = definition.Aggregates[1];
        Assert.Equal("quantileTDigestState(0.95)(if(a, b, ',('))", p95.State);
        Assert.Equal("quantileTDigestMerge(0.95)(t.`p95`)", p95.Merge("t"));
        Assert.Equal("quantileTDigestMergeState(0.95)(c.`p95`)", p95.MergeState("c"));
        Assert.Equal(RollupPartition.Year, definition.Partition);
        Assert.Equal(90, Assert.Single(definition.Retention).Days);
    }

    [Fact]
    public void The_hash_depends_on_the_created_objects()
    {
        var first = RollupFile.Parse(Good.Replace(" -- a comment", ""), "a.sql");
        Assert.Equal(
            first.Hash,
            RollupFile.Parse("-- another comment\n" + Good.Replace(" -- a comment", ""), "b.sql").Hash
        );
        Assert.NotEqual(
            first.Hash,
            RollupFile.Parse(Good.Replace(" -- a comment", "").Replace(">= 500", ">= 400"), "a.sql").Hash
        );
    }

    [Theory]
    [InlineData("1 minute, 7 hours", 6, "'7 hours' is not an interval")]
    [InlineData("2 months", 6, "'2 months' is not an interval")]
    [InlineData("1 minute, 1 minute", 6, "lists an interval twice")]
    [InlineData("0 hours", 6, "'0 hours' is not an interval")]
    public void Intervals_divide_a_day(string intervals, int line, string reason) =>
        Refused(Good.Replace("12 hours, 1 minute, 1 hour", intervals), line, reason);

    [Theory]
    [InlineData("-- partition: year", "-- granularity: 0", 9, "invalid granularity '0': expected 1 to 65536 rows")]
    [InlineData(
        "12 hours, 1 minute, 1 hour\n-- keys: route, lower(pair) AS pair\n-- retention: 1 minute 90 days\n-- "
            + "partition: year",
        "1 year",
        6,
        "require '-- partition: year'"
    )]
    public void Partitions_follow_the_definition(string text, string instead, int line, string reason) =>
        Refused(Good.Replace(text, instead), line, reason);

    [Theory]
    [InlineData("count() AS requests", "count()", 10, "has no name")]
    [InlineData(
        "count() AS requests",
        "count() + 1 AS requests",
        10,
        "is not a call of an aggregate function: expected one such as"
    )]
    [InlineData("count() AS requests", "count() AS rows", 10, "'rows' is a column of every rollup")]
    [InlineData("AS failed", "AS requests", 12, "the name 'requests' occurs twice")]
    [InlineData("AS failed", "AS `a;b`", 12, "has no name")]
    [InlineData("countIf(status >= 500)", "countIf((status >= 500)", 1, "a bracket is not closed")]
    [InlineData("-- rollup: requests", "-- rollup: requests; drop", 2, "invalid name")]
    [InlineData("-- source: api_requests", "-- source: a JOIN b", 3, "'a JOIN b' has no alias: expected 'table', or")]
    [InlineData("-- time: at", "-- zeit: at", 1, "'-- time: …' is missing from the header")]
    [InlineData("-- time: at", "-- time: at\n-- time: on", 5, "'-- time:' occurs twice")]
    [InlineData("1 minute 90 days", "1 minute forever", 8, "invalid retention '1 minute forever': expected")]
    [InlineData("1 minute 90 days", "1 minute 36500 days", 8, "expected 1 to 10000 days")]
    [InlineData("partition: year", "partition: day", 9, "invalid partition 'day': expected month or year")]
    public void Errors_name_the_line(string text, string instead, int line, string reason) =>
        Refused(Good.Replace(text, instead), line, reason);

    [Fact]
    public void A_key_without_a_value_is_missing() =>
        Refused(Good.Replace("-- time: at", "-- time:"), 4, "'-- time: …' is missing");

    [Fact]
    public void A_rollup_requires_an_aggregate() =>
        Refused(string.Join('\n', Good.Split('\n')[..9]), 9, "no aggregate: expected at least one");

    private static void Refused(string text, int line, string reason)
    {
        var error = Assert.Throws<RollupDefinitionException>(() =>
            RollupFile.Parse(text.Replace(" -- a comment", ""), "requests.sql")
        );
        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Message);
    }
}
