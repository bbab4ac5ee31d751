using Microsoft.Extensions.Logging;
using Remora.Csv;
using Remora.Feeds;
using Remora.Feeds.Calendar;
using Remora.Feeds.Candles;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.News;
using Remora.Markets;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Supervision;

namespace Remora.Server;

/// <summary>
/// The service's connections to the outside: the exchanges through the bridge, and the sources; or
/// a sandbox that replaces all of them.
/// </summary>
public sealed class OutsideWorld : IMarketSource, IAsyncDisposable
{
    private readonly CcxtBridge _bridge;
    private readonly HttpClient _http;
    private readonly MarketFeedOptions _polls;
    private readonly TimeProvider _clock;

    private OutsideWorld(
        CcxtBridge bridge,
        Uri? standIn,
        ServiceSettings settings,
        TimeProvider clock,
        SandboxNotice? sandbox,
        MarketRecord? record,
        ILoggerFactory log,
        Supervisor supervisor,
        string? states
    )
    {
        _bridge = bridge;
        _http = OutsideHttp.NewClient();
        var news = settings.Sources
            ? new NewsFeed(BasesOf(settings), _http, settings.Keys, NewsOptions(settings, standIn), clock)
            : null;
        _clock = clock;
        var dates = new ForecastDates(ShippedCalendar.Dates);
        var lines = log.CreateLogger<ForecastPast>();
        var past = new ForecastPast(settings.Coefficients, () => dates.Current)
        {
            Folder = states,
            Length = settings.ForecastHistory,
            Recall = record is null ? null : record.RecallAsync,
            Notice = line => lines.LogWarning("{Line}", line),
        };
        _polls = new MarketFeedOptions
        {
            PollDelay = settings.PollDelay,
            // Real time: a fast sandbox is not asked more often.
            UnfinishedInterval = settings.UnfinishedInterval * (sandbox?.Speed ?? 1),
            Recall = record is null ? null : record.RecallAsync,
            Past = past,
            OtherFeeds = OthersOf,
        };
        Parts = new()
        {
            Markets = [.. settings.TrackedMarkets.Select(FeedOf)],
            MoreMarkets = this,
            Sources = news is null
                ? []
                :
                [
                    .. OverHttp(settings, standIn, clock),
                    .. Perpetuals(settings, clock),
                    .. Liquidations(settings, standIn, clock),
                    news,
                    .. Releases(settings, standIn, dates, clock),
                ],
            Calendar = new(settings.CalendarFile, settings.CalendarBefore, settings.CalendarAfter, clock, dates: dates),
            News = () => news?.Report,
            Bridge = () => _bridge.Health,
            Record = record,
            Past = past,
            Sandbox = sandbox,
            Supervisor = supervisor,
            Log = log,
        };
    }

    /// <summary>The parts that the service uses.</summary>
    public ServiceParts Parts { get; }

    /// <summary>
    /// Connects to the outside. The health of a feed shows whether its host can be reached.
    /// </summary>
    /// <param name="settings">The validated settings.</param>
    /// <param name="clock">The clock of candles.</param>
    /// <param name="sandbox">The sandbox; null for the real world.</param>
    /// <param name="record">The stored markets, for their warm-up; null without a store.</param>
    /// <param name="log">Receives messages for the operator.</param>
    /// <param name="supervisor">Restarts background tasks; null creates one.</param>
    /// <param name="states">The folder of saved states; null to keep none.</param>
    public static OutsideWorld Connect(
        ServiceSettings settings,
        TimeProvider clock,
        SandboxNotice? sandbox,
        MarketRecord? record,
        ILoggerFactory log,
        Supervisor? supervisor = null,
        string? states = null
    )
    {
        supervisor ??= new();
        var standIn = sandbox is null ? null : new Uri(sandbox.Url);
        var bridge = CcxtBridge.Start(
            new() { BaseUrl = standIn, RateLimit = standIn is null || settings.SandboxRateLimit },
            clock,
            supervisor
        );
        return new(bridge, standIn, settings, clock, sandbox, record, log, supervisor, states);
    }

    /// <inheritdoc/>
    public Task<bool> ListsAsync(MarketId market, CancellationToken cancellation) =>
        _bridge.Exchange(market.Exchange).ListsAsync(market.Pair, cancellation);

