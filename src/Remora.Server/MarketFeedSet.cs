using System.Collections;
using System.Runtime.CompilerServices;
using Remora.Feeds;
using Remora.Markets;

namespace Remora.Server;

/// <summary>
/// The feeds of the tracked markets at present. Markets are added and dropped at run time; an
/// enumeration sees the feeds of one moment. Thread-safe.
/// </summary>
[CollectionBuilder(typeof(MarketFeedSet), nameof(Create))]
public sealed class MarketFeedSet : IReadOnlyCollection<IMarketFeed>
{
    private readonly Lock _changing = new();
    private volatile IReadOnlyList<IMarketFeed> _feeds;

    private MarketFeedSet(IReadOnlyList<IMarketFeed> feeds) => _feeds = feeds;

    /// <summary>The number of feeds.</summary>
    public int Count => _feeds.Count;

    /// <summary>Creates the collection: <c>MarketFeedSet feeds = [first, second]</c>.</summary>
    public static MarketFeedSet Create(ReadOnlySpan<IMarketFeed> feeds) => new(feeds.ToArray());

    /// <summary>Returns the feed of a market; null if it is not tracked.</summary>
    public IMarketFeed? Of(MarketId market) => _feeds.FirstOrDefault(feed => feed.Market.Equals(market));

    /// <inheritdoc/>
    public IEnumerator<IMarketFeed> GetEnumerator() => _feeds.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(IMarketFeed feed)
    {
        lock (_changing)
            _feeds = [.. _feeds, feed];
    }

    internal void Remove(IMarketFeed feed)
    {
        lock (_changing)
            _feeds = [.. _feeds.Where(other => other != feed)];
    }
}
