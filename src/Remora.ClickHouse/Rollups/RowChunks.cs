namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Splits rows into ranges of whole hours with a bounded number of rows each, as far as hours
/// allow.
/// </summary>
internal static class RowChunks
{
    public static async Task<List<(RollupSlice Slice, long Rows)>> ListAsync(
        RollupDatabase database,
        string from,
        string time,
        QueryParameters? parameters,
        CancellationToken cancellation
    )
    {
        var hours = await database.ListAsync(
            $"SELECT toDateTime(toStartOfInterval({time}, INTERVAL 1 HOUR, 'UTC'), 'UTC') AS hour, count() FROM "
                + $"{from} GROUP BY hour ORDER BY hour",
            row => (Hour: row.DateTime(), Rows: (long)row.UInt64()),
            cancellation,
            parameters
        );
        var chunks = new List<(RollupSlice, long)>();
        for (var i = 0; i < hours.Count; )
        {
            var first = hours[i].Hour;
            var rows = 0L;
            do rows += hours[i++].Rows;
            while (i < hours.Count && rows + hours[i].Rows <= database.Options.ChunkRows);
            chunks.Add((new(first, hours[i - 1].Hour.AddHours(1)), rows));
        }
        return chunks;
    }
}
