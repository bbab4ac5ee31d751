namespace Remora.Client;

/// <summary>
/// A circuit breaker of one service. Opens on the first failure; after each period, one call may
/// try.
/// </summary>
internal sealed class Breaker(TimeSpan period, TimeProvider clock)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private Moment _failedAt;
    private TimeSpan _wait;
    private bool _isTrying;
    private RemoraException? _failure;

    /// <summary>Whether a call may proceed.</summary>
    public bool IsReady
    {
        get
        {
            lock (_lock)
                return _failure is null || (!_isTrying && _failedAt.Since(clock) >= _wait);
        }
    }

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
            if (_failure is null)
                return;
            if (!_isTrying && _failedAt.Since(clock) >= _wait)
            {
                _isTrying = true;
                return;
            }
            throw new RemoraException(
                RemoraFault.BreakerOpen,
                $"no request sent, because of an earlier failure: {_failure.Message}",
                inner: _failure
            );
        }
    }

    /// <summary>Reports that the service answered.</summary>
    public void Succeed()
    {
        lock (_lock)
            (_isTrying, _failure) = (false, null);
    }

    /// <summary>Reports that the service failed.</summary>
    public void Fail(RemoraException error)
    {
        lock (_lock)
        {
            _isTrying = false;
            _failure = error;
            _failedAt = Moment.Now(clock);
            var wanted = error.RetryAfter is { } wait && wait > period ? wait : period;
            _wait = wanted < LongestWait ? wanted : LongestWait;
        }
    }

    /// <summary>Reports that the call ended without evidence about the service.</summary>
    public void Abandon()
    {
        lock (_lock)
            _isTrying = false;
    }
}
