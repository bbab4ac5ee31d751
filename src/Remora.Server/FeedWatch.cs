using Microsoft.Extensions.Logging;
using Remora.Feeds;

namespace Remora.Server;

/// <summary>Tells the operator when a feed's state changes.</summary>
internal sealed class FeedWatch(ServiceParts parts)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1); // of real time, as operators live in it
    private readonly ILogger _log = parts.Log.CreateLogger<FeedWatch>();
    private readonly Dictionary<string, FeedState> _told = [];

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation)) Look();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // It was told to stop.
        }
    }

    internal void Look()
    {
        foreach (var feed in parts.Markets)
        {
            var health = feed.Health;
            Tell(feed.Market.ToString(), health.State, health.LastError);
        }
        foreach (var source in parts.Sources)
        {
            var health = source.Health;
            Tell(source.Name, health.State, health.LastError);
        }
    }

    private void Tell(string name, FeedState state, FeedError? error)
    {
        if (_told.TryGetValue(name, out var told) && told == state) return;
        _told[name] = state;
        if (state is FeedState.Degraded or FeedState.Unreachable)
            _log.LogWarning("{Feed} is {State}: {Reason}", name, RemoraJson.NameOf(state), error?.Message ?? "no fresh data has come for a while");
        else if (state is not FeedState.Starting)
            _log.LogInformation("{Feed} is {State}", name, RemoraJson.NameOf(state));
    }
}
