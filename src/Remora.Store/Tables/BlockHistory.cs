using Remora.ClickHouse;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>An unbroken time in which entries were blocked.</summary>
/// <param name="From">The first blocked assessment.</param>
/// <param name="To">The first assessment after it that was not blocked.</param>
/// <param name="BlockedBy">The first reason at the start.</param>
public sealed record BlockedSpan(Instant From, Instant To, string BlockedBy);

/// <summary>The blocks of a market in its recorded assessments.</summary>
public static class BlockHistory
{
    // Assessments are recorded at each candle. Where more than this many are missing, it is unknown
    // whether a block lasted.
    private const int MostMissing = 3;

    /// <summary>
    /// Returns the blocks that began and ended within a span, oldest first. Blocks are left out if
    /// assessments are missing within them or at their ends, because their length is unknown.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="market">The market.</param>
    /// <param name="policy">The name of the policy.</param>
    /// <param name="side">The side.</param>
    /// <param name="span">The span.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public static async Task<IReadOnlyList<BlockedSpan>> OfAsync(
        MarketStore store,
        MarketId market,
        string policy,
        Side side,
        Span span,
        CancellationToken cancellation = default
    )
    {
        var longest = market.Timeframe.Length * (MostMissing + 1);
        var (safe, by) =
            side == Side.Long ? ("safe_to_trade", "blocked_by") : ("short_safe_to_trade", "short_blocked_by");
        var parameters = new QueryParameters()
            .Add("exchange", market.Exchange)
            .Add("pair", market.Pair.ToString())
            .Add("timeframe", market.Timeframe.Name)
            .Add("policy", policy)
            .Add("longest", (long)longest.TotalMilliseconds);
        // Only the assessments at which something changes, or before which some are missing.
        var sql = $$"""
            SELECT time, is_safe, reason, gap FROM
            (
                SELECT time, is_safe, reason,
                    lagInFrame(is_safe, 1, 2) OVER w AS earlier,
                    dateDiff('millisecond', lagInFrame(time, 1, time) OVER w, time) > {longest:Int64} AS gap
                FROM
                (
                    SELECT assessed_at AS time, toUInt8(assumeNotNull({{safe}})) AS is_safe, {{by}}[1] AS reason
                    FROM assessments
                    WHERE exchange = {exchange:String} AND pair = {pair:String}
                        AND timeframe = {timeframe:String} AND policy = {policy:String}
                        AND {{safe}} IS NOT NULL AND {{span.Where("assessed_at", parameters)}}
                    ORDER BY assessed_at, sequence DESC LIMIT 1 BY assessed_at
                )
                WINDOW w AS (ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
            )
            WHERE is_safe != earlier OR gap
            ORDER BY time
            """;
        var turns = await store.Client.ListAsync(
            sql,
            row =>
                (
                    At: Instant.From(row.DateTime64()),
                    IsSafe: row.UInt8() == 1,
                    Reason: row.String(),
                    Gap: row.UInt8() == 1
                ),
            parameters,
            cancellation
        );
        // The first assessment is no change: the block may have begun before it.
        return
        [
            .. turns
                .Zip(turns.Skip(1))
                .Skip(turns is [{ IsSafe: false }, ..] ? 1 : 0)
                .Where(pair => pair is { First: { IsSafe: false, Gap: false }, Second: { IsSafe: true, Gap: false } })
                .Select(pair => new BlockedSpan(pair.First.At, pair.Second.At, pair.First.Reason)),
        ];
    }
}
