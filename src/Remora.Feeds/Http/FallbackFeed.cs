using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Http;

/// <summary>
/// Sources of the same signals in order of preference. The first is always asked; one behind it only while all before it fail or say nothing new, and no longer
/// when one of them is well again. Each observation names the source it is from. Goes by the name of the first.
/// </summary>
public sealed class FallbackFeed : ISourceFeed
{
    /// <summary>After how many failures in a row the next one is asked.</summary>
    public const int FailuresBeforeFallback = 2;

    private readonly IReadOnlyList<HttpSourceFeed> _feeds;
    private readonly TimeProvider _clock;

    /// <summary>A feed of the first of some that is well.</summary>
    public FallbackFeed(IReadOnlyList<HttpSourceFeed> feeds, TimeProvider? clock = null)
    {
        if (feeds.Count == 0) throw new ArgumentException("there must be at least one source", nameof(feeds));
        _feeds = feeds;
        _clock = clock ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Name => _feeds[0].Name;

    /// <summary>That of the first, degraded while another stands in for it; the last values of all, and the others' own health beside it.</summary>
    public SourceHealth Health
    {
        get
        {
            List<SourceHealth> all = [.. _feeds.Select(feed => feed.Health)];
            var standIn = all.FindIndex(Stands);
            return all[0] with
            {
                State = standIn > 0 ? FeedState.Degraded : all[0].State,
                StandIns = all[1..],
                Latest = [.. all.SelectMany(health => health.Latest).GroupBy(o => (o.Signal, o.Base)).Select(same => same.MaxBy(o => o.HeldAt.UnixMilliseconds)!)],
            };
        }
    }

    /// <inheritdoc/>
    public void Recall(IReadOnlyList<Observation> stored)
    {
        foreach (var feed in _feeds) feed.Recall(stored);
    }

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var due = new Instant[_feeds.Count];
        Array.Fill(due, _clock.Now());
        try
        {
            while (true)
            {
                var next = Instant.MaxValue;
                for (var i = 0; i < _feeds.Count; i++)
                {
                    if (due[i] <= _clock.Now()) due[i] = await _feeds[i].AskAsync(events, cancellation);
                    if (due[i] < next) next = due[i];
                    if (!IsOut(_feeds[i].Health)) break;
                }
                await _clock.UntilAsync(next, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // It was told to stop.
        }
    }

    private static bool Stands(SourceHealth health) => health.LastSuccess is not null && !IsOut(health);

    /// <summary>Whether it has failed several times, or answers without saying anything new.</summary>
    private static bool IsOut(SourceHealth health) =>
        health.ConsecutiveFailures >= FailuresBeforeFallback || (health is { ConsecutiveFailures: 0, State: FeedState.Degraded });
}
