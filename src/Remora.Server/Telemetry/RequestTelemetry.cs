using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Remora.Server.Api;

namespace Remora.Server.Telemetry;

/// <summary>Counts and times every request by route and status. It adds no asynchrony to an answer that is there at once.</summary>
internal static class RequestTelemetry
{
    private const string NoRoute = "none";
    private static readonly string[] Statuses = [.. Enumerable.Range(0, 600).Select(status => status.ToString())];

    /// <param name="app">Where it goes first.</param>
    /// <param name="metrics">What counts.</param>
    /// <param name="log">What writes the access log; null for none.</param>
    public static void UseTelemetry(this IApplicationBuilder app, ServiceMetrics metrics, AccessLog? log) => app.Use(next => context =>
    {
        var started = Stopwatch.GetTimestamp();
        var answering = next(context);
        if (!answering.IsCompletedSuccessfully) return LaterAsync(answering, context);
        Done(context);
        return answering;

        async Task LaterAsync(Task later, HttpContext of)
        {
            await later;
            Done(of);
        }

        void Done(HttpContext of)
        {
            var status = of.Response.StatusCode;
            var route = RouteName.Of(of) ?? NoRoute;
            // A stream is answered when it is open, which was counted then; how long it was read says nothing of the service.
            if (route != StreamApi.Path || status != StatusCodes.Status200OK) metrics.Request(route, Statuses[status], started);
            log?.Write(of, status, Stopwatch.GetElapsedTime(started));
        }
    });

    /// <summary>Counts a stream that has been opened.</summary>
    public static void StreamOpened(ServiceMetrics metrics, long started) => metrics.Request(StreamApi.Path, Statuses[StatusCodes.Status200OK], started);
}
