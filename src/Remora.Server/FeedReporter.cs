using Microsoft.Extensions.Logging;
using Remora.Feeds;

namespace Remora.Server;

/// <summary>Tells the log what becomes of the feeds: each change of state once, not each failure.</summary>
public sealed class FeedReporter(ServiceParts parts)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly ILogger _log = parts.Log.CreateLogger<FeedReporter>();
    private readonly Dictionary<string, FeedState> _known = [];

    /// <summary>Looks once a second of real time, whatever clock the feeds go by, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation)) Look();
        }
        catch (OperationCanceledException)
        {
            // It was told to.
        }
    }

    private void Look()
    {
        foreach (var feed in parts.Markets)
        {
            var health = feed.Health;
            Report(feed.Market.ToString(), health.State, health.LastError, health.LastSuccess is null);
        }
        foreach (var feed in parts.Sources)
        {
            var health = feed.Health;
            Report(feed.Name, health.State, health.LastError, neverAnswered: false);
        }
    }

    private void Report(string name, FeedState state, FeedError? error, bool neverAnswered)
    {
        var before = _known.GetValueOrDefault(name, FeedState.Starting);
        if (state == before) return;
        _known[name] = state;
        switch (state)
        {
            case FeedState.Degraded or FeedState.Unreachable:
                _log.LogWarning("{Feed} is {State}: {Error}. It keeps trying.{Advice}", name, RemoraJson.NameOf(state), error is null ? "no fresh candle" : $"{error.Kind}, {error.Message}",
                    neverAnswered && parts.Sandbox is null ? " Without a network, try 'remora serve --sandbox'." : "");
                break;
            case FeedState.Live or FeedState.Warming:
                _log.LogInformation("{Feed} is {State}", name, RemoraJson.NameOf(state));
                break;
        }
    }
}
