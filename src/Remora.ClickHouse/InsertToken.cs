namespace Remora.ClickHouse;

/// <summary>Settings that make a repeated insert count once.</summary>
public static class InsertToken
{
    /// <summary>
    /// The settings of a replicated table that keep its last tokens. A year, because an insert can
    /// be repeated long after a server was lost: by default servers forget tokens after an hour.
    /// </summary>
    public const string ReplicatedWindow =
        "replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 31536000";

    /// <summary>
    /// With a token, the server drops a batch that it has received before, also in materialized
    /// views. Without one, the batch gets a unique token, because the server would otherwise drop
    /// an equal batch that is intended.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings(string? token) =>
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["insert_deduplicate"] = "1",
            ["insert_deduplication_token"] = token ?? Guid.NewGuid().ToString("N"),
            ["deduplicate_blocks_in_dependent_materialized_views"] = "1",
        };
}
