using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Columns;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Api;

/// <summary>A page of a market's history.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Policy">The policy of the assessments.</param>
/// <param name="Side">The side of the trade.</param>
/// <param name="Interval">The length of a bucket.</param>
/// <param name="Rows">The buckets, oldest first.</param>
/// <param name="Next">The <c>from</c> of the next page; null on the last page.</param>
public sealed record HistoryPage(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    string Policy,
    Side Side,
    string Interval,
    IReadOnlyList<HistoryRow> Rows,
    Instant? Next
);

/// <summary>A page of a market's assessments, each as it was returned.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Policy">The policy of the assessments.</param>
/// <param name="Side">The side of the trade.</param>
/// <param name="Interval">Always <c>each</c>.</param>
/// <param name="Rows">The assessments, oldest first.</param>
/// <param name="Next">The <c>from</c> of the next page; null on the last page.</param>
public sealed record AssessmentPage(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    string Policy,
    Side Side,
    string Interval,
    IReadOnlyList<AssessmentRow> Rows,
    Instant? Next
);

/// <summary>A page of stored candles.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The candles' timeframe.</param>
/// <param name="Rows">The candles, oldest first.</param>
/// <param name="Next">The <c>from</c> of the next page; null on the last page.</param>
public sealed record CandlePage(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    IReadOnlyList<Candle> Rows,
    Instant? Next
);

/// <summary>The assessment history of markets.</summary>
internal static class HistoryApi
{
    /// <summary>The value of <c>interval</c> for single assessments.</summary>
    public const string Each = "each";

    /// <summary>The supported lengths of buckets.</summary>
    public static IReadOnlyList<string> Buckets { get; } = StoreIntervals.History.Names();

