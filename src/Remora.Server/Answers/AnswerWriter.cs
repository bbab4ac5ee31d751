using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Remora.Server.Answers;

/// <summary>Writes a rendered answer to the response.</summary>
internal static class AnswerWriter
{
    public const string MediaType = "application/json";

    private static readonly StringValues Json = MediaType;
    private static readonly StringValues NoCache = "no-cache";

    /// <summary>
    /// Writes to the response's buffer, which the server sends after the request is handled.
    /// </summary>
    public static void Write(HttpContext context, RenderedAnswer answer)
    {
        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = answer.ETag;
        headers.CacheControl = NoCache;
        if (IsKnown(context.Request.Headers.IfNoneMatch, answer.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        headers.ContentType = Json;
        headers.ContentLength = answer.Body.Length;
        response.BodyWriter.Write(answer.Body);
    }

    /// <summary>
    /// Compares as RFC 9110 defines If-None-Match: weakly, with any tag in the list.
    /// </summary>
    private static bool IsKnown(in StringValues ifNoneMatch, in StringValues tag)
    {
        if (ifNoneMatch.Count == 0)
            return false;
        var opaque = tag[0].AsSpan(2); // without W/
        foreach (var line in ifNoneMatch)
            if (line == "*" || line.AsSpan().Contains(opaque, StringComparison.Ordinal))
                return true;
        return false;
    }
}
