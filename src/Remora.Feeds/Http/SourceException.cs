using System.Net;

namespace Remora.Feeds.Http;

/// <summary>An outside source could not be asked, or did not answer as it should. The message holds no key.</summary>
internal sealed class SourceException(string kind, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>One word, such as <c>rate_limited</c>.</summary>
    public string Kind => kind;

    /// <summary>How long it asked to be left alone.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>What an answer that is no success says.</summary>
    public static SourceException Of(HttpResponseMessage response, TimeProvider clock)
    {
        var after = response.Headers.RetryAfter;
        var asked = after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : null);
        var wait = asked > LongestWait ? LongestWait : asked; // a wrong clock over there must not silence a source for years
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
