using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Remora.Cli.Commands;

namespace Remora.Cli;

/// <summary>
/// An HTTP connection of a command to a running service, with its key and a timeout of a few
/// seconds. With several addresses it stays with one, and tries the next one when it does not
/// answer or returns 5xx. Follows no redirects, so that the key reaches these addresses only.
/// </summary>
internal sealed class ServiceConnection : IDisposable
{
    private const long LongestAnswer = 64 << 20;
    private const int Unauthorized = (int)HttpStatusCode.Unauthorized;
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http;
    private readonly bool _hasKey;
    private readonly IReadOnlyList<Uri> _urls;
    private int _current;
    private string _others = "";

    public ServiceConnection(IReadOnlyList<Uri> urls, string? key)
    {
        _urls = urls;
        _hasKey = key is not null;
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (key is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>The address of the service in use.</summary>
    public Uri Url => _urls[_current];

    /// <summary>Returns the text of a successful response.</summary>
    /// <exception cref="ServiceException">The request failed; the message is one line.</exception>
    public async Task<string> GetTextAsync(string path, CancellationToken cancellation)
    {
        using var response = await AskAsync(() => Get(path), ShortTimeout, cancellation);
        await ThrowUnlessSuccessAsync(response, cancellation);
        return await ReadAsync(response, cancellation);
    }

    /// <summary>
    /// Posts a request without a body. Returns the text of a successful response.
    /// </summary>
    /// <exception cref="ServiceException">The request failed; the message is one line.</exception>
    public Task<string> PostAsync(string path, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, path, cancellation);

    /// <summary>Posts JSON. Returns the text of a successful response.</summary>
    /// <exception cref="ServiceException">The request failed; the message is one line.</exception>
    public async Task<string> PostAsync(string path, string json, CancellationToken cancellation)
    {
        HttpRequestMessage Make()
        {
            var request = Request(HttpMethod.Post, path);
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            return request;
        }
        using var response = await AskAsync(Make, ShortTimeout, cancellation);
        await ThrowUnlessSuccessAsync(response, cancellation);
        return await ReadAsync(response, cancellation);
    }

    /// <summary>Sends a DELETE request. Returns the text of a successful response.</summary>
    /// <exception cref="ServiceException">The request failed; the message is one line.</exception>
    public Task<string> DeleteAsync(string path, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Delete, path, cancellation);

    /// <summary>Returns the text of any response, including errors.</summary>
    /// <exception cref="ServiceException">The service is unreachable.</exception>
    public async Task<string> GetAnyTextAsync(string path, CancellationToken cancellation)
    {
        using var response = await AskAsync(() => Get(path), ShortTimeout, cancellation);
        return await ReadAsync(response, cancellation);
    }

    /// <summary>
    /// Returns the text and the entity tag of a response; null if it still has the given tag.
    /// </summary>
    /// <exception cref="ServiceException">The request failed.</exception>
    public async Task<(string Text, string? Tag)?> GetIfChangedAsync(
        string path,
        string? tag,
        CancellationToken cancellation
    )
    {
        HttpRequestMessage Make()
        {
            var request = Get(path);
            if (tag is not null)
                request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            return request;
        }
        using var response = await AskAsync(Make, ShortTimeout, cancellation);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return null;
        await ThrowUnlessSuccessAsync(response, cancellation);
        return (await ReadAsync(response, cancellation), response.Headers.ETag?.ToString());
    }

    /// <summary>
    /// Returns a successful response with an unread body, for bodies of any size.
    /// </summary>
    /// <exception cref="ServiceException">The request failed.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellation)
    {
        var response = await AskAsync(() => Get(path), LongTimeout, cancellation);
        try
        {
            await ThrowUnlessSuccessAsync(response, cancellation);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Sends a request without a body that changes something. The service may ask an exchange
    /// first.
    /// </summary>
    private async Task<string> ChangeAsync(HttpMethod method, string path, CancellationToken cancellation)
    {
        using var response = await AskAsync(() => Request(method, path), LongTimeout, cancellation);
        await ThrowUnlessSuccessAsync(response, cancellation);
        return await ReadAsync(response, cancellation);
    }

    private HttpRequestMessage Get(string path) => Request(HttpMethod.Get, path);

    private HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, Url.ToString().TrimEnd('/') + "/" + path.TrimStart('/'));

    // The services together take at most this time: each one that is left has an equal share of it.
    private async Task<HttpResponseMessage> AskAsync(
        Func<HttpRequestMessage> make,
        TimeSpan atMost,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        _others = "";
        for (var left = _urls.Count; ; left--)
        {
            var share = (atMost - Stopwatch.GetElapsedTime(started)) / left;
            try
            {
                using var request = make();
                var response = await SendAsync(
                    request,
                    share > TimeSpan.Zero ? share : TimeSpan.FromMilliseconds(1),
                    cancellation
                );
                if (left == 1 || (int)response.StatusCode < 500)
                    return response;
                using (response)
                    _others += $"{Url} returned {(int)response.StatusCode} {response.ReasonPhrase}; ";
            }
            catch (ServiceException e) when (left > 1)
            {
                _others += e.Message + "; ";
            }
            catch (ServiceException e)
            {
                throw Unreachable(_others + e.Message);
            }
            _current = (_current + 1) % _urls.Count;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        TimeSpan atMost,
        CancellationToken cancellation
    )
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(atMost);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(
                _urls.Count > 1
                    ? $"no service responds at {Url} ({e.Message})"
                    : $"no service responds at {Url} ({e.Message}). Start one with 'remora serve', or set the "
                        + "address with --url."
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw TooSlow(atMost);
        }
    }

    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(ShortTimeout);
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestAnswer, deadline.Token);
            return await response.Content.ReadAsStringAsync(deadline.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable($"the response of {Url} was interrupted: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw TooSlow(ShortTimeout);
        }
    }

    private async Task ThrowUnlessSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
            return;
        var status = (int)response.StatusCode;
        var message =
            status == Unauthorized && !_hasKey
                ? $"the service at {Url} requires a key: set {RunningServiceOptionSet.KeyVariable}, "
                    + "or name a key file with --key-file"
                : DetailOf(await ReadAsync(response, cancellation))
                    ?? $"the service at {Url} returned {status} {response.ReasonPhrase}";
        var isCallersFault = status is >= 400 and < 500 and not 408 and not 429;
        throw new ServiceException(
            (status >= 500 ? _others : "") + message,
            isCallersFault ? ExitCode.Usage : ExitCode.Unavailable,
            status
        );
    }

    private ServiceException TooSlow(TimeSpan timeout) =>
        Unreachable($"the service at {Url} did not respond within {timeout.TotalSeconds:0.#} s");

    private static ServiceException Unreachable(string message) => new(message, ExitCode.Unavailable);

    private static string? DetailOf(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            var root = problem.RootElement;
            return
                root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("detail", out var detail)
                && detail.ValueKind == JsonValueKind.String
                ? detail.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null; // not a problem document: only the status is reported
        }
    }
}

/// <summary>A request to a running service failed. The message is one line with advice.</summary>
internal sealed class ServiceException(string message, int exitCode, int? status = null) : Exception(message)
{
    /// <summary>The exit code for this failure.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>The HTTP status; null if no response was received.</summary>
    public int? Status { get; } = status;
}
