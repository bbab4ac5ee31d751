namespace Remora.ClickHouse;

/// <summary>What makes a repeated insert count once.</summary>
public static class InsertToken
{
    /// <summary>
    /// With a token the server drops a batch it has seen, also where views carry it on. Without one the batch gets a token nobody else
    /// has: the server would drop an equal batch too, and both may be meant.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings(string? token) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["insert_deduplicate"] = "1",
        ["insert_deduplication_token"] = token ?? Guid.NewGuid().ToString("N"),
        ["deduplicate_blocks_in_dependent_materialized_views"] = "1",
    };
}