    /// <inheritdoc/>
    public IMarketFeed FeedOf(TrackedMarketSettings market) =>
        new ExchangeMarketFeed(market.Id, [.. ExchangesOf(market)], _polls, _clock);

    /// <summary>Disconnects. Call it after the service has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _bridge.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>
    /// Returns the feeds of other markets with the same pair: on other exchanges, or at other
    /// timeframes.
    /// </summary>
    private IEnumerable<FeedHealth> OthersOf(MarketId market) =>
        Parts
            .Markets.Where(feed => feed.Market.Pair == market.Pair && !feed.Market.Equals(market))
            .Select(feed => feed.Health);

    private IEnumerable<ISourceFeed> OverHttp(ServiceSettings settings, Uri? standIn, TimeProvider clock)
    {
        var circuits = new HostCircuits(clock);
        var seed = 0;
        foreach (var chain in HttpSources.Chains(settings.DollarSource, settings.Keys))
        {
            List<HttpSourceFeed> feeds =
            [
                .. chain.Select(source => new HttpSourceFeed(
                    source,
                    _http,
                    new()
                    {
                        BaseUrl = standIn,
                        Interval = settings.IntervalOf(source.Name),
                        Seed = seed++,
                        Circuits = circuits,
                    },
                    clock
                )),
            ];
            yield return feeds.Count == 1 ? feeds[0] : new FallbackFeed(feeds, clock);
        }
    }

    private IEnumerable<ISourceFeed> Perpetuals(ServiceSettings settings, TimeProvider clock) =>
        BasesOf(settings)
            .Select(
                (name, i) =>
                    new PerpetualFeed(
                        name,
                        [.. PerpetualFeed.DefaultExchanges.Select(_bridge.Exchange)],
                        WithInterval(settings, new() { Seed = i }),
                        clock
                    )
            );

    private IEnumerable<ISourceFeed> Liquidations(ServiceSettings settings, Uri? standIn, TimeProvider clock) =>
        settings.Keys.Coinglass is { } key
            ? BasesOf(settings)
                .Select(
                    (name, i) =>
                        new HttpSourceFeed(
                            Coinglass.Source(name, key),
                            _http,
                            new()
                            {
                                BaseUrl = standIn,
                                Interval = settings.IntervalOf(SourceInterval.Liquidations),
                                Seed = i,
                            },
                            clock
                        )
                )
            :
            [
                new LiquidationFeed(
                    BasesOf(settings),
                    [.. LiquidationFeed.DefaultExchanges.Select(_bridge.Exchange)],
                    clock: clock
                ),
            ];

    /// <summary>
    /// Returns the feed of release dates. The agency wants a contact; a sandbox has no
    /// releases.
    /// </summary>
    private IEnumerable<ISourceFeed> Releases(
        ServiceSettings settings,
        Uri? standIn,
        ForecastDates dates,
        TimeProvider clock
    ) =>
        standIn is null && settings.ContactEmail is { } contact
            ? [new BlsFeed(BlsOptionsOf(settings, contact), dates, _http, clock)]
            : [];

    private static HttpSourceOptions NewsOptions(ServiceSettings settings, Uri? standIn) =>
        NewsFeed.Options(standIn) with
        {
            Interval = settings.IntervalOf(SourceInterval.News),
        };

    private static PerpetualOptions WithInterval(ServiceSettings settings, PerpetualOptions usual) =>
        settings.IntervalOf(SourceInterval.Perpetuals) is { } interval ? usual with { Interval = interval } : usual;

    private static BlsOptions BlsOptionsOf(ServiceSettings settings, string contact)
    {
        var usual = new BlsOptions(settings.BlsCalendarUrl, contact, settings.BlsCalendarFile);
        return settings.IntervalOf(SourceInterval.Releases) is { } interval
            ? usual with
            {
                Interval = interval,
            }
            : usual;
    }

    private static IReadOnlyList<string> BasesOf(ServiceSettings settings) =>
        [.. settings.TrackedMarkets.Select(market => market.Id.Pair.Base).Distinct()];

    private IEnumerable<CandleExchange> ExchangesOf(TrackedMarketSettings market)
    {
        yield return new(_bridge.Exchange(market.Id.Exchange), market.Id.Pair);
        foreach (var venue in market.Fallbacks)
            yield return new(_bridge.Exchange(venue.Exchange), venue.Pair ?? market.Id.Pair);
    }
}
