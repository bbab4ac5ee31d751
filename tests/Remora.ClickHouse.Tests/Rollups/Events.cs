using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>A table of events and rollups of it.</summary>
internal static class Events
{
    public const string Definition = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 minute, 1 hour, 6 hours, 12 hours, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total,
        countIf(not ok) AS bad,
        min(value) AS least,
        uniqExact(id) AS ids,
        quantileTDigest(0.95)(value) AS p95
        """;

    public static readonly SqlName Table = SqlName.Of("events");

    public static readonly RollupOptions Options = new()
    {
        ChunkRows = 20_000,
        CutAhead = TimeSpan.FromMilliseconds(300),
    };

    public static async Task<(ClickHouseClient Client, Rollup Rollup)> NewAsync(
        Engine engine,
        string definition = Definition,
        bool apply = true
    )
    {
        var client = await engine.NewDatabaseAsync();
        await CreateAsync(client);
        var rollup = new Rollup(client, RollupFile.Parse(definition, "activity.sql"), Options);
        if (apply)
            await rollup.ApplyAsync();
        return (client, rollup);
    }

    /// <summary>Creates the table.</summary>
    public static Task CreateAsync(ClickHouseClient client) =>
        client.ExecuteAsync(
            """
            CREATE TABLE events (id UInt64, at DateTime64(3), kind LowCardinality(String), value Float64, ok Bool, ingested DateTime64(6) DEFAULT now64(6))
            ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (kind, at) SETTINGS non_replicated_deduplication_window = 1000
            """
        );

    /// <summary>Inserts rows from January to March 2024.</summary>
    public static Task FillAsync(ClickHouseClient client, int rows, int from = 0) =>
        client.ExecuteAsync(
            $"INSERT INTO events (id, at, kind, value, ok) SELECT number AS id, toDateTime64('2024-01-01 00:00:00', "
                + $"3, 'UTC') + (number * 7919 % 7776000), "
                + $"['a', 'b', 'c'][number % 3 + 1], number % 1000 / 7, number % 5 > 0 FROM numbers({from}, {rows})",
            new QueryOptions
            {
                Settings = new Dictionary<string, string>
                {
                    ["insert_deduplication_token"] = Guid.NewGuid().ToString(),
                },
            }
        );

    public static async Task AssertExactAsync(Rollup rollup)
    {
        var verification = await rollup.VerifyAsync();
        Assert.Empty(verification.Findings);
        Assert.Empty(verification.Busy);
    }
}

/// <summary>Progress that a test observes or interrupts.</summary>
internal sealed class Watched(Action<RollupProgress> watch) : IProgress<RollupProgress>
{
    public void Report(RollupProgress value) => watch(value);
}
