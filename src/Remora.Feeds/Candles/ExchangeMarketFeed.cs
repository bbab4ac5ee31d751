using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Candles;

/// <summary>An exchange that offers a market's candles.</summary>
/// <param name="Source">The exchange.</param>
/// <param name="Pair">The pair as this exchange trades it. BTC/USD can replace BTC/USDT.</param>
public sealed record CandleExchange(ICandleSource Source, Pair Pair);

/// <summary>
/// Delivers a market's candles from its own exchange, and from the next exchange in the list while
/// that one is unavailable. A change of exchange starts a new history under the same market. The
/// feed returns to the market's own exchange as soon as that one has fresh candles again.
/// </summary>
public sealed class ExchangeMarketFeed : IMarketFeed
{
    private readonly IReadOnlyList<CandleExchange> _exchanges;
    private readonly MarketFeedOptions _options;
    private readonly TimeProvider _clock;
    private readonly FeedHealthTracker _health;
    private readonly Random _random;
    private readonly RecentCandles[] _recent; // one for each exchange
    private readonly LevelGate _gate = new();
    private readonly LevelCheck _level;

    /// <summary>Creates a feed of <paramref name="market"/>.</summary>
    /// <param name="market">The market. It keeps the name of its own exchange while a fallback
    /// delivers.</param>
    /// <param name="exchanges">The market's own exchange, then its fallbacks, in order of
    /// preference.</param>
    /// <param name="options">How candles are fetched.</param>
    /// <param name="clock">The clock that candles close by.</param>
    public ExchangeMarketFeed(
        MarketId market,
        IReadOnlyList<CandleExchange> exchanges,
        MarketFeedOptions? options = null,
        TimeProvider? clock = null
    )
    {
        if (exchanges.Count == 0)
            throw new ArgumentException($"{market} needs at least one exchange", nameof(exchanges));
        Market = market;
        _exchanges = exchanges;
        _options = options ?? new MarketFeedOptions();
        _clock = clock ?? TimeProvider.System;
        _health = new(market, exchanges[0].Source.Id, _options, _clock);
        _recent = [.. exchanges.Select(_ => new RecentCandles())];
        _level = new(market, _gate, new(market, exchanges, _options, _clock), _clock);
        _random = new Random(_options.Seed ^ (int)PollSchedule.SeedOf(market));
    }

    /// <inheritdoc/>
    public MarketId Market { get; }

    /// <inheritdoc/>
    public FeedHealth Health
    {
        get
        {
            var health = _health.Read();
            var refused = _gate.Refused;
            return health with
            {
                State = refused?.Exchange == health.Exchange ? FeedState.Unreachable : health.State,
                RefusedLevel = refused,
                AcceptedLevel = _gate.Accepted,
            };
        }
    }

    /// <inheritdoc/>
    public RefusedPriceLevel? AcceptPriceLevel() => _gate.Permit();

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var inUse = 0;
        var isFirst = true;
        while (!cancellation.IsCancellationRequested)
        {
            _health.UsesExchange(_exchanges[inUse].Source.Id);
            inUse = await RunOnAsync(inUse, isFirst, events, cancellation);
            isFirst = false;
        }
    }

    /// <summary>Runs on one exchange. Returns the index of the exchange to continue with.</summary>
    private async Task<int> RunOnAsync(
        int inUse,
        bool isFirst,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var session = new CandleSession(
            Market,
            _exchanges[inUse],
            _recent[inUse],
            _level,
            _options,
            _health,
            _clock,
            _random
        )
        {
            IsFirst = isFirst,
            HasFallback = _exchanges.Count > 1,
        };
        var running = session.RunAsync(events, leave.Token);
        var returning =
            inUse == 0 ? Task.Delay(Timeout.Infinite, leave.Token) : OwnExchangeAnswersAsync(inUse, leave.Token);
        var first = await Task.WhenAny(running, returning);
        await leave.CancelAsync();
        await running.UntilCancelledAsync(leave.Token);
        await returning.UntilCancelledAsync(leave.Token);
        return first == returning ? 0 : (inUse + 1) % _exchanges.Count;
    }

    /// <summary>
    /// Completes when the market's own exchange returns a fresh candle at the market's price level.
    /// </summary>
    private async Task OwnExchangeAnswersAsync(int inUse, CancellationToken cancellation)
    {
        var own = _exchanges[0];
        var timeframe = Market.Timeframe;
        var wanted = _options.StaleAfterCandles + 1;
        while (true)
        {
            var permission = _gate.Permission;
            await Task.WhenAny(Task.Delay(_options.ReturnInterval, _clock, cancellation), permission);
            cancellation.ThrowIfCancellationRequested();
            var since = _clock.Now().Floor(timeframe.Length) - (timeframe.Length * wanted);
            try
            {
                var page = await own.Source.CandlesAsync(
                    new(own.Pair, timeframe, since, wanted + 1, Urgency.Fresh),
                    cancellation
                );
                var now = _clock.Now();
                var fresh = page.Where(candle =>
                        candle.OpenTime >= since && candle.Check(timeframe, now) == CandleFault.None
                    )
                    .ToList();
                if (fresh.Count > 0 && IsAtKnownLevel(inUse, fresh.MaxBy(candle => candle.OpenTime.UnixMilliseconds)))
                    return;
            }
            catch (ExchangeException)
            {
                // Still unavailable.
            }
        }
    }

    // The known level is that of the own exchange's last candles or of the fallback's. A fallback
    // may trade in another currency.
    private bool IsAtKnownLevel(int inUse, Candle newest)
    {
        Candle?[] known = [_recent[0].Last, _recent[inUse].Last];
        if (Array.TrueForAll(known, candle => candle is null))
            return true;
        if (Array.Exists(known, candle => candle is { } at && !PriceLevel.Differs(at.Close, newest.Close)))
            return true;
        if (_gate.IsPermitted(_exchanges[0].Source.Id, newest.Close))
            return true;
        _level.Refuse(_exchanges[0].Source, (known[0] ?? known[1])!.Value, newest, newest);
        return false;
    }
}
