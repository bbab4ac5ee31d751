using Microsoft.Extensions.Logging;

namespace Remora.Client;

/// <summary>Logs the beginning and the end of a time without answers, once each.</summary>
internal sealed class Outage(OnError onError, ILogger log)
{
    private readonly Lock _lock = new();
    private bool _isOut;
    private int _unanswered;

    /// <summary>Reports a call that no service answered.</summary>
    public void Add(string error)
    {
        lock (_lock)
        {
            _unanswered++;
            if (_isOut)
                return;
            _isOut = true;
        }
        log.LogWarning(
            "Remora is unavailable: {Error}. Until it is available, {Consequence}",
            error,
            Consequence.Of(onError)
        );
    }

    /// <summary>Reports an answer.</summary>
    public void End(string url)
    {
        int unanswered;
        lock (_lock)
        {
            if (!_isOut)
                return;
            (unanswered, _unanswered, _isOut) = (_unanswered, 0, false);
        }
        log.LogInformation("Remora is available again at {Url}; {Count} calls had no answer", url, unanswered);
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