    /// <summary>The supported values of <c>interval</c>.</summary>
    public static IReadOnlyList<string> Intervals { get; } = [.. Buckets, Each];

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    public static void Map(RouteGroupBuilder api)
    {
        var past = api.MapGroup("").WithTags("History");
        past.MapGet("/history", GetHistory)
            .WithName("history")
            .WithSummary("Get past assessments")
            .WithDescription(
                "Past assessments of a market in buckets of `interval`: the share that was safe, the score, its "
                    + "parts, the regimes. With the interval `each`: every assessment is a row, for gated backtests. "
                    + "JSON returns a page of up to 10,000 rows; CSV, JSON lines, Parquet and Feather return the "
                    + "whole span as a file. The short side starts when it was first recorded."
            )
            .Takes(
                QueryParameter.Pair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Side,
                QueryParameter.Policy,
                QueryParameter.Interval,
                QueryParameter.From,
                QueryParameter.To,
                QueryParameter.Limit,
                QueryParameter.Format
            )
            .Answers<HistoryPage>()
            .Answers<AssessmentPage>()
            .GivesFiles(
                ("buckets", AssessmentTable.BucketColumns),
                (Each, [.. AssessmentColumns.Rows.Select(column => column.Name)])
            )
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
        past.MapGet("/candles", GetCandles)
            .WithName("candles")
            .WithSummary("Get stored candles")
            .WithDescription("The candles from which assessments are computed, as the exchange returned them.")
            .Takes(
                QueryParameter.Pair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.From,
                QueryParameter.To,
                QueryParameter.Limit,
                QueryParameter.Format
            )
            .Answers<CandlePage>()
            .GivesFiles(("candles", [.. CandleColumns.All.Select(column => column.Name)]))
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
        past.MapGet("/assessment", GetAssessment)
            .WithName("assessment")
            .WithSummary("Get the assessment at a point in time")
            .WithDescription(
                "The assessment of a market that was current at that time, byte for byte as it was returned. "
                    + "Assessments of earlier versions lack properties that were added later."
            )
            .Takes(
                QueryParameter.Pair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Policy,
                QueryParameter.At
            )
            .Answers<Assessment>()
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> GetHistory(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var query = context.Request.Query;
        if (
            !MarketChoice.TryRead(query, board, out var market, out var problem)
            || !Viewpoint.TryRead(context.Request, board, out var view, out problem)
        )
            return problem;
        var interval = query.TryGetValue("interval", out var named) ? named.ToString() : StoreIntervals.Default;
        var isEach = interval == Each;
        if (!Intervals.Contains(interval))
            return QueryParameter.UnknownInterval(interval, Intervals);
        var length = isEach
            ? market.Id.Timeframe.Length
            : StoreIntervals.History.First(known => known.Suffix == interval).Length;
        if (!SpanChoice.TryRead(query, board.Now, length * SpanChoice.DefaultLimit, out var span, out problem))
            return problem;
        var policy = board.Policies[view.Policy].Name;
        var ending = view.Side == Side.Short ? "-short" : "";
        if (isEach)
        {
            return await StoredResult.OfAsync(
                parts,
                context,
                (store, cancellation) =>
                    StoredResult.RowsAsync(
                        store.Assessments.EachOf(market.Id, policy, span.Span, view.Side),
                        span,
                        $"{FileName(market.Id)}-history{ending}",
                        rows => new AssessmentPage(
                            market.Id.Pair,
                            market.Id.Exchange,
                            market.Id.Timeframe,
                            policy,
                            view.Side,
                            interval,
                            rows,
                            rows.Count == span.Limit ? rows[^1].Time + Moment : null
                        ),
                        cancellation
                    )
            );
        }
        return await StoredResult.OfAsync(
            parts,
            context,
            (store, cancellation) =>
                StoredResult.RowsAsync(
                    store.Assessments.HistoryOf(market.Id, policy, interval, span.Span, view.Side),
                    span,
                    $"{FileName(market.Id)}-history{ending}-{interval}",
                    rows => new HistoryPage(
                        market.Id.Pair,
                        market.Id.Exchange,
                        market.Id.Timeframe,
                        policy,
                        view.Side,
                        interval,
                        rows,
                        rows.Count == span.Limit ? rows[^1].Time + length : null
                    ),
                    cancellation
                )
        );
    }

    private static async Task<IResult> GetCandles(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var query = context.Request.Query;
        if (!MarketChoice.TryRead(query, board, out var market, out var problem))
            return problem;
        var length = market.Id.Timeframe.Length;
        if (!SpanChoice.TryRead(query, board.Now, length * SpanChoice.DefaultLimit, out var span, out problem))
            return problem;
        span = span.EndingBy(board.Now - length); // a candle with a later close was recorded with a wrong clock
        return await StoredResult.OfAsync(
            parts,
            context,
            (store, cancellation) =>
                StoredResult.RowsAsync(
                    store.Candles.Of(market.Id, span.Span),
                    span,
                    $"{FileName(market.Id)}-{market.Timeframe}",
                    rows => new CandlePage(
                        market.Id.Pair,
                        market.Id.Exchange,
                        market.Id.Timeframe,
                        rows,
                        rows.Count == span.Limit ? rows[^1].OpenTime + length : null
                    ),
                    cancellation
                )
        );
    }

    private static async Task<IResult> GetAssessment(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var query = context.Request.Query;
        if (
            !MarketChoice.TryRead(query, board, out var market, out var problem)
            || !Viewpoint.TryRead(context.Request, board, out var view, out problem)
        )
            return problem;
        if (!SpanChoice.TryReadMoment(query, "at", board.Now, board.Now, out var at, out problem))
            return problem;
        return await StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
                await store.Assessments.AtAsync(
                    market.Id,
                    board.Policies[view.Policy].Name,
                    at < board.Now ? at : board.Now,
                    cancellation
                )
                    is { } stored
                    ? new AnswerResult<Assessment>(RenderedAnswer.Of(stored.Answer))
                    : ApiProblem.Of(
                        StatusCodes.Status404NotFound,
                        $"There is no stored assessment of {market.Id.Pair} at {at} or before.",
                        "at"
                    )
        );
    }

    private static string FileName(MarketId market) =>
        $"{market.Exchange}-{market.Pair.ToString().Replace('/', '_').Replace(':', '_')}";
}
