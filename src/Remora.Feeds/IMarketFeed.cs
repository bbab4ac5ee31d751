using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>
/// Delivers one market: its history at the start, then every candle once, as soon as it has closed.
/// </summary>
public interface IMarketFeed
{
    /// <summary>The market.</summary>
    MarketId Market { get; }

    /// <summary>The feed's current health.</summary>
    FeedHealth Health { get; }

    /// <summary>
    /// Accepts, on behalf of the operator, the price level that is refused now
    /// (<see cref="FeedHealth.RefusedLevel"/>). Its candles are used from the next request on.
    /// Returns what was accepted; null if nothing is refused.
    /// </summary>
    RefusedPriceLevel? AcceptPriceLevel() => null;

    /// <summary>
    /// Runs until it is cancelled, and then returns. External failures show in
    /// <see cref="Health"/>.
    /// </summary>
    Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation);
}
