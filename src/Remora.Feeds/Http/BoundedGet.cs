using System.Net;
using Remora.Feeds.Keys;

namespace Remora.Feeds.Http;

/// <summary>
/// The body of a response and its cache validators. If a key was sent, it has been removed from the
/// body.
/// </summary>
/// <param name="Body">The whole body.</param>
/// <param name="Tag">The ETag; null without one.</param>
/// <param name="Modified">When the body was last modified; null if unknown.</param>
internal sealed record HttpAnswer(byte[] Body, string? Tag, DateTimeOffset? Modified);

/// <summary>
/// Requests one URL with limits: a deadline for the whole request, a maximum body size, no encoding
/// that was not requested, a few redirects and none with a key. Every failure is a
/// <see cref="SourceException"/>.
/// </summary>
/// <param name="http">A client of <see cref="OutsideHttp"/>.</param>
/// <param name="url">The URL, without a key.</param>
/// <param name="credential">The key to send; null for none.</param>
/// <param name="options">The limits, and the local server that replaces every host.</param>
/// <param name="clock">The clock that converts a date in Retry-After to a delay.</param>
internal sealed class BoundedGet(
    HttpClient http,
    Uri url,
    Credential? credential,
    HttpSourceOptions options,
    TimeProvider clock
)
{
    private const int MaxRedirects = 3;

    /// <summary>The URL, safe to display.</summary>
    public Uri Url { get; } = AtLocalServer(url, options.BaseUrl);

    /// <summary>
    /// Returns the response; <paramref name="before"/> itself if the source reports that it is
    /// unmodified.
    /// </summary>
    /// <param name="before">The previous response, which need not be sent again; null for
    /// none.</param>
    /// <param name="query">Text to append to the query; null for nothing.</param>
    /// <param name="cancellation">Cancels the request.</param>
    public async Task<HttpAnswer> SendAsync(HttpAnswer? before, string? query, CancellationToken cancellation)
    {
        if (credential is not null && Url.Scheme != Uri.UriSchemeHttps && !Url.IsLoopback)
            throw new SourceException("auth", "keys are sent over https only");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Deadline);
        try
        {
            var address = At(query);
            for (var redirections = 0; ; redirections++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                credential?.Attach(request);
                if (options.UserAgent is { } agent)
                    request.Headers.TryAddWithoutValidation("User-Agent", agent);
                request.Headers.IfNoneMatch.TryParseAdd(before?.Tag);
                request.Headers.IfModifiedSince = before?.Modified;
                using var response = await http.SendAsync(
                    request,
                    HttpCompletionOption.ResponseHeadersRead,
                    deadline.Token
                );
                if (response.StatusCode == HttpStatusCode.NotModified && before is not null)
                    return before;
                if (
                    response.StatusCode is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest
                    && response.Headers.Location is { } location
                )
                {
                    address = Redirected(address, location, redirections);
                    continue;
                }
                if (!response.IsSuccessStatusCode)
                    throw SourceException.Of(response, clock);
                return await AnswerAsync(response, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new SourceException("timeout", $"no complete response within {options.Deadline.TotalSeconds:0.##} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new SourceException(
                "network",
                credential?.Redact(e.InnerException?.Message ?? e.Message) ?? e.InnerException?.Message ?? e.Message
            );
        }
    }

    /// <summary>Returns the URL with text appended to its query.</summary>
    public Uri At(string? query) =>
        query is null ? Url : new($"{Url.AbsoluteUri}{(Url.Query.Length > 0 ? '&' : '?')}{query}");

    private async Task<HttpAnswer> AnswerAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var encodings = response.Content.Headers.ContentEncoding;
        if (encodings.Count > 0)
            throw new SourceException("bad_response", "the body has a content encoding, which was not requested");
        var body = await ReadAsync(response.Content, cancellation);
        return new(
            credential?.Redact(body) ?? body,
            response.Headers.ETag?.ToString(),
            response.Content.Headers.LastModified
        );
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        await using var body = await content.ReadAsStreamAsync(cancellation);
        using var bytes = new MemoryStream();
        var chunk = new byte[8192];
        while (await body.ReadAsync(chunk, cancellation) is > 0 and var count)
        {
            bytes.Write(chunk, 0, count);
            if (bytes.Length > options.MaxResponseBytes)
                throw new SourceException("bad_response", $"the body is larger than {options.MaxResponseBytes} bytes");
        }
        return bytes.ToArray();
    }

    private Uri Redirected(Uri from, Uri location, int redirections)
    {
        if (credential is not null)
            throw new SourceException(
                "bad_response",
                "the source redirects the request, and requests with a key do not follow redirects"
            );
        if (redirections >= MaxRedirects)
            throw new SourceException("bad_response", $"the source redirects more than {MaxRedirects} times");
        var to = new Uri(from, location);
        var isSafe =
            to.Scheme == Uri.UriSchemeHttps || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp);
        if (!isSafe)
            throw new SourceException("bad_response", "the source redirects to a URL without https");
        return options.BaseUrl is { } local && to.Authority != local.Authority ? AtLocalServer(to, local) : to;
    }

    private static Uri AtLocalServer(Uri url, Uri? server) =>
        server is null ? url : new($"{server.ToString().TrimEnd('/')}/{url.Host}{url.PathAndQuery}");
}
