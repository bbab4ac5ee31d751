using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Remora.Server.Api;

/// <summary>What a request's route is called wherever requests are counted: its template, never what was sent, so that callers cannot make up names.</summary>
internal static class RouteName
{
    /// <summary>The name; null where no route answers. The same name is always the same object.</summary>
    public static string? Of(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { Length: > 0 } pattern })
            return pattern.Length > 1 && pattern[^1] == '/' ? string.Intern(pattern[..^1]) : pattern; // a group's own route ends with a slash: it is the same route
        return context.Request.Path.Value == RiskApi.Path ? RiskApi.Path : null; // the short path goes by no route
    }
}
