namespace Remora.ClickHouseHost.Engine;

/// <summary>
/// The rows and bytes that a finished query read and wrote, as the engine counts them.
/// </summary>
internal readonly record struct QueryStatistics(
    ulong ReadRows,
    ulong ReadBytes,
    ulong WrittenRows,
    ulong WrittenBytes,
    ulong ResultRows,
    ulong ResultBytes,
    TimeSpan Elapsed
)
{
    /// <summary>
    /// Returns the text of X-ClickHouse-Summary: numbers as strings, in the order of ClickHouse's
    /// server.
    /// </summary>
    public string ToHeader() =>
        $"{{\"read_rows\":\"{ReadRows}\",\"read_bytes\":\"{ReadBytes}\","
        + $"\"written_rows\":\"{WrittenRows}\",\"written_bytes\":\"{WrittenBytes}\",\"total_rows_to_read\":\"0\","
        + $"\"result_rows\":\"{ResultRows}\",\"result_bytes\":\"{ResultBytes}\","
        + $"\"elapsed_ns\":\"{Elapsed.Ticks * 100}\"}}";
}
