using System.Net;
using System.Net.Http.Headers;

namespace Remora.Bots.Webhooks;

/// <summary>What became of one attempt.</summary>
/// <param name="IsTaken">Whether the receiver has it.</param>
/// <param name="IsWorthAnother">Whether it may take it later.</param>
/// <param name="What">In words.</param>
/// <param name="Wait">How long it asked to be left alone.</param>
public sealed record WebhookOutcome(bool IsTaken, bool IsWorthAnother, string What, TimeSpan? Wait = null);

/// <summary>Posts events to one receiver, signed.</summary>
public sealed class WebhookSender : IDisposable
{
    private readonly HttpClient _http;
    private readonly WebhookTarget _target;
    private readonly TimeProvider _clock;

    /// <param name="target">The receiver.</param>
    /// <param name="clock">What signatures are dated by.</param>
    public WebhookSender(WebhookTarget target, TimeProvider clock)
    {
        _target = target;
        _clock = clock;
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = target.Timeout };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("remora-webhook");
    }

    /// <summary>Sends an event that says nothing of any market.</summary>
    public Task<WebhookOutcome> TestAsync(CancellationToken cancellation)
    {
        var test = WebhookEvent.Test(Markets.Instant.From(_clock.GetUtcNow()));
        return SendAsync(test.Id, test.Render(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    internal async Task<WebhookOutcome> SendAsync(string id, byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _target.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Remora-Event-Id", id);
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(_target.Secret, _clock.GetUtcNow(), body)); // dated anew at each attempt, so that a late one is not stale
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var status = (int)response.StatusCode;
            var isPassing = status >= 500 || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425;
            return new(status is >= 200 and < 300, isPassing, $"it answered {status}", WaitOf(response.Headers.RetryAfter));
        }
        catch (HttpRequestException e)
        {
            return new(IsTaken: false, IsWorthAnother: true, e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(IsTaken: false, IsWorthAnother: true, $"it did not answer within {_target.Timeout.TotalSeconds:0.###} s");
        }
    }

    private TimeSpan? WaitOf(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - _clock.GetUtcNow();
}
