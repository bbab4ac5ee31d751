using Remora.ClickHouse;

namespace Remora.Store.Recording;

/// <summary>
/// The statements that insert batches of market data under a lease. The server itself checks the
/// lease, so that an insert that was sent late, for example by a paused process, adds nothing.
/// </summary>
internal static class LeasedInsert
{
    /// <summary>The error of an insert under a lease that is not the newest.</summary>
    public const int IsOver = 395;

    /// <summary>Returns whether rows of a table are recorded by one service only.</summary>
    public static bool IsLeased(string table) => table != StoreTable.Requests.Name.Value;

    /// <summary>
    /// Adds the settings of such inserts: one block, and no long wait for a paused sender.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings(IReadOnlyDictionary<string, string> others) =>
        new Dictionary<string, string>(others, StringComparer.Ordinal)
        {
            ["max_insert_threads"] = "1",
            ["max_threads"] = "1",
            ["http_receive_timeout"] = "10",
        };

    /// <summary>Returns the statement for a batch of the present lease.</summary>
    public static string Fenced(LeaseTable leases, ulong epoch, JournalBatch batch) =>
        $"{Begin(leases, epoch, batch)} SELECT {Names(batch, "")} FROM {Input(batch)} WHERE "
        + $"throwIf({leases.Newest} != {epoch}, 'another service records') = 0 FORMAT RowBinary";

    /// <summary>
    /// Returns the statement for a batch of an earlier lease. It adds the rows whose moments no
    /// later lease covers, and which the table does not have.
    /// </summary>
    /// <param name="leases">The leases.</param>
    /// <param name="epoch">The lease of the batch.</param>
    /// <param name="holder">The id of its journal.</param>
    /// <param name="batch">The batch.</param>
    public static string Late(LeaseTable leases, ulong epoch, string holder, JournalBatch batch)
    {
        var begin = Begin(leases, epoch, batch);
        var uncovered = (string time) =>
            $"NOT arrayExists(span -> {time} >= span.1 AND {time} <= span.2, {leases.SpansAfter(epoch, holder)})";
        if (batch.Table == StoreTable.Observations.Name)
            return $"{begin} SELECT {Names(batch, "")} FROM {Input(batch)} WHERE {uncovered("knowable_at")} FORMAT "
                + "RowBinary";
        // Candles replace each other, the row recorded later wins
        if (batch.Table != StoreTable.Assessments.Name)
            return $"{begin} SELECT {Names(batch, "")} FROM {Input(batch)} FORMAT RowBinary";
        const string key = "exchange, pair, timeframe, policy, assessed_at, as_of";
        // The rows of the batch are the side in memory
        return $"{begin} SELECT {Names(batch, "late.")} FROM (SELECT {key} FROM assessments) AS stored RIGHT ANTI JOIN "
            + $"(SELECT {Names(batch, "")} FROM {Input(batch)} WHERE {uncovered("assessed_at")}) AS late USING ({key}) "
            + "FORMAT RowBinary";
    }

    private static string Begin(LeaseTable leases, ulong epoch, JournalBatch batch) =>
        $"{leases.Mark(epoch)} INSERT INTO {batch.Table.Quoted} ({Names(batch, "")})";

    private static string Names(JournalBatch batch, string of) =>
        string.Join(", ", batch.Columns.Select(column => of + column.Quoted));

    private static string Input(JournalBatch batch)
    {
        var table = StoreTable.All.First(table => table.Name == batch.Table);
        var types = table.Columns.Zip(table.Types).ToDictionary(column => column.First, column => column.Second);
        var structure = string.Join(", ", batch.Columns.Select(column => $"{column.Quoted} {types[column]}"));
        return $"input('{structure.Replace("'", "\\'", StringComparison.Ordinal)}')";
    }
}
