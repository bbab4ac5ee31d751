using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Server.Access;
using Remora.Server.Telemetry;

namespace Remora.Server.Api;

/// <summary>All metrics, in the format of Prometheus.</summary>
internal static class MetricsApi
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGroup("")
            .WithTags("Monitoring")
            .WantsKey()
            .Needs(KeyScopes.Metrics)
            .MapGet(
                "/metrics",
                (PrometheusText metrics) => TypedResults.Text(metrics.Write(), PrometheusText.MediaType)
            )
            .WithName("metrics")
            .WithSummary("Get metrics for Prometheus")
            .WithDescription(
                "Risk by market, feeds and sources, requests, streams, engine and process. docs/operations.md lists "
                    + "the names."
            )
            .Produces<string>(StatusCodes.Status200OK, "text/plain");
}
