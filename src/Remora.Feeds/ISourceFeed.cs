using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>Delivers the values of one outside source as observations.</summary>
public interface ISourceFeed
{
    /// <summary>The source's name, for example <c>alternative.me</c>.</summary>
    string Name { get; }

    /// <summary>The feed's current health.</summary>
    SourceHealth Health { get; }

    /// <summary>
    /// Passes the stored observations of all sources, in the order in which they became knowable.
    /// Called at most once, before <see cref="RunAsync"/>. A feed that uses them does not deliver
    /// them again, and detects values that its source has revised since.
    /// </summary>
    void Recall(IReadOnlyList<Observation> stored) { }

    /// <summary>
    /// Runs until it is cancelled, and then returns. External failures show in
    /// <see cref="Health"/>.
    /// </summary>
    Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation);
}

/// <summary>The health of an outside source's feed at one moment.</summary>
public sealed record SourceHealth
{
    /// <summary>The name of the source.</summary>
    public required string Name { get; init; }

    /// <summary>The signals that the source provides.</summary>
    public required IReadOnlyList<Signal> Signals { get; init; }

    /// <summary>The state of the feed. A source has no warm-up.</summary>
    public required FeedState State { get; init; }

    /// <summary>The last observation of each signal and base currency.</summary>
    public required IReadOnlyList<Observation> Latest { get; init; }

    /// <summary>When the last valid response arrived.</summary>
    public Instant? LastSuccess { get; init; }

    /// <summary>The last failure. Stays set after a recovery.</summary>
    public FeedError? LastError { get; init; }

    /// <summary>When the next request is due.</summary>
    public Instant? NextTry { get; init; }

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>
    /// The number of polls since the start, failed ones included; for a source that sends by itself
    /// the number of values and lost connections.
    /// </summary>
    public long Requests { get; init; }

    /// <summary>The number of failures since the start, by <see cref="FeedError.Kind"/>.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// The health of the fallbacks, in order. They are polled only while the source is unavailable.
    /// </summary>
    public IReadOnlyList<SourceHealth> StandIns { get; init; } = [];
}
