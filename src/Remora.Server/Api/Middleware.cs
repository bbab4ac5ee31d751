using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>Middleware for all requests.</summary>
internal static class Middleware
{
    /// <summary>Adds a header to every response that marks the data as simulated.</summary>
    public static void UseSandboxNotice(this IApplicationBuilder app, SandboxNotice sandbox)
    {
        var origin = new StringValues(sandbox.Origin);
        app.Use(next =>
            context =>
            {
                context.Response.Headers[SandboxNotice.Header] = origin;
                return next(context);
            }
        );
    }

    /// <summary>
    /// Handles HEAD as GET. The web server omits the body and keeps its length in the header. A
    /// stream has no length, so it is excluded.
    /// </summary>
    public static void UseHeadAsGet(this IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                var request = context.Request;
                var isStream = request.Path.Value!.EndsWith("/stream", StringComparison.OrdinalIgnoreCase);
                if (HttpMethods.IsHead(request.Method) && !isStream)
                    request.Method = HttpMethods.Get;
                return next(context);
            }
        );

    /// <summary>Adds the fast path of the most frequent request.</summary>
    public static void UseRiskShortPath(this IApplicationBuilder app, AssessmentBoard board)
    {
        var path = new RiskShortPath(board);
        app.Use(next => context => path.TryAnswer(context) ? Task.CompletedTask : next(context));
    }

    /// <summary>Answers every unhandled request as problem+json.</summary>
    public static void UseProblems(this IApplicationBuilder app, ILoggerFactory logs)
    {
        var log = logs.CreateLogger<ApiProblem>();
        app.Use(next =>
            async context =>
            {
                var status = await StatusOf(next, context, log);
                var response = context.Response;
                if (status < 400 || response.HasStarted)
                    return;
                if (response.ContentLength is not null || response.ContentType is not null)
                    return; // has a body
                await ApiProblem.Of(status, DetailOf(status, context)).ExecuteAsync(context);
            }
        );
    }

    private static async Task<int> StatusOf(RequestDelegate next, HttpContext context, ILogger log)
    {
        try
        {
            await next(context);
            return context.Response.StatusCode;
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return 0; // the caller disconnected
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            log.LogError(e, "{Method} {Path} failed because of a bug", context.Request.Method, context.Request.Path);
            return StatusCodes.Status500InternalServerError;
        }
    }

    private static string DetailOf(int status, HttpContext context) =>
        status switch
        {
            StatusCodes.Status404NotFound =>
                $"Unknown path {Shown.Of(context.Request.Path)}: /reference lists the endpoints.",
            StatusCodes.Status405MethodNotAllowed =>
                $"Method {Shown.Of(context.Request.Method)} is not allowed: expected {context.Response.Headers.Allow}.",
            StatusCodes.Status415UnsupportedMediaType =>
                "The body has another content type: expected 'Content-Type: application/json'.",
            StatusCodes.Status500InternalServerError =>
                "Internal error: a bug in the service. Its log contains the details.",
            _ => "The request cannot be answered.",
        };
}
