using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Remora.Server.Api;

namespace Remora.Server.Telemetry;

/// <summary>
/// Counts and times every request by route and status. Adds no asynchronous step to an answer that
/// is available immediately.
/// </summary>
internal static class RequestTelemetry
{
    private const string NoRoute = "none";
    private static readonly string[] Statuses = [.. Enumerable.Range(0, 600).Select(status => status.ToString())];

    /// <param name="app">The application. This must be its first middleware.</param>
    /// <param name="metrics">Receives the measurements.</param>
    /// <param name="log">Writes the access log, if it is on.</param>
    public static void UseTelemetry(this IApplicationBuilder app, ServiceMetrics metrics, AccessLog log) =>
        app.Use(next =>
            context =>
            {
                var started = Stopwatch.GetTimestamp();
                var answering = next(context);
                if (!answering.IsCompletedSuccessfully)
                    return LaterAsync(answering, context);
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
                    // A stream was counted when it opened. How long it is read is not a measure of
                    // the service.
                    if (route != StreamApi.Path || status != StatusCodes.Status200OK)
                        metrics.Request(route, Statuses[status], started);
                    log.Write(of, status, Stopwatch.GetElapsedTime(started));
                }
            }
        );

    /// <summary>Counts an opened stream.</summary>
    public static void StreamOpened(ServiceMetrics metrics, long started) =>
        metrics.Request(StreamApi.Path, Statuses[StatusCodes.Status200OK], started);
}
