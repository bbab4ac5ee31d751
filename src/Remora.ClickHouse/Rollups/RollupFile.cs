namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Reads a definition: a header of <c>-- key: value</c> lines, then named aggregates, separated by
/// commas. Other comments are ignored.
/// <code>
/// -- rollup: requests
/// -- source: api_requests
/// -- time: at
/// -- ingested: ingested
/// -- intervals: 1 minute, 1 hour, 6 hours
/// -- keys: route, lower(pair) AS pair
/// -- retention: 1 minute 90 days, 1 hour 730 days
/// -- partition: month
/// -- granularity: 8192
/// -- table: parts_to_delay_insert=1000
/// -- load: max_insert_threads=4
/// count() AS requests,
/// quantileTDigest(0.95)(microseconds) AS p95
/// </code>
/// </summary>
public static class RollupFile
{
    /// <exception cref="RollupDefinitionException">A part is missing or invalid.</exception>
    public static async Task<RollupDefinition> ReadAsync(string path, CancellationToken cancellation = default) =>
        Parse(await File.ReadAllTextAsync(path, cancellation), Path.GetFileName(path));

    /// <param name="text">The content of the file.</param>
    /// <param name="file">The name of the file, for messages.</param>
    /// <exception cref="RollupDefinitionException">A part is missing or invalid.</exception>
    public static RollupDefinition Parse(string text, string file) =>
        new RollupFileParser(RollupFileText.Split(text, file)).Parse();
}
