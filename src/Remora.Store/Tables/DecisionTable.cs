using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>An entry that a bot wanted.</summary>
/// <param name="Id">The id that the bot gave it.</param>
/// <param name="Bot">The name of the bot.</param>
/// <param name="Exchange">The exchange of the market that it is followed on; empty if the pair was
/// not tracked.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Timeframe">The timeframe of that market; empty if the pair was not tracked.</param>
/// <param name="Side">The side of the trade.</param>
/// <param name="At">When the entry was decided.</param>
/// <param name="Verdict">Whether it was allowed, and who refused it.</param>
/// <param name="Report">The whole report as JSON.</param>
public sealed record DecisionRow(
    string Id,
    string Bot,
    string Exchange,
    string Pair,
    string Timeframe,
    string Side,
    Instant At,
    string Verdict,
    string Report
);

/// <summary>The entries that bots wanted, as they reported them.</summary>
public sealed class DecisionTable
{
    private const string Columns = "id, bot, exchange, pair, timeframe, side, at, verdict, report";
    private readonly MarketStore _store;

    internal DecisionTable(MarketStore store) => _store = store;

    /// <summary>
    /// Stores the rows whose id is not known yet, and returns their number. A report that is
    /// repeated changes nothing, also if two repeat it at the same time.
    /// </summary>
    public async Task<int> AddAsync(IReadOnlyList<DecisionRow> rows, CancellationToken cancellation = default)
    {
        var known = await _store.Client.ListAsync(
            "SELECT DISTINCT id FROM decisions WHERE id IN {ids:Array(String)}",
            row => row.String(),
            new QueryParameters().Add("ids", rows.Select(row => row.Id)),
            cancellation
        );
        DecisionRow[] added = [.. rows.DistinctBy(row => row.Id).ExceptBy(known, row => row.Id)];
        if (added.Length > 0)
            await _store.Inserts.InsertAsync(StoreTable.Decisions, added, _ => _store.Sequence, cancellation);
        return added.Length;
    }

    /// <summary>Returns the rows of a span of decisions, by time.</summary>
    public StoreQuery<DecisionRow> Of(Span span)
    {
        var parameters = new QueryParameters();
        return new(
            _store.Client,
            $"SELECT {Columns} FROM decisions FINAL WHERE {span.Where("at", parameters)}"
                + span.Order("at, id", parameters),
            parameters,
            row =>
                new(
                    row.String(),
                    row.String(),
                    row.String(),
                    row.String(),
                    row.String(),
                    row.String(),
                    Instant.From(row.DateTime64()),
                    row.String(),
                    row.String()
                )
        );
    }
}
