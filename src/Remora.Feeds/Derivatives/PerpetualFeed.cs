using System.Diagnostics;
using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>How perpetuals are polled.</summary>
public sealed record PerpetualOptions
{
    /// <summary>The interval between requests.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a value can be used.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The delays after rounds in which every exchange failed.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(15));

    /// <summary>The seed of the jitter.</summary>
    public int Seed { get; init; }
}

/// <summary>
/// Funding rate and open interest of a currency's perpetual in USDT, in each round from the first
/// exchange that returns both.
/// </summary>
public sealed class PerpetualFeed : ISourceFeed
{
    private const int UnreachableAfterFailures = 3;

    private readonly string _base;
    private readonly IReadOnlyList<IPerpetualSource> _exchanges;
    private readonly PerpetualOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly Dictionary<Signal, Observation> _latest = [];
    private volatile SourceHealth _health;

    /// <summary>
    /// Creates a feed for a base currency, from exchanges in order of preference.
    /// </summary>
    public PerpetualFeed(string @base, IReadOnlyList<IPerpetualSource> exchanges, PerpetualOptions? options = null, TimeProvider? clock = null)
    {
        if (exchanges.Count == 0) throw new ArgumentException("there must be at least one exchange", nameof(exchanges));
        _base = @base;
        _exchanges = exchanges;
        _options = options ?? new PerpetualOptions();
        _clock = clock ?? TimeProvider.System;
        _random = new Random(_options.Seed);
        Name = "perpetual-" + @base;
        _health = new() { Name = Name, Signals = [Signal.FundingRate, Signal.OpenInterest], State = FeedState.Starting, Latest = [] };
    }

    /// <summary>The default exchanges, in order of preference.</summary>
    public static IReadOnlyList<string> DefaultExchanges { get; } = ["binance", "bybit", "okx"];

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public SourceHealth Health
    {
        get
        {
            var health = _health;
            var now = _clock.Now();
            return health.State == FeedState.Live && health.Latest.Any(observation => observation.ExpiresAt <= now) ? health with { State = FeedState.Degraded } : health;
        }
    }

    private string Symbol => $"{_base}/USDT:USDT";

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var next = _clock.Now() + await RoundAsync(events, cancellation);
                _health = _health with { NextTry = next };
                await _clock.UntilAsync(next, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancelled.
        }
    }

    /// <summary>
    /// Polls one exchange after the other until one returns both values. Returns the delay before
    /// the next round.
    /// </summary>
    private async Task<TimeSpan> RoundAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        ExchangeException? first = null;
        foreach (var exchange in _exchanges)
        {
            try
            {
                var funding = PerpetualReadings.Read(await exchange.FundingRateAsync(Symbol, cancellation), _clock.Now());
                var interest = PerpetualReadings.Read(await exchange.OpenInterestAsync(Symbol, cancellation), _clock.Now());
                await DeliverAsync(Signal.FundingRate, funding, exchange, events, cancellation);
                await DeliverAsync(Signal.OpenInterest, interest, exchange, events, cancellation);
                _health = _health with
                {
                    // A fallback is in use.
                    State = first is null ? FeedState.Live : FeedState.Degraded,
                    LastSuccess = _clock.Now(),
                    ConsecutiveFailures = 0,
                    Latest = [.. _latest.Values],
                };
                return _options.Interval * (1 + (_random.NextDouble() / 20));
            }
            catch (ExchangeException e)
            {
                first ??= e;
                _health = _health with { LastError = new(ExchangeException.NameOf(e.Kind), $"{exchange.Id}: {e.Message}", _clock.Now()) };
            }
        }
        var failures = _health.ConsecutiveFailures + 1;
        var lost = _health.LastSuccess is null || failures >= UnreachableAfterFailures;
        _health = _health with { State = lost ? FeedState.Unreachable : FeedState.Degraded, ConsecutiveFailures = failures };
        return _options.Backoff.After(failures, first!.Retryable, first.RetryAfter, _random);
    }

    /// <summary>
    /// Polls one exchange after the other once, until one returns both values. Returns each
    /// response and delivers nothing.
    /// </summary>
    public async Task<IReadOnlyList<SourceTrial>> TryAsync(CancellationToken cancellation)
    {
        List<SourceTrial> trials = [];
        foreach (var exchange in _exchanges)
        {
            trials.Add(await TryAsync(exchange, cancellation));
            if (trials[^1].Error is null) break;
        }
        return trials;
    }

    private async Task<SourceTrial> TryAsync(IPerpetualSource exchange, CancellationToken cancellation)
    {
        var (asked, raw) = ($"{exchange.Id} for {Symbol}", "");
        // Measures real time, independent of the feed's clock.
        var started = Stopwatch.GetTimestamp();
        try
        {
            var rate = await exchange.FundingRateAsync(Symbol, cancellation);
            raw = rate.ToString();
            var interest = await exchange.OpenInterestAsync(Symbol, cancellation);
            raw += $"\n{interest}";
            var (funding, open) = (PerpetualReadings.Read(rate, _clock.Now()), PerpetualReadings.Read(interest, _clock.Now()));
            SourceReading[] readings = [new(Signal.FundingRate, _base, funding.Value, funding.HeldAt, IsLive: true), new(Signal.OpenInterest, _base, open.Value, open.HeldAt, IsLive: true)];
            return new(asked, raw, readings, null, Stopwatch.GetElapsedTime(started));
        }
        catch (ExchangeException e)
        {
            return new(asked, raw, [], new(ExchangeException.NameOf(e.Kind), $"{exchange.Id}: {e.Message}", _clock.Now()), Stopwatch.GetElapsedTime(started));
        }
    }

    private async Task DeliverAsync(Signal signal, (double Value, Instant HeldAt) reading, IPerpetualSource exchange, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        if (_latest.TryGetValue(signal, out var known) && known.HeldAt >= reading.HeldAt)
        {
            var isRevision = known.HeldAt == reading.HeldAt && known.Source == exchange.Id && !known.Value.Equals(reading.Value);
            if (!isRevision) return;
        }
        var observation = new Observation(signal, _base, reading.Value, reading.HeldAt, _clock.Now(), _options.TimeToLive, exchange.Id);
        await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
        _latest[signal] = observation;
    }
}
