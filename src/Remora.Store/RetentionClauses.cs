using System.Globalization;
using System.Text.RegularExpressions;
using Remora.ClickHouse;
using Remora.Store.Schema;

namespace Remora.Store;

/// <summary>Sets the TTL of the tables to the retention of the settings.</summary>
internal sealed partial class RetentionClauses(MarketStore store)
{
    /// <summary>Returns the retention of the tables; the default for missing tables.</summary>
    public static async Task<StoreRetention> ReadAsync(ClickHouseClient client, CancellationToken cancellation)
    {
        var engines = await EnginesAsync(client, cancellation);
        var dialect = new SchemaDialect(client.Cluster);
        var standard = new StoreRetention();
        var rollups = engines
            .Where(table => table.Key.EndsWith("_tt", StringComparison.Ordinal))
            .ToLookup(
                table => table.Key.StartsWith(StoreRollups.QueryMinutes + "_", StringComparison.Ordinal),
                table => DaysIn(table.Value, "bucket")
            );
        return new()
        {
            CandleDays = Days(StoreTable.Candles, standard.CandleDays),
            ObservationDays = Days(StoreTable.Observations, standard.ObservationDays),
            AssessmentDays = Days(StoreTable.Assessments, standard.AssessmentDays),
            RequestDays = Days(StoreTable.Requests, standard.RequestDays),
            RollupDays = rollups[false].DefaultIfEmpty(standard.RollupDays).Max(),
            QueryMinuteDays = rollups[true].DefaultIfEmpty(0).Max(),
        };

        int Days(StoreTable table, int otherwise) =>
            engines.TryGetValue(dialect.Local(table.Name).Value, out var engine)
                ? DaysIn(engine, table.Time.Value)
                : otherwise;
    }

    public async Task ApplyAsync(CancellationToken cancellation)
    {
        var retention = store.Options.Retention;
        var made = await EnginesAsync(store.Client, cancellation);
        await ApplyAsync(made, StoreTable.Candles, retention.CandleDays, cancellation);
        await ApplyAsync(made, StoreTable.Observations, retention.ObservationDays, cancellation);
        await ApplyAsync(made, StoreTable.Assessments, retention.AssessmentDays, cancellation);
        await ApplyAsync(made, StoreTable.Requests, retention.RequestDays, cancellation);
        foreach (var target in await RollupTarget.ListAsync(store, cancellation))
            await ApplyAsync(
                made,
                target.Name,
                SqlName.Of("bucket"),
                retention.DaysOf(target.Rollup) ?? 0,
                cancellation
            );
    }

    // One query for all tables, because every start needs it.
    private static async Task<IReadOnlyDictionary<string, string>> EnginesAsync(
        ClickHouseClient client,
        CancellationToken cancellation
    ) =>
        (
            await client.ListAsync(
                "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()",
                row => (Name: row.String(), Engine: row.String()),
                null,
                cancellation
            )
        ).ToDictionary(table => table.Name, table => table.Engine, StringComparer.Ordinal);

    private Task ApplyAsync(
        IReadOnlyDictionary<string, string> made,
        StoreTable table,
        int days,
        CancellationToken cancellation
    ) => ApplyAsync(made, store.Dialect.Local(table.Name), table.Time, days, cancellation);

    private async Task ApplyAsync(
        IReadOnlyDictionary<string, string> made,
        SqlName table,
        SqlName time,
        int days,
        CancellationToken cancellation
    )
    {
        if (!made.TryGetValue(table.Value, out var engine))
            throw new StoreException(
                $"the server at {store.Client.Address} has no table '{table}': the schema says it was created"
            );
        if (days == 0 && engine.Contains(" TTL ", StringComparison.Ordinal))
            await store.Client.ExecuteAsync(
                $"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} REMOVE TTL",
                new QueryOptions { IsRepeatable = true },
                cancellation
            );
        else if (days > 0 && DaysIn(engine, time.Value) != days)
            await store.Client.ExecuteAsync(
                $"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} MODIFY TTL {Clause(time.Value, days)}",
                new QueryOptions { IsRepeatable = true },
                cancellation
            );
    }

    private static string Clause(string time, int days) =>
        string.Create(CultureInfo.InvariantCulture, $"toDateTime({time}) + toIntervalDay({days})");

    // A clause of another form counts as none.
    private static int DaysIn(string engine, string time) =>
        DaysOf().Match(engine) is { Success: true } match
        && match.Groups["time"].Value == time
        && int.TryParse(match.Groups["days"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var days)
        && days <= StoreRetention.MostDays
            ? days
            : 0;

    [GeneratedRegex(
        @" TTL (toDateTime\()?(?<time>\w+)\)? \+ toIntervalDay\((?<days>\d+)\)",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex DaysOf();
}
