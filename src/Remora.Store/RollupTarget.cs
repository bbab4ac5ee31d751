using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>A table with the aggregate states of a rollup.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rollup">The rollup.</param>
/// <param name="Definition">The hash of the definition that created it.</param>
internal sealed record RollupTarget(SqlName Name, string Rollup, string Definition)
{
    /// <summary>
    /// Those of the store's rollups that are there. A copy of such a table has its comment too, but
    /// not the name that the comment says.
    /// </summary>
    public static async Task<IReadOnlyList<RollupTarget>> ListAsync(MarketStore store, CancellationToken cancellation)
    {
        var rows = await store.Client.ListAsync(
            "SELECT name, JSONExtractString(comment, 'rollup') AS rollup, JSONExtractString(comment, 'definition') "
                + "FROM system.tables "
                + "WHERE database = currentDatabase() AND startsWith(comment, '{\"rollup\":') AND engine LIKE "
                + "'%AggregatingMergeTree' AND rollup IN {names:Array(String)} AND name = concat(rollup, '_', "
                + "JSONExtractString(comment, 'interval'), '_v', toString(JSONExtractInt(comment, 'version')), "
                + "'_tt') ORDER BY rollup, JSONExtractInt(comment, 'version'), name",
            row => (Name: row.String(), Rollup: row.String(), Definition: row.String()),
            new QueryParameters().Add("names", store.Rollups.Select(rollup => rollup.Definition.Name.Value)),
            cancellation
        );
        return [.. rows.Select(row => new RollupTarget(SqlName.Of(row.Name), row.Rollup, row.Definition))];
    }
}
