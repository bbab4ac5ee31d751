using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Remora.Server.Access;

/// <summary>What browsers are told: to take answers for what they say they are, to frame nothing, and which other pages may read them (none, unless the settings name them).</summary>
internal static class BrowserRules
{
    private static readonly StringValues NoSniff = "nosniff", Deny = "DENY", NoReferrer = "no-referrer", SameOrigin = "same-origin";
    private static readonly StringValues Nothing = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>Headers of every answer; a page sets its own policy in place of this one.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use(next => context =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers["Referrer-Policy"] = NoReferrer;
        headers.ContentSecurityPolicy = Nothing;
        headers["Cross-Origin-Opener-Policy"] = SameOrigin;
        return next(context);
    });

    /// <summary>Lets pages of these origins read answers. Without any, no page of another origin can.</summary>
    public static void UseCors(this IApplicationBuilder app, IReadOnlyList<string> origins)
    {
        if (origins.Count == 0) return;
        var allowed = origins.ToDictionary(origin => origin, origin => new StringValues(origin));
        app.Use(next => context =>
        {
            var headers = context.Response.Headers;
            headers.Vary = "Origin";
            if (context.Request.Headers.Origin is not [{ } origin] || !allowed.TryGetValue(origin, out var known)) return next(context);
            headers.AccessControlAllowOrigin = known;
            headers.AccessControlExposeHeaders = "ETag, Retry-After";
            if (!HttpMethods.IsOptions(context.Request.Method)) return next(context);
            headers.AccessControlAllowMethods = "GET";
            headers.AccessControlAllowHeaders = "Authorization, If-None-Match, Last-Event-ID";
            headers.AccessControlMaxAge = "600";
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
    }
}
