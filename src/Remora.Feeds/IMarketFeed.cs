using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>Delivers one market: its history at the start, then every candle once, as soon as it has closed.</summary>
public interface IMarketFeed
{
    /// <summary>The market.</summary>
    MarketId Market { get; }

    /// <summary>How the feed is at this moment.</summary>
    FeedHealth Health { get; }

    /// <summary>
    /// The operator accepts the price level that is refused now (<see cref="FeedHealth.RefusedLevel"/>): its candles are used from the
    /// next request on. Returns what was accepted; null where nothing is refused.
    /// </summary>
    RefusedPriceLevel? AcceptPriceLevel() => null;

    /// <summary>Runs until it is cancelled, and then returns. Failures of the outside world show as <see cref="Health"/>.</summary>
    Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation);
}
