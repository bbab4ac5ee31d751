using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Http;

/// <summary>
/// Sources of the same signals in order of preference. The first is always polled. A fallback is
/// polled only while all sources before it fail or return no new values, and stops when one of them
/// recovers. Each observation names its source. The feed has the name of the first source.
/// </summary>
public sealed class FallbackFeed : ISourceFeed
{
    /// <summary>The number of consecutive failures after which the next source is polled.</summary>
    public const int FailuresBeforeFallback = 2;

    private readonly IReadOnlyList<HttpSourceFeed> _feeds;
    private readonly TimeProvider _clock;

    /// <summary>Creates a feed of the first healthy source.</summary>
    public FallbackFeed(IReadOnlyList<HttpSourceFeed> feeds, TimeProvider? clock = null)
    {
        if (feeds.Count == 0)
            throw new ArgumentException("at least one source is required", nameof(feeds));
        _feeds = feeds;
        _clock = clock ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Name => _feeds[0].Name;

    /// <summary>
    /// The health of the first source, degraded while a fallback is in use. Includes the latest
    /// values of all sources and the health of each fallback.
    /// </summary>
    public SourceHealth Health
    {
        get
        {
            List<SourceHealth> all = [.. _feeds.Select(feed => feed.Health)];
            var inUse = all.FindIndex(IsHealthy);
            return all[0] with
            {
                State = inUse > 0 ? FeedState.Degraded : all[0].State,
                StandIns = all[1..],
                Latest =
                [
                    .. all.SelectMany(health => health.Latest)
                        .GroupBy(o => (o.Signal, o.Base))
                        .Select(same => same.MaxBy(o => o.HeldAt.UnixMilliseconds)!),
                ],
            };
        }
    }

    /// <inheritdoc/>
    public void Recall(IReadOnlyList<Observation> stored)
    {
        foreach (var feed in _feeds)
            feed.Recall(stored);
    }

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var due = new Instant[_feeds.Count];
        Array.Fill(due, _clock.Now());
        await PollLoop.RunAsync(StepAsync, _clock, cancellation);

        async Task<Instant> StepAsync(CancellationToken token)
        {
            var next = Instant.MaxValue;
            for (var i = 0; i < _feeds.Count; i++)
            {
                if (due[i] <= _clock.Now())
                    due[i] = await _feeds[i].StepAsync(events, token);
                if (due[i] < next)
                    next = due[i];
                if (!IsUnavailable(_feeds[i].Health))
                    break;
            }
            return next;
        }
    }

    private static bool IsHealthy(SourceHealth health) => health.LastSuccess is not null && !IsUnavailable(health);

    /// <summary>
    /// Whether a source has failed several times, or responds without new values.
    /// </summary>
    private static bool IsUnavailable(SourceHealth health) =>
        health.ConsecutiveFailures >= FailuresBeforeFallback
        || (health is { ConsecutiveFailures: 0, State: FeedState.Degraded });
}
