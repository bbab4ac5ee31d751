using Microsoft.AspNetCore.Http;

namespace Remora.Server.Access;

/// <summary>
/// Whether a request that changes something can come from a page of another origin: browsers send it without asking where it needs no special
/// header, and name the origin. Other callers name none.
/// </summary>
internal static class SameOrigin
{
    /// <summary>Whether the request comes from this service's own pages, or from no page.</summary>
    public static bool Has(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers["Sec-Fetch-Site"] is { Count: > 0 } site) return site.Count == 1 && site[0] is "same-origin" or "none";
        if (headers.Origin.Count == 0) return true;
        return headers.Origin is [{ } text] && Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.Authority == request.Host.Value;
    }
}
