using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Feeds;
using Remora.Feeds.Calendar;
using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Feeds.News;
using Remora.Markets;
using Remora.Server.Notify;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Store.Tables;
using Remora.Supervision;

namespace Remora.Server;

/// <summary>The parts that the service uses.</summary>
public sealed record ServiceParts
{
    /// <summary>
    /// The feeds of the tracked markets: first one for each of
    /// <see cref="ServiceSettings.TrackedMarkets"/>; others are added and dropped at run time.
    /// </summary>
    public required MarketFeedSet Markets { get; init; }

    /// <summary>
    /// Where the feeds of markets that are added at run time come from; null if none can be added.
    /// </summary>
    public IMarketSource? MoreMarkets { get; init; }

    /// <summary>The feeds of sources.</summary>
    public IReadOnlyList<ISourceFeed> Sources { get; init; } = [];

    /// <summary>The calendar of scheduled events; null for none.</summary>
    public CalendarFeed? Calendar { get; init; }

    /// <summary>
    /// Returns the current news report. Null, or returning null, while there is no report.
    /// </summary>
    public Func<NewsReport?>? News { get; init; }

    /// <summary>Returns the health of the bridge to the exchanges; null without a bridge.</summary>
    public Func<BridgeHealth>? Bridge { get; init; }

    /// <summary>The stored markets, and their store; null without a store.</summary>
    public MarketRecord? Record { get; init; }

    /// <summary>Keeps the states of forecasters; null to begin anew at each start.</summary>
    public ForecastPast? Past { get; init; }

    /// <summary>
    /// Further instruments for <c>/metrics</c>, each registered once on the service's meter:
    /// <c>meter =&gt; meter.CreateObservableGauge("remora.recorder.queue", …)</c>.
    /// </summary>
    public IReadOnlyList<Action<Meter>> Observe { get; init; } = [];

    /// <summary>
    /// Further conditions that someone must handle. Each returns those that exist now, quickly and
    /// without throwing. They are sent to people and stop the heartbeat while they last.
    /// </summary>
    public IReadOnlyList<Func<IEnumerable<ServiceAlarm>>> Alarms { get; init; } = [];

    /// <summary>
    /// Returns the availability of the service; null, or returning null, while it is unknown. With
    /// a store, the service counts it itself.
    /// </summary>
    public Func<Availability?>? Availability { get; init; }

    /// <summary>The settings that a reload changes; null for those of the start.</summary>
    public LiveSettings? Live { get; init; }

    /// <summary>Reloads the settings; null if that is not possible.</summary>
    public SettingsReload? Reload { get; init; }

    /// <summary>Messages to people; null if no receiver is set.</summary>
    internal Notifications? Notifications { get; init; }

    /// <summary>The sandbox that replaces the outside world; null for none.</summary>
    public SandboxNotice? Sandbox { get; init; }

    /// <summary>Restarts the service's background tasks and reports their health.</summary>
    public Supervisor Supervisor { get; init; } = new();

    /// <summary>Receives messages for the operator.</summary>
    public ILoggerFactory Log { get; init; } = NullLoggerFactory.Instance;
}

/// <summary>Where markets come from that are added at run time.</summary>
public interface IMarketSource
{
    /// <summary>Returns whether the market's exchange lists its pair.</summary>
    /// <exception cref="ExchangeException">The exchange does not answer.</exception>
    Task<bool> ListsAsync(MarketId market, CancellationToken cancellation);

    /// <summary>Returns a feed of a market.</summary>
    IMarketFeed FeedOf(TrackedMarketSettings market);
}

/// <summary>What every answer reports in a sandbox.</summary>
/// <param name="Origin">The origin of its prices: <c>simulated</c> or <c>replay</c>.</param>
/// <param name="Url">The address of the sandbox.</param>
/// <param name="Speed">The speed of its clock, as a multiple of real time.</param>
public sealed record SandboxNotice(string Origin, string Url, double Speed)
{
    /// <summary>The header of every response in a sandbox.</summary>
    public const string Header = "X-Remora-Sandbox";
}
