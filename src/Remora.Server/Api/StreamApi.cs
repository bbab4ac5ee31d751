using System.Buffers;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Remora.Bots.Webhooks;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Server.Streams;
using Remora.Server.Telemetry;

namespace Remora.Server.Api;

/// <summary>Streams assessments when they change, as server-sent events.</summary>
internal static class StreamApi
{
    /// <summary>The route of the stream.</summary>
    public const string Path = "/api/v1/stream";

    private const string MediaType = "text/event-stream";
    private const string RetryAfterSeconds = "5";
    private static int s_readers;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGroup("")
            .WithTags("Risk")
            .Needs(KeyScopes.Decisions)
            .MapGet("/stream", Get)
            .WithName("stream")
            .WithSummary("Stream assessments as they change")
            .WithDescription(
                "Server-sent events: first the current state, then every change. The event `assessment` contains the "
                    + "answer of /risk for a market; without a pair there is also the event `market`, which contains "
                    + "the answer of /risk for all pairs together. Send the last id as the header Last-Event-ID to "
                    + "get only what has changed since. A slow reader gets the latest assessment of each market, not "
                    + "those in between. A comment every 15 s keeps the connection alive."
            )
            .Takes(
                QueryParameter.StreamedPairs,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Side,
                QueryParameter.Policy
            )
            .Produces<string>(StatusCodes.Status200OK, MediaType)
            .AlsoDescribes(typeof(WebhookEvent))
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);

    private static IResult Get(
        HttpContext context,
        AssessmentBoard board,
        StreamHub hub,
        AccessGate gate,
        ServiceMetrics metrics
    )
    {
        var started = Stopwatch.GetTimestamp();
        var query = context.Request.Query;
        if (!Viewpoint.TryRead(context.Request, board, out var view, out var problem))
            return problem;
        if (query.ContainsKey("pair"))
        {
            var named = new HashSet<MarketId>();
            foreach (var pair in query["pair"].ToString().Split(','))
            {
                if (!MarketChoice.TryFind(pair, "pair", query, board, out var market, out problem))
                    return problem;
                named.Add(market.Id);
            }
            return Stream(named);
        }
        return RiskApi.WithoutPair(query) is { } astray ? astray : Stream(named: null);

        StreamRequest Stream(HashSet<MarketId>? named)
        {
            var reader = new EventReader(named) { Abort = context.Abort, IsAllowed = gate.Lasting(context) };
            return new(hub, reader, view, () => RequestTelemetry.StreamOpened(metrics, started));
        }
    }

    /// <summary>A response that stays open.</summary>
    private sealed class StreamRequest(StreamHub hub, EventReader reader, Viewpoint view, Action opened) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            if (!hub.TryEnter(reader, view.Policy, view.Side, httpContext.Request.Headers["Last-Event-ID"]))
            {
                response.Headers.RetryAfter = RetryAfterSeconds;
                await ApiProblem
                    .Of(
                        StatusCodes.Status503ServiceUnavailable,
                        "The stream has its maximum number of readers, or the service is shutting down: try again "
                            + "later, or use /risk."
                    )
                    .ExecuteAsync(httpContext);
                return;
            }
            try
            {
                response.ContentType = MediaType;
                response.Headers.CacheControl = "no-store, no-transform";
                response.Headers["X-Accel-Buffering"] = "no"; // otherwise nginx buffers the events
                httpContext.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
                // Spreads reconnections, so that readers that lose the service together return at
                // different times.
                var retry = 1000 + (Interlocked.Increment(ref s_readers) * 37 % 4000);
                response.BodyWriter.Write(Encoding.ASCII.GetBytes($"retry: {retry}\n\n"));
                opened();
                await reader.WriteAsync(response.BodyWriter, httpContext.RequestAborted);
            }
            finally
            {
                hub.Leave(reader, view.Policy, view.Side);
            }
        }
    }
}
