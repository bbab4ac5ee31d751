namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Drops the objects with a rollup's mark: first materialized views, then views, then tables. Never
/// drops the source.
/// </summary>
internal static class RollupDrop
{
    public static async Task<IReadOnlyList<SqlName>> RunAsync(
        RollupDatabase database,
        RollupDefinition definition,
        Func<RollupMark, bool> which,
        CancellationToken cancellation
    )
    {
        var chain = new RollupChain(definition, 1, database.Client);
        var entries = await ListAsync(database, definition, which, cancellation);
        foreach (var entry in entries)
            await database.RunAsync(
                chain.Drop(entry.Name, isView: entry.Engine is "View" or "MaterializedView"),
                cancellation
            );
        return [.. entries.Select(entry => entry.Name)];
    }

    public static async Task<List<MarkedObject>> ListAsync(
        RollupDatabase database,
        RollupDefinition definition,
        Func<RollupMark, bool> which,
        CancellationToken cancellation
    ) =>
        [
            .. (await database.MarkedAsync(definition.Name, cancellation))
                .Where(entry => which(entry.Mark) && entry.Name != definition.Source)
                .OrderBy(entry =>
                    entry.Engine switch
                    {
                        "MaterializedView" => 0,
                        "View" => 1,
                        _ => 2,
                    }
                ),
        ];
}
