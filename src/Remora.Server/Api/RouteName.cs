using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>
/// Names the route of a request in metrics and logs: its template, never the requested path, so
/// that callers cannot create names.
/// </summary>
internal static class RouteName
{
    /// <summary>
    /// Returns the name; null if no route matches. Equal names are the same object.
    /// </summary>
    public static string? Of(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { Length: > 0 } pattern })
            // The root of a group ends with a slash but is the same route.
            return pattern.Length > 1 && pattern[^1] == '/' ? string.Intern(pattern[..^1]) : pattern;
        return context.Request.Path.Value == RiskApi.Path ? RiskApi.Path : null; // the fast path bypasses routing
    }
}
