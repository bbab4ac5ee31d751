using Microsoft.AspNetCore.Http;

namespace Remora.Server.Access;

/// <summary>
/// Checks whether a request that changes something may come from a page of another origin. Browsers
/// send such requests without a preflight if they need no special header, and include the origin.
/// Other callers send no origin.
/// </summary>
internal static class SameOrigin
{
    /// <summary>
    /// Whether the request comes from this service's own pages, or not from a page.
    /// </summary>
    public static bool Has(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers["Sec-Fetch-Site"] is { Count: > 0 } site)
            return site.Count == 1 && site[0] is "same-origin" or "none";
        if (headers.Origin.Count == 0)
            return true;
        return headers.Origin is [{ } text]
            && Uri.TryCreate(text, UriKind.Absolute, out var origin)
            && origin.Authority == request.Host.Value;
    }
}
