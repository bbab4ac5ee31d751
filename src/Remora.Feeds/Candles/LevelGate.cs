using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Stores which price level of a market is refused, and which one an operator has accepted.
/// Thread-safe.
/// </summary>
internal sealed class LevelGate
{
    private readonly Lock _lock = new();
    private RefusedPriceLevel? _refused;
    private RefusedPriceLevel? _permitted;
    private AcceptedPriceLevel? _accepted;
    private TaskCompletionSource _permission = New();

    /// <summary>The series that is refused now; null if none is.</summary>
    public RefusedPriceLevel? Refused
    {
        get
        {
            lock (_lock)
                return _refused;
        }
    }

    /// <summary>The series that was accepted last; null if none was.</summary>
    public AcceptedPriceLevel? Accepted
    {
        get
        {
            lock (_lock)
                return _accepted;
        }
    }

    /// <summary>Completes at the operator's next acceptance.</summary>
    public Task Permission
    {
        get
        {
            lock (_lock)
                return _permission.Task;
        }
    }

    public void Refuse(RefusedPriceLevel level)
    {
        lock (_lock)
            _refused = _refused?.Exchange == level.Exchange ? level with { Since = _refused.Since } : level;
    }

    /// <summary>
    /// Accepts the refused level on behalf of the operator. Returns it; null if nothing is refused.
    /// </summary>
    public RefusedPriceLevel? Permit()
    {
        lock (_lock)
        {
            if (_refused is null)
                return null;
            _permitted = _refused;
            _permission.SetResult();
            _permission = New();
            return _permitted;
        }
    }

    /// <summary>Whether the operator has accepted this level of this exchange.</summary>
    public bool IsPermitted(string exchange, double close)
    {
        lock (_lock)
            return _permitted?.Exchange == exchange && !PriceLevel.Differs(_permitted.NewestClose, close);
    }

    /// <summary>Accepts the exchange's series at the new level from now on.</summary>
    public void Accept(AcceptedPriceLevel level)
    {
        lock (_lock)
        {
            _accepted = level;
            Forget(level.Exchange);
        }
    }

    /// <summary>Ends the refusal: the exchange returns the known level again.</summary>
    public void Settle(string exchange)
    {
        lock (_lock)
            Forget(exchange);
    }

    private void Forget(string exchange)
    {
        if (_refused?.Exchange == exchange)
            _refused = null;
        if (_permitted?.Exchange == exchange)
            _permitted = null;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
