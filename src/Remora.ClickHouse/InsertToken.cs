namespace Remora.ClickHouse;

/// <summary>What makes a repeated insert count once.</summary>
internal static class InsertToken
{
    /// <summary>
    /// With a token the server drops a batch it has seen, also where views carry it on. Without one nothing is dropped: two equal batches
    /// may both be meant.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings(string? token) => token is null
        ? new Dictionary<string, string>(StringComparer.Ordinal) { ["insert_deduplicate"] = "0" }
        : new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["insert_deduplicate"] = "1",
            ["insert_deduplication_token"] = token,
            ["deduplicate_blocks_in_dependent_materialized_views"] = "1",
        };
}
