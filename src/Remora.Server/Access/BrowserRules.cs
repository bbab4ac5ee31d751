using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Remora.Server.Access;

/// <summary>
/// Sets the headers for browsers: do not guess media types, do not show answers in frames, and
/// which other pages can read answers (none, unless the settings name them).
/// </summary>
internal static class BrowserRules
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);
    private static readonly StringValues NoSniff = "nosniff",
        Deny = "DENY",
        NoReferrer = "no-referrer",
        SameOrigin = "same-origin";
    private static readonly StringValues Nothing = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>
    /// Adds the security headers to every response. A page replaces the content security policy
    /// with its own.
    /// </summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = NoSniff;
                headers.XFrameOptions = Deny;
                headers["Referrer-Policy"] = NoReferrer;
                headers.ContentSecurityPolicy = Nothing;
                headers["Cross-Origin-Opener-Policy"] = SameOrigin;
                return next(context);
            }
        );

    /// <summary>
    /// Allows pages of these origins to read answers. If the list is empty, no page of another
    /// origin can.
    /// </summary>
    public static void UseCors(this IApplicationBuilder app, IReadOnlyList<string> origins)
    {
        if (origins.Count == 0)
            return;
        app.Use(next =>
            context =>
            {
                context.Response.OnStarting(VaryByOrigin, context.Response);
                return next(context);
            }
        );
        app.UseCors(policy =>
            policy
                .WithOrigins([.. origins])
                .WithMethods(HttpMethods.Get)
                .WithHeaders(HeaderNames.Authorization, HeaderNames.IfNoneMatch, "Last-Event-ID")
                .WithExposedHeaders(HeaderNames.ETag, HeaderNames.RetryAfter)
                .SetPreflightMaxAge(PreflightMaxAge)
        );
    }

    /// <summary>
    /// Adds <c>Vary: Origin</c>. The framework adds it only to responses for allowed origins, but a
    /// cache needs it in responses for all origins.
    /// </summary>
    private static Task VaryByOrigin(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        if (!headers.GetCommaSeparatedValues(HeaderNames.Vary).Contains(HeaderNames.Origin))
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        return Task.CompletedTask;
    }
}
