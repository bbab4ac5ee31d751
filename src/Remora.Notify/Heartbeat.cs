using Microsoft.Extensions.Logging;

namespace Remora.Notify;

/// <summary>The health of the heartbeat.</summary>
/// <param name="Host">The host that is called. The rest of the address can be a secret.</param>
/// <param name="LastSuccess">The time of the last accepted call; null for none.</param>
/// <param name="LastError">The last error; null for none.</param>
/// <param name="LastErrorAt">The time of the last error; null for none.</param>
public sealed record HeartbeatHealth(
    string Host,
    DateTimeOffset? LastSuccess,
    string? LastError,
    DateTimeOffset? LastErrorAt
);

/// <summary>
/// Calls an address each minute while all is well, so that another machine notices when this one,
/// its network or the service fails.
/// </summary>
public sealed class Heartbeat
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly Uri _url;
    private readonly Func<bool> _isWell;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private volatile HeartbeatHealth _health;
    private bool _isFailing;

    /// <param name="url">The address. It is called with GET.</param>
    /// <param name="isWell">Whether all is well. While it is not, the address is not
    /// called.</param>
    /// <param name="clock">The clock of the interval.</param>
    /// <param name="log">Receives the beginning and the end of failures.</param>
    public Heartbeat(Uri url, Func<bool> isWell, TimeProvider clock, ILoggerFactory log)
    {
        (_url, _isWell, _clock, _log) = (url, isWell, clock, log.CreateLogger<Heartbeat>());
        _health = new(url.Host, null, null, null);
    }

    /// <summary>The health.</summary>
    public HeartbeatHealth Health => _health;

    /// <summary>Calls the address until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient(
            new SocketsHttpHandler { UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }
        )
        {
            Timeout = Timeout,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("remora");
        while (true)
        {
            if (_isWell())
                await CallAsync(http, cancellation);
            await Task.Delay(Interval, _clock, cancellation);
        }
    }

    private async Task CallAsync(HttpClient http, CancellationToken cancellation)
    {
        string? error;
        try
        {
            using var response = await http.GetAsync(_url, HttpCompletionOption.ResponseHeadersRead, cancellation);
            error = response.IsSuccessStatusCode ? null : $"HTTP {(int)response.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            error = e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            error = $"no answer within {Timeout.TotalSeconds:0.###} s";
        }
        var now = _clock.GetUtcNow();
        _health = error is null
            ? _health with
            {
                LastSuccess = now,
            }
            : _health with
            {
                LastError = error,
                LastErrorAt = now,
            };
        if (error is not null && !_isFailing)
            _log.LogWarning("The heartbeat to {Host} fails: {Error}. Retrying each minute", _url.Host, error);
        else if (error is null && _isFailing)
            _log.LogInformation("The heartbeat to {Host} works again", _url.Host);
        _isFailing = error is not null;
    }
}
