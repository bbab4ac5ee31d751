using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Remora.Server.Api;

/// <summary>Middleware for all requests.</summary>
internal static class Middleware
{
    /// <summary>Adds a header to every response that marks the data as simulated.</summary>
    public static void UseSandboxNotice(this IApplicationBuilder app, SandboxNotice sandbox)
    {
        var origin = new StringValues(sandbox.Origin);
        app.Use(next => context =>
        {
            context.Response.Headers[SandboxNotice.Header] = origin;
            return next(context);
        });
    }

    /// <summary>
    /// Handles HEAD as GET. The web server omits the body and keeps its length in the header. A
    /// stream has no length, so it is excluded.
    /// </summary>
    public static void UseHeadAsGet(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (HttpMethods.IsHead(context.Request.Method) && !context.Request.Path.Value!.EndsWith("/stream", StringComparison.OrdinalIgnoreCase)) context.Request.Method = HttpMethods.Get;
        return next(context);
    });

    /// <summary>Answers every unhandled request as problem+json.</summary>
    public static void UseProblems(this IApplicationBuilder app, ILoggerFactory logs)
    {
        var log = logs.CreateLogger<ApiProblem>();
        app.Use(next => async context =>
        {
            var status = await StatusOf(next, context, log);
            if (status < 400 || context.Response.HasStarted || context.Response.ContentLength is not null || context.Response.ContentType is not null) return;
            await ApiProblem.Of(status, DetailOf(status, context)).ExecuteAsync(context);
        });
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
            log.LogError(e, "A bug: {Method} {Path} could not be answered", context.Request.Method, context.Request.Path);
            return StatusCodes.Status500InternalServerError;
        }
    }

    private static string DetailOf(int status, HttpContext context) => status switch
    {
        StatusCodes.Status404NotFound => $"There is nothing at {Shown.Of(context.Request.Path)}; /reference lists what there is.",
        StatusCodes.Status405MethodNotAllowed => $"{Shown.Of(context.Request.Method)} is not possible here: expected {context.Response.Headers.Allow}.",
        StatusCodes.Status500InternalServerError => "This is a bug in the service; its log has the details.",
        _ => "The request cannot be answered.",
    };
}
