using System.Globalization;
using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>
/// Sets the TTL of tables to the retention in the settings. Skips tables that have it already.
/// </summary>
internal sealed class RetentionClauses(MarketStore store)
{
    public async Task ApplyAsync(CancellationToken cancellation)
    {
        var retention = store.Options.Retention;
        var made = await EnginesAsync(cancellation);
        await ApplyAsync(made, StoreTable.Candles, retention.CandleDays, cancellation);
        await ApplyAsync(made, StoreTable.Observations, retention.ObservationDays, cancellation);
        await ApplyAsync(made, StoreTable.Assessments, retention.AssessmentDays, cancellation);
        await ApplyAsync(made, StoreTable.Requests, retention.RequestDays, cancellation);
        foreach (var target in await RollupTarget.ListAsync(store, cancellation)) await ApplyAsync(made, target.Name, SqlName.Of("bucket"), retention.RollupDays, cancellation);
    }

    // One query for all tables, because this runs at every start.
    private async Task<IReadOnlyDictionary<string, string>> EnginesAsync(CancellationToken cancellation) =>
        (await store.Client.ListAsync("SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()", row => (Name: row.String(), Engine: row.String()), null, cancellation))
        .ToDictionary(table => table.Name, table => table.Engine, StringComparer.Ordinal);

    private Task ApplyAsync(IReadOnlyDictionary<string, string> made, StoreTable table, int days, CancellationToken cancellation) =>
        ApplyAsync(made, store.Dialect.Local(table.Name), table.Time, days, cancellation);

    private async Task ApplyAsync(IReadOnlyDictionary<string, string> made, SqlName table, SqlName time, int days, CancellationToken cancellation)
    {
        var engine = made[table.Value];
        var clause = string.Create(CultureInfo.InvariantCulture, $"toDateTime({time.Value}) + toIntervalDay({days})");
        if (days == 0 && engine.Contains(" TTL ", StringComparison.Ordinal))
            await store.Client.ExecuteAsync($"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} REMOVE TTL", new QueryOptions { IsRepeatable = true }, cancellation);
        else if (days > 0 && !engine.Contains($" TTL {clause}", StringComparison.Ordinal))
            await store.Client.ExecuteAsync($"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} MODIFY TTL {clause}", new QueryOptions { IsRepeatable = true }, cancellation);
    }
}
