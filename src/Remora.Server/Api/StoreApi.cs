using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Api;

/// <summary>The service's own requests in buckets.</summary>
/// <param name="Interval">The length of a bucket.</param>
/// <param name="Rows">The buckets, oldest first, one per route and pair.</param>
/// <param name="Next">The <c>from</c> of the next page; null on the last page.</param>
public sealed record TrafficPage(string Interval, IReadOnlyList<TrafficRow> Rows, Instant? Next);

/// <summary>The store, and the stored requests to the service.</summary>
internal static class StoreApi
{
    /// <summary>The supported lengths of buckets.</summary>
    public static IReadOnlyList<string> Intervals { get; } = StoreIntervals.Traffic.Names();

    private static readonly TimeSpan Usual = TimeSpan.FromDays(1);

    public static void Map(RouteGroupBuilder api)
    {
        var kept = api.MapGroup("").WithTags("Status");
        kept.MapGet("/traffic", GetTraffic)
            .WithName("traffic")
            .WithSummary("Get request statistics")
            .WithDescription(
                "The requests to this service per route and pair: calls, unchanged answers, latency, distinct "
                    + "questions and answers."
            )
            .Takes(
                QueryParameter.TrafficInterval,
                QueryParameter.From,
                QueryParameter.To,
                QueryParameter.Limit,
                QueryParameter.Format
            )
            .Answers<TrafficPage>()
            .GivesFiles(("buckets", RequestTable.TrafficColumns))
            .Refuses(StatusCodes.Status503ServiceUnavailable);
        kept.MapGet("/store", GetStore)
            .WithName("store")
            .WithSummary("Get the store's status")
            .WithDescription(
                "Whether the store is open, its engine, and the recorder: what is waiting, what was written, what "
                    + "was lost and why."
            )
            .Takes()
            .Answers<StoreHealth>()
            .Refuses(StatusCodes.Status503ServiceUnavailable);
        kept.MapGet("/store/tables", GetTables)
            .WithName("store_tables")
            .WithSummary("List the store's tables")
            .WithDescription("Rows, size, parts, first and last time of each table, rollups included.")
            .Takes()
            .Answers<StoreStatus>()
            .Refuses(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> GetTraffic(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var query = context.Request.Query;
        var interval = query.TryGetValue("interval", out var named) ? named.ToString() : StoreIntervals.Default;
        if (!Intervals.Contains(interval))
            return QueryParameter.UnknownInterval(interval, Intervals);
        if (!SpanChoice.TryRead(query, board.Now, Usual, out var span, out var problem))
            return problem;
        return await StoredResult.OfAsync(
            parts,
            context,
            (store, cancellation) =>
                StoredResult.RowsAsync(
                    store.Requests.Traffic(interval, span.Span),
                    span,
                    $"traffic-{interval}",
                    rows => PageOf(rows, interval, span.Limit),
                    cancellation
                )
        );
    }

    // Ends a page with a complete bucket, if possible. The next page begins with a bucket.
    private static TrafficPage PageOf(IReadOnlyList<TrafficRow> rows, string interval, int limit)
    {
        if (rows.Count < limit)
            return new(interval, rows, null);
        var last = rows[^1].Time;
        var whole = rows.TakeWhile(row => row.Time < last).ToList();
        return whole.Count > 0 ? new(interval, whole, last) : new(interval, rows, last + TimeSpan.FromMilliseconds(1));
    }

    private static Task<IResult> GetTables(HttpContext context, ServiceParts parts) =>
        StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
                new AnswerResult<StoreStatus>(RenderedAnswer.Of(await store.StatusAsync(cancellation)))
        );

    private static IResult GetStore(ServiceParts parts) =>
        parts.Record is { } record
            ? new AnswerResult<StoreHealth>(RenderedAnswer.OfHealth(record.Session.Health))
            : ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, "This service runs without a store.");
}
