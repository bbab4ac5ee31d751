using Microsoft.Extensions.Logging;

namespace Remora.Client;

/// <summary>
/// A circuit breaker. Opens on the first failure; after each period, one call may try. Logs the
/// beginning and the end of an outage once each.
/// </summary>
internal sealed class Breaker(string url, RemoraClientOptions options, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private Moment _failedAt;
    private TimeSpan _wait;
    private bool _isTrying;
    private string? _outage;
    private int _unanswered;

    /// <summary>
    /// Returns if the call may proceed. The caller must then call <see cref="Succeed"/>,
    /// <see cref="Fail"/> or <see cref="Abandon"/>.
    /// </summary>
    /// <exception cref="RemoraException">
    /// The breaker is open, with <see cref="RemoraFault.BreakerOpen"/>.
    /// </exception>
    public void Enter()
    {
        lock (_lock)
        {
            if (_outage is null)
                return;
            if (!_isTrying && _failedAt.Since(clock) >= _wait)
            {
                _isTrying = true;
                return;
            }
            _unanswered++;
            throw new RemoraException(
                RemoraFault.BreakerOpen,
                $"no request sent, because of an earlier failure: {_outage}"
            );
        }
    }

    /// <summary>Reports that the service answered.</summary>
    public void Succeed()
    {
        string? outage;
        int unanswered;
        lock (_lock)
        {
            (outage, unanswered) = (_outage, _unanswered);
            (_isTrying, _outage, _unanswered) = (false, null, 0);
        }
        if (outage is not null)
            log.LogInformation("Remora is available again at {Url}; {Count} calls had no answer", url, unanswered);
    }

    /// <summary>Reports that the service failed.</summary>
    public void Fail(RemoraException error)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = _outage is null;
            _isTrying = false;
            _outage = error.Message;
            _unanswered++;
            _failedAt = Moment.Now(clock);
            var wanted = error.RetryAfter is { } wait && wait > options.BreakerPeriod ? wait : options.BreakerPeriod;
            _wait = wanted < LongestWait ? wanted : LongestWait;
        }
        if (isFirst)
            log.LogWarning(
                "Remora is unavailable: {Error}. Until it is available, {Consequence}",
                error.Message,
                Consequence.Of(options.OnError)
            );
    }

    /// <summary>Reports that the call ended without evidence about the service.</summary>
    public void Abandon()
    {
        lock (_lock)
            _isTrying = false;
    }
}

/// <summary>Describes the effect of <see cref="OnError"/> in words.</summary>
internal static class Consequence
{
    public static string Of(OnError onError) =>
        onError switch
        {
            OnError.Allow => "entries are allowed",
            OnError.Block => "entries are blocked",
            _ => "recent answers are used, and entries without one are allowed",
        };
}
