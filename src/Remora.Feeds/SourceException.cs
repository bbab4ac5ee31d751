using System.Net;
using System.Text.Json;
using Remora.Feeds.Exchanges;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>
/// A request to an outside source failed, or the response is invalid. The message contains no key.
/// </summary>
internal sealed class SourceException(string kind, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>The kind of error in one word, for example <c>rate_limited</c>.</summary>
    public string Kind => kind;

    /// <summary>The delay that the source requested; null if it requested none.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the same request may succeed soon.</summary>
    public bool IsRetryable { get; init; } = true;

    /// <summary>
    /// The part of the source that failed, for example an exchange; null for the source itself.
    /// </summary>
    public string? Origin { get; init; }

    /// <summary>
    /// Returns the exception for an expected failure of a source; null for other exceptions.
    /// </summary>
    public static SourceException? Of(Exception e) =>
        e switch
        {
            SourceException failure => failure,
            ExchangeException failure => Of(failure, exchange: null),
            FormatException or JsonException => new("bad_response", e.Message),
            _ => null,
        };

    /// <summary>Returns the exception for a failure of an exchange.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="exchange">The exchange's id, to name in the error; null for the
    /// source.</param>
    /// <param name="isRetryable">Whether the next request may succeed soon; null if the failure
    /// decides.</param>
    /// <param name="consequence">Text to append to the message.</param>
    public static SourceException Of(
        ExchangeException e,
        string? exchange,
        bool? isRetryable = null,
        string consequence = ""
    ) =>
        new(ExchangeException.NameOf(e.Kind), e.Message + consequence, e.RetryAfter)
        {
            IsRetryable = isRetryable ?? e.Retryable,
            Origin = exchange,
        };

    /// <summary>Returns the exception for an unsuccessful response.</summary>
    public static SourceException Of(HttpResponseMessage response, TimeProvider clock)
    {
        var after = response.Headers.RetryAfter;
        var requested = after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : null);
        // A wrong clock at the source must not stop requests for years.
        var delay = requested > LongestDelay ? LongestDelay : requested;
        var kind = response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => "rate_limited",
            HttpStatusCode.UnavailableForLegalReasons => "restricted",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "auth",
            >= HttpStatusCode.InternalServerError => "unavailable",
            _ => "bad_request",
        };
        return new(kind, $"HTTP {(int)response.StatusCode}", delay);
    }

    /// <summary>Returns the error as it appears in the health of a source.</summary>
    public FeedError ToError(string source, Instant at) => new(Kind, $"{Origin ?? source}: {Message}", at);
}
