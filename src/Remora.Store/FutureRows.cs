using Remora.ClickHouse;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store;

/// <summary>Rows of a table with times in the future, recorded while a clock was ahead.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Last">The latest time.</param>
public sealed record FutureRows(string Table, long Rows, Instant Last)
{
    /// <summary>Clock corrections up to this size are not reported.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Returns one sentence for the operator about all tables.</summary>
    public static string Describe(IReadOnlyList<FutureRows> all) =>
        $"rows are dated in the future and are excluded until then "
        + $"({string.Join(", ", all.Select(each => $"{each.Rows} of {each.Table} up to {each.Last}"))}): "
        + "the clock was ahead when they were recorded, or is behind now. Check this machine's clock";

    internal static async Task<IReadOnlyList<FutureRows>> OfAsync(
        MarketStore store,
        Instant now,
        CancellationToken cancellation
    )
    {
        var all = new List<FutureRows>();
        foreach (var table in StoreTable.All)
        {
            var parameters = new QueryParameters();
            var where = new Span(now + Tolerance).Where(table.Time.Value, parameters);
            var (rows, last) = await store.Client.SingleAsync(
                $"SELECT count(), toDateTime64(max({table.Time.Quoted}), 3, 'UTC') FROM {table.Name.Quoted} WHERE "
                    + $"{where}",
                row => ((long)row.UInt64(), row.DateTime64()),
                parameters,
                cancellation
            );
            if (rows > 0)
                all.Add(new(table.Name.Value, rows, Instant.From(last)));
        }
        return all;
    }
}
