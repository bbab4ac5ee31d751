using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>How far the record of the predecessor reaches, by market and policy.</summary>
/// <param name="Assessments">The time of the last assessment, and the close of its candle.</param>
internal sealed record StoredUntil(
    IReadOnlyDictionary<(string, string, string, string), (Instant, Instant)> Assessments
)
{
    /// <summary>Reads it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="since">The first moment that matters.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<StoredUntil> ReadAsync(MarketStore store, Instant since, CancellationToken cancellation)
    {
        var rows = await store.Client.ListAsync(
            "SELECT exchange, pair, timeframe, policy, tupleElement(max((assessed_at, assumeNotNull(as_of)) AS last), "
                + "1), tupleElement(max(last), 2) FROM assessments WHERE assessed_at >= "
                + "fromUnixTimestamp64Milli({since:Int64}) GROUP BY "
                + "exchange, pair, timeframe, policy",
            row =>
                (
                    Key: (row.String(), row.String(), row.String(), row.String()),
                    Until: (Instant.From(row.DateTime64()), Instant.From(row.DateTime64()))
                ),
            new QueryParameters().Add("since", since.UnixMilliseconds),
            cancellation
        );
        return new(rows.ToDictionary(row => row.Key, row => row.Until));
    }

    /// <summary>Returns what of an entry is not stored; null if nothing is left.</summary>
    public Entry? Missing(Entry entry)
    {
        if (entry is not AssessmentEntry { Assessment: var assessment } given)
            return entry; // equal candles and observations replace each other
        var key = (assessment.Exchange, assessment.Pair.ToString(), assessment.Timeframe.Name, assessment.Policy);
        if (
            !Assessments.TryGetValue(key, out var until)
            || (assessment.AssessedAt, assessment.AsOf!.Value).CompareTo(until) > 0
        )
            return entry;
        return given.WithCandle
            ? new CandleEntry(
                new(assessment.Exchange, assessment.Pair, assessment.Timeframe),
                assessment.Timeframe,
                [assessment.GetReadings().Candle!.Value]
            )
            : null;
    }
}
