using System.Net.Http.Headers;
using System.Text.Json;

namespace Remora.Client;

/// <summary>
/// Sends requests to one service, each with one deadline for the whole request. Uses no proxy and
/// follows no redirects, so a key is sent to one host only.
/// </summary>
internal sealed class Endpoint : IDisposable
{
    private const int LargestBody = 16 * 1024 * 1024;
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;

    public Endpoint(Uri address, string? key, TimeProvider clock)
    {
        _clock = clock;
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan, // each call has its own
            MaxResponseContentBufferSize = LargestBody,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("remora-dotnet");
        if (key is not null)
            _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public string Url => _http.BaseAddress!.ToString().TrimEnd('/');

    /// <summary>Returns the body of a response with status 200.</summary>
    /// <exception cref="RemoraException">
    /// The response has another status, or there is no response.
    /// </exception>
    public Task<byte[]> GetAsync(string path, TimeSpan timeout, CancellationToken cancellation) =>
        SendAsync(() => new(HttpMethod.Get, path), timeout, cancellation);

    /// <summary>Posts JSON and returns the body of a response with status 200.</summary>
    /// <exception cref="RemoraException">
    /// The response has another status, or there is no response.
    /// </exception>
    public Task<byte[]> PostAsync(string path, byte[] json, TimeSpan timeout, CancellationToken cancellation) =>
        SendAsync(
            () =>
                new(HttpMethod.Post, path)
                {
                    Content = new ByteArrayContent(json) { Headers = { ContentType = new("application/json") } },
                },
            timeout,
            cancellation
        );

    private Task<byte[]> SendAsync(Func<HttpRequestMessage> make, TimeSpan timeout, CancellationToken cancellation) =>
        WithinAsync(
            timeout,
            async deadline =>
            {
                using var request = make();
                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline);
                var body = await ReadAsync(response, deadline);
                return (int)response.StatusCode == 200 ? body : throw Refused(response, body);
            },
            cancellation
        );

    /// <summary>Opens an event stream. The deadline covers only the headers.</summary>
    /// <exception cref="RemoraException">The stream cannot be opened.</exception>
    public Task<HttpResponseMessage> OpenAsync(
        string path,
        string? lastEventId,
        TimeSpan timeout,
        CancellationToken cancellation
    ) =>
        WithinAsync(
            timeout,
            async deadline =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Accept.Add(new("text/event-stream"));
                if (!string.IsNullOrEmpty(lastEventId))
                    request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
                var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline);
                if (
                    (int)response.StatusCode == 200
                    && response.Content.Headers.ContentType?.MediaType == "text/event-stream"
                )
                    return response;
                using (response)
                {
                    var body = await ReadAsync(response, deadline);
                    throw (int)response.StatusCode == 200
                        ? new(RemoraFault.NotAnAssessment, $"{Url} returned something that is not an event stream")
                        : Refused(response, body);
                }
            },
            cancellation
        );

    public void Dispose() => _http.Dispose();

    private async Task<T> WithinAsync<T>(
        TimeSpan time,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellation
    )
    {
        using var limit = new CancellationTokenSource(time, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new RemoraException(RemoraFault.Timeout, $"{Url} did not respond within {time.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new RemoraException(RemoraFault.Unreachable, $"{Url} cannot be reached: {e.Message}", inner: e);
        }
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken deadline)
    {
        if (response.Content.Headers.ContentLength > LargestBody)
            throw TooLarge();
        await using var body = await response.Content.ReadAsStreamAsync(deadline);
        using var all = new MemoryStream();
        var part = new byte[16 * 1024];
        for (int length; (length = await body.ReadAsync(part, deadline)) > 0; )
        {
            if (all.Length + length > LargestBody)
                throw TooLarge();
            all.Write(part, 0, length);
        }
        return all.ToArray();
    }

    private RemoraException TooLarge() =>
        new(RemoraFault.NotAnAssessment, $"{Url} returned more than {LargestBody} bytes");

    private RemoraException Refused(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        return new(
            RemoraFault.Status,
            $"{Url} returned {status} {response.ReasonPhrase}{DetailOf(body)}",
            status,
            WaitOf(response.Headers.RetryAfter)
        );
    }

    private TimeSpan? WaitOf(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - _clock.GetUtcNow();

    private static string DetailOf(byte[] body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return
                problem.RootElement.ValueKind == JsonValueKind.Object
                && problem.RootElement.TryGetProperty("detail", out var detail)
                && detail.ValueKind == JsonValueKind.String
                ? ": " + detail.GetString()
                : "";
        }
        catch (JsonException)
        {
            return ""; // not a problem document: the status is the only information
        }
    }
}
