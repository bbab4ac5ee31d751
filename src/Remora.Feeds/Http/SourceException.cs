using System.Net;

namespace Remora.Feeds.Http;

/// <summary>
/// A request to an outside source failed, or the response is invalid. The message contains no key.
/// </summary>
internal sealed class SourceException(string kind, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>The kind of error in one word, for example <c>rate_limited</c>.</summary>
    public string Kind => kind;

    /// <summary>The delay that the source requested; null if it requested none.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Creates the exception for an unsuccessful response.</summary>
    public static SourceException Of(HttpResponseMessage response, TimeProvider clock)
    {
        var after = response.Headers.RetryAfter;
        var asked = after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : null);
        // A wrong clock at the source must not stop requests for years.
        var wait = asked > LongestWait ? LongestWait : asked;
        var kind = response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => "rate_limited",
            HttpStatusCode.UnavailableForLegalReasons => "restricted",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "auth",
            >= HttpStatusCode.InternalServerError => "unavailable",
            _ => "bad_request",
        };
        return new(kind, $"HTTP {(int)response.StatusCode}", wait);
    }
}
