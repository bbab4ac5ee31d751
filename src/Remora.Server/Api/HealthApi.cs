using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>The health checks for process supervisors.</summary>
internal static class HealthApi
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("").WithTags("Monitoring");
        health
            .MapGet("/healthz", () => Text("alive"))
            .WithName("healthz")
            .WithSummary("Check liveness")
            .WithDescription("200 while the process runs. A process that can no longer handle events ends.")
            .Produces<string>(200, "text/plain");
        health
            .MapGet("/readyz", Ready)
            .WithName("readyz")
            .WithSummary("Check readiness")
            .WithDescription("200 once any market has an answer, 503 before that.")
            .Produces<string>(200, "text/plain")
            .Refuses(StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<ContentHttpResult, ProblemResult> Ready(AssessmentBoard board) =>
        board.HasAnswer
            ? Text("ready")
            : ApiProblem.Of(
                StatusCodes.Status503ServiceUnavailable,
                "No market has a candle yet: /api/v1/status shows why."
            );

    private static ContentHttpResult Text(string text) => TypedResults.Text(text + "\n");
}
