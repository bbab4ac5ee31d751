using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Remora.Server.Api;
using Remora.Server.Api.Decisions;
using Remora.Server.Api.Portfolios;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Limits the size and duration of requests. The largest valid request is a batch of 250 pairs,
/// about 4 kB. Two endpoints take a body and have a limit of their own.
/// </summary>
internal static class RequestLimits
{
    /// <summary>
    /// Allows the body of the requests that have one, before anything can refuse it: the web
    /// server then reads the body of a refused request too, and the connection stays open.
    /// </summary>
    public static void UseBodies(this IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                if (
                    HttpMethods.IsPost(context.Request.Method)
                    && (
                        context.Request.Path.Equals(PortfolioApi.Path, StringComparison.OrdinalIgnoreCase)
                        || context.Request.Path.Equals(DecisionsApi.Path, StringComparison.OrdinalIgnoreCase)
                    )
                    && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size
                )
                    size.MaxRequestBodySize = JsonBody.Largest;
                return next(context);
            }
        );

    public static void Apply(KestrelServerLimits limits, ServiceSettings settings, int connections)
    {
        limits.MaxRequestBodySize = 0; // but that of UseBodies
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = settings.HeadersTimeout;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MaxConcurrentConnections = connections;
    }
}
