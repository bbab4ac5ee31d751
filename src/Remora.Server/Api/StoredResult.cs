using Microsoft.AspNetCore.Http;
using Remora.ClickHouse;
using Remora.Server.Answers;
using Remora.Server.Storage;
using Remora.Store;

namespace Remora.Server.Api;

/// <summary>Queries the store for a request and reports every failure to the caller.</summary>
internal static class StoredResult
{
    private const string RetryAfterSeconds = "5";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Answers from the store, or reports why it cannot.</summary>
    public static async Task<IResult> OfAsync(
        ServiceParts parts,
        HttpContext context,
        Func<MarketStore, CancellationToken, Task<IResult>> ask
    )
    {
        if (parts.Record is not { } record)
            return Unavailable("This service runs without a store.");
        if (record.Session.Health is { Ready: false, Error: var why })
            return Away(context, why);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(Patience);
        try
        {
            return await ask(record.Session.Store, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, context.RequestAborted))
        {
            record.Session.Report(e);
            return Away(
                context,
                e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds} s" : StoreFault.Describe(e)
            );
        }
    }

    /// <summary>Returns rows as JSON, or passes them on in the store's format.</summary>
    public static async Task<IResult> RowsAsync<TRow, TPage>(
        StoreQuery<TRow> query,
        SpanChoice span,
        string name,
        Func<IReadOnlyList<TRow>, TPage> page,
        CancellationToken cancellation
    ) =>
        span.Format is { } format
            ? new Passed(
                await query.StreamAsync(format, CancellationToken.None),
                format.MediaType(),
                name + format.FileEnding()
            )
            : new AnswerResult<TPage>(RenderedAnswer.Of(page(await query.ListAsync(cancellation))));

    private static ProblemResult Away(HttpContext context, string? why)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Unavailable($"The store does not answer: {why?.TrimEnd('.')}. Current assessments are not affected.");
    }

    private static ProblemResult Unavailable(string detail) =>
        ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, detail);

    /// <summary>
    /// A stream of rows. If the stream fails, the connection is aborted, so that a partial answer
    /// is not mistaken for a complete one.
    /// </summary>
    private sealed class Passed(Stream rows, string mediaType, string file) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using var source = rows;
            var response = httpContext.Response;
            response.ContentType = mediaType;
            response.Headers.CacheControl = "no-cache";
            response.Headers.ContentDisposition = $"attachment; filename=\"{file}\"";
            try
            {
                await source.CopyToAsync(response.Body, httpContext.RequestAborted);
            }
            catch (Exception e) when (e is IOException or ClickHouseException or ClickHouseUnavailableException)
            {
                httpContext.Abort();
            }
        }
    }
}
