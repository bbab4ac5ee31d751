using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Remora.Notify.Channels;

/// <summary>
/// Posts JSON to a notification service over HTTP and reads its answer. 5xx, 408, 425, 429 and no
/// answer can be retried; any other status is a refusal.
/// </summary>
internal sealed class JsonPost : IDisposable
{
    private const int LongestAnswer = 4096;
    private const int LongestDetail = 200;
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly IReadOnlyList<string> _secrets;

    /// <param name="url">The address.</param>
    /// <param name="timeout">The timeout of one attempt.</param>
    /// <param name="secrets">Texts that must not appear in the details of answers.</param>
    public JsonPost(Uri url, TimeSpan timeout, params IReadOnlyList<string> secrets)
    {
        (_url, _secrets) = (url, secrets);
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false, // the body and the address are secrets of this host
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = timeout,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("remora");
    }

    /// <summary>The header with credentials; null for none.</summary>
    public AuthenticationHeaderValue? Authorization
    {
        init => _http.DefaultRequestHeaders.Authorization = value;
    }

    /// <summary>
    /// The name of the field in the service's answers that describes an error; null for text
    /// answers.
    /// </summary>
    public string? ErrorField { get; init; }

    public async Task<Delivery> SendAsync(byte[] json, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(json) };
        request.Content.Headers.ContentType = new("application/json");
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var status = (int)response.StatusCode;
            var answer = await TextAsync(response, cancellation);
            var detail = Clean($"HTTP {status}{(answer.Length > 0 && status >= 300 ? $", {answer}" : "")}");
            if (status is >= 200 and < 300)
                return Delivery.Accepted(detail);
            var isPassing =
                status >= 500
                || response.StatusCode
                    is HttpStatusCode.RequestTimeout
                        or HttpStatusCode.TooManyRequests
                        or (HttpStatusCode)425;
            return isPassing
                ? Delivery.Failed(detail) with
                {
                    Wait = WaitOf(response.Headers.RetryAfter),
                }
                : Delivery.Refused(detail);
        }
        catch (HttpRequestException e)
        {
            return Delivery.Failed(Clean(e.Message));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Delivery.Failed($"no answer within {_http.Timeout.TotalSeconds:0.###} s");
        }
    }

    public void Dispose() => _http.Dispose();

    private static TimeSpan? WaitOf(RetryConditionHeaderValue? header) =>
        header?.Delta ?? header?.Date - TimeProvider.System.GetUtcNow();

    /// <summary>Returns the description of an error; empty if it cannot be read.</summary>
    private async Task<string> TextAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[LongestAnswer];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            return ErrorField is { } field ? FieldOf(text, field) : text;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private static string FieldOf(string text, string field)
    {
        try
        {
            var json = JsonElement.Parse(text);
            return
                json.ValueKind == JsonValueKind.Object
                && json.TryGetProperty(field, out var value)
                && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private string Clean(string detail)
    {
        foreach (var secret in _secrets.Where(secret => secret.Length > 0))
            detail = detail.Replace(secret, "(removed)", StringComparison.Ordinal);
        return Message.Shortened(new([.. detail.Select(c => char.IsControl(c) ? ' ' : c)]), LongestDetail).TrimEnd();
    }
}
