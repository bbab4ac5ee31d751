using System.Net;
using System.Net.Http.Headers;

namespace Remora.Bots.Webhooks;

/// <summary>The result of one attempt.</summary>
/// <param name="IsAccepted">Whether the receiver accepted the event.</param>
/// <param name="CanRetry">Whether a later attempt may succeed.</param>
/// <param name="Detail">The result as text.</param>
/// <param name="Wait">How long the receiver requests to wait before the next attempt.</param>
public sealed record WebhookOutcome(bool IsAccepted, bool CanRetry, string Detail, TimeSpan? Wait = null);

/// <summary>Posts signed events to one receiver.</summary>
public sealed class WebhookSender : IDisposable
{
    private readonly HttpClient _http;
    private readonly WebhookTarget _target;
    private readonly TimeProvider _clock;

    /// <param name="target">The receiver.</param>
    /// <param name="clock">The clock that dates signatures.</param>
    public WebhookSender(WebhookTarget target, TimeProvider clock)
    {
        _target = target;
        _clock = clock;
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = target.Timeout,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("remora-webhook");
    }

    /// <summary>Sends an event that contains no market data.</summary>
    public Task<WebhookOutcome> TestAsync(CancellationToken cancellation)
    {
        var test = WebhookEvent.Test(Markets.Instant.From(_clock.GetUtcNow()));
        return SendAsync(test.Id, test.Render(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    internal async Task<WebhookOutcome> SendAsync(string id, byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _target.Url)
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Remora-Event-Id", id);
        // Dated at each attempt, so that a late one is not stale.
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(_target.Secret, _clock.GetUtcNow(), body));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var status = (int)response.StatusCode;
            var isPassing =
                status >= 500
                || response.StatusCode
                    is HttpStatusCode.RequestTimeout
                        or HttpStatusCode.TooManyRequests
                        or (HttpStatusCode)425;
            return new(
                status is >= 200 and < 300,
                isPassing,
                $"the receiver returned {status}",
                WaitOf(response.Headers.RetryAfter)
            );
        }
        catch (HttpRequestException e)
        {
            return new(IsAccepted: false, CanRetry: true, e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(
                IsAccepted: false,
                CanRetry: true,
                $"the receiver did not respond within {_target.Timeout.TotalSeconds:0.###} s"
            );
        }
    }

    private TimeSpan? WaitOf(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - _clock.GetUtcNow();
}
