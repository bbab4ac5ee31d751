using System.Globalization;
using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>Brings the tables' TTL to what the settings ask for; tables that have it already are left alone.</summary>
internal sealed class RetentionClauses(MarketStore store)
{
    public async Task ApplyAsync(CancellationToken cancellation)
    {
        var retention = store.Options.Retention;
        await ApplyAsync(StoreTable.Candles, retention.CandleDays, cancellation);
        await ApplyAsync(StoreTable.Observations, retention.ObservationDays, cancellation);
        await ApplyAsync(StoreTable.Assessments, retention.AssessmentDays, cancellation);
        await ApplyAsync(StoreTable.Requests, retention.RequestDays, cancellation);
        foreach (var target in await RollupTarget.ListAsync(store, cancellation)) await ApplyAsync(target.Name, SqlName.Of("bucket"), retention.RollupDays, cancellation);
    }

    private Task ApplyAsync(StoreTable table, int days, CancellationToken cancellation) => ApplyAsync(store.Dialect.Local(table.Name), table.Time, days, cancellation);

    private async Task ApplyAsync(SqlName table, SqlName time, int days, CancellationToken cancellation)
    {
        var made = await store.Client.SingleAsync(
            "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {t:String}", row => row.String(), new QueryParameters().Add("t", table.Value), cancellation);
        var clause = string.Create(CultureInfo.InvariantCulture, $"toDateTime({time.Value}) + toIntervalDay({days})");
        var has = made.Contains(" TTL ", StringComparison.Ordinal);
        if (days == 0 && has) await store.Client.ExecuteAsync($"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} REMOVE TTL", new QueryOptions { IsRepeatable = true }, cancellation);
        else if (days > 0 && !made.Contains($" TTL {clause}", StringComparison.Ordinal))
            await store.Client.ExecuteAsync($"ALTER TABLE {table.Quoted}{store.Dialect.OnCluster} MODIFY TTL {clause}", new QueryOptions { IsRepeatable = true }, cancellation);
    }
}
