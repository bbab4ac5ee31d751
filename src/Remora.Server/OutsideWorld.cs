using Microsoft.Extensions.Logging;
using Remora.Feeds;
using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Server.Settings;

namespace Remora.Server;

/// <summary>Everything outside that the settings ask for: the bridge to the exchanges, a feed per market, a feed per source. Disposing it ends the bridge.</summary>
public sealed class OutsideWorld : IAsyncDisposable
{
    private readonly CcxtBridge _bridge;
    private readonly HttpClient _http = new();

    /// <summary>Connects; nothing is asked of anyone before the feeds run.</summary>
    /// <param name="settings">What to connect to.</param>
    /// <param name="clock">The time the feeds go by.</param>
    /// <param name="log">Where the service writes what an operator should know.</param>
    /// <param name="sandbox">The sandbox that stands in for it all; null for the real world.</param>
    public OutsideWorld(ServiceSettings settings, TimeProvider clock, ILoggerFactory log, SandboxNotice? sandbox = null)
    {
        var standIn = sandbox is null ? null : new Uri(sandbox.Url);
        _bridge = CcxtBridge.Start(new() { BaseUrl = standIn }, clock);
        var candles = new MarketFeedOptions { PollDelay = settings.PollDelay };
        Parts = new()
        {
            Markets = [.. settings.TrackedMarkets.Select(market => new ExchangeMarketFeed(market.Id, VenuesOf(market), candles, clock))],
            Sources = settings.Sources ? [.. HttpSources.All.Select(source => new HttpSourceFeed(source, _http, new() { BaseUrl = standIn }, clock))] : [],
            Bridge = () => _bridge.Health,
            Sandbox = sandbox,
            Log = log,
        };
    }

    /// <summary>What the service is connected to.</summary>
    public ServiceParts Parts { get; }

    /// <summary>Ends the bridge.</summary>
    public async ValueTask DisposeAsync()
    {
        await _bridge.DisposeAsync();
        _http.Dispose();
    }

    private IReadOnlyList<Venue> VenuesOf(TrackedMarketSettings market) =>
    [
        new(_bridge.Exchange(market.Id.Exchange), market.Id.Pair),
        .. market.Fallbacks.Select(fallback => new Venue(_bridge.Exchange(fallback.Exchange), fallback.Pair ?? market.Id.Pair)),
    ];
}
