namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Where the rows of files are inserted for staging: the table, or the tables of all shards. A
/// shard gets the rows that the <c>Distributed</c> table over the source would send to it, or
/// random ones without such a table.
/// </summary>
internal static class LoadTarget
{
    /// <summary>Returns what follows INSERT INTO.</summary>
    public static async Task<string> OfAsync(
        RollupDatabase database,
        SqlName source,
        SqlName staging,
        CancellationToken cancellation
    )
    {
        if (database.Client.Cluster is not { } cluster)
            return staging.Quoted;
        var engines = await database.Client.ListAsync(
            "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND engine = 'Distributed' "
                + "ORDER BY name",
            row => row.String(),
            null,
            cancellation
        );
        var keys = engines.Select(engine => KeyOf(engine, source)).OfType<string>().Distinct().ToList();
        if (keys.Count > 1)
            throw new RollupException(
                $"{source} has several Distributed tables with different sharding keys ({string.Join(", ", keys)}): "
                    + $"the load cannot know which shard a row belongs to"
            );
        return $"FUNCTION cluster({SqlName.Of(cluster).Quoted}, {SqlName.Of(database.Client.Database).Quoted}, "
            + $"{staging.Quoted}, {keys.FirstOrDefault() ?? "rand()"})";
    }

    /// <summary>Returns the settings of the inserts into the staging tables.</summary>
    public static Dictionary<string, string> Settings(IReadOnlyList<RollupDatabase> shards)
    {
        var settings = shards[0].Load.ToDictionary(setting => setting.Name, setting => setting.Text);
        if (shards[0].Shard is null)
            return settings;
        settings["distributed_foreground_insert"] = "1";
        settings["insert_deduplicate"] = "0"; // the staging tables are empty
        return settings;
    }

    // Distributed('cluster', 'database', 'table', key, ...)
    private static string? KeyOf(string engine, SqlName source)
    {
        var call = engine.Split(" SETTINGS ", 2)[0];
        if (SqlText.SplitCall(call) is not ("Distributed", "", var arguments))
            return null;
        var parts = SqlText.SplitList(arguments[1..^1], 1).Select(part => part.Text).ToList();
        return parts.Count > 3 && parts[2].Trim('\'') == source.Value ? parts[3] : null;
    }
}
