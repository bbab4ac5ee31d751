using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>Delivers the values of one outside source as observations.</summary>
public interface ISourceFeed
{
    /// <summary>The source's name: <c>alternative.me</c>.</summary>
    string Name { get; }

    /// <summary>How the feed is at this moment.</summary>
    SourceHealth Health { get; }

    /// <summary>
    /// Hands over the observations that the store holds, of all sources, in the order in which they became knowable. Called at most once, before
    /// <see cref="RunAsync"/>. A feed that uses them delivers none of them again, and notices a value that its source has revised since.
    /// </summary>
    void Recall(IReadOnlyList<Observation> stored)
    {
    }

    /// <summary>Runs until it is cancelled, and then returns. Failures of the outside world show as <see cref="Health"/>.</summary>
    Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation);
}

/// <summary>How an outside source's feed is, at one moment.</summary>
public sealed record SourceHealth
{
    /// <summary>The source.</summary>
    public required string Name { get; init; }

    /// <summary>What it tells.</summary>
    public required IReadOnlyList<Signal> Signals { get; init; }

    /// <summary>In one word; a source has no warm-up.</summary>
    public required FeedState State { get; init; }

    /// <summary>The last observation of each signal and base currency.</summary>
    public required IReadOnlyList<Observation> Latest { get; init; }

    /// <summary>The last answer that made sense.</summary>
    public Instant? LastSuccess { get; init; }

    /// <summary>The last failure; it stays after things are well again.</summary>
    public FeedError? LastError { get; init; }

    /// <summary>When the source is asked next.</summary>
    public Instant? NextTry { get; init; }

    /// <summary>Failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>How those are that stand in for it, in order; they are asked only while it is away.</summary>
    public IReadOnlyList<SourceHealth> StandIns { get; init; } = [];
}
