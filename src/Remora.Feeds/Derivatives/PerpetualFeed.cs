using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

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
    private readonly string _base;
    private readonly IReadOnlyList<IPerpetualSource> _exchanges;
    private readonly PerpetualOptions _options;
    private readonly TimeProvider _clock;
    private readonly SourceHealthTracker _health;
    private readonly PollLoop _loop;

    /// <summary>
    /// Creates a feed for a base currency, from exchanges in order of preference.
    /// </summary>
    public PerpetualFeed(
        string @base,
        IReadOnlyList<IPerpetualSource> exchanges,
        PerpetualOptions? options = null,
        TimeProvider? clock = null
    )
    {
        if (exchanges.Count == 0)
            throw new ArgumentException("at least one exchange is required", nameof(exchanges));
        _base = @base;
        _exchanges = exchanges;
        _options = options ?? new PerpetualOptions();
        _clock = clock ?? TimeProvider.System;
        Name = "perpetual-" + @base;
        _health = new(Name, [Signal.FundingRate, Signal.OpenInterest], _clock);
        _loop = new(_health, _options.Interval, _options.Backoff, _clock, _options.Seed);
    }

    /// <summary>The default exchanges, in order of preference.</summary>
    public static IReadOnlyList<string> DefaultExchanges { get; } = ["binance", "bybit", "okx"];

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public SourceHealth Health => _health.Read();

    private string Symbol => $"{_base}/USDT:USDT";

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        _loop.RunAsync(token => PollAsync(events, token), cancellation);

    /// <summary>
    /// Polls one exchange after the other until one returns both values. Fails with the failure of
    /// the preferred exchange.
    /// </summary>
    private async Task PollAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        SourceException? first = null;
        foreach (var exchange in _exchanges)
        {
            try
            {
                var funding = PerpetualReadings.Read(
                    await exchange.FundingRateAsync(Symbol, cancellation),
                    _clock.Now()
                );
                var interest = PerpetualReadings.Read(
                    await exchange.OpenInterestAsync(Symbol, cancellation),
                    _clock.Now()
                );
                await DeliverAsync(Signal.FundingRate, funding, exchange, events, cancellation);
                await DeliverAsync(Signal.OpenInterest, interest, exchange, events, cancellation);
                _health.Succeeded(failedPart: first?.ToError(Name, _clock.Now()));
                return;
            }
            catch (ExchangeException e)
            {
                first ??= SourceException.Of(e, exchange.Id);
            }
        }
        throw first!;
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
            if (trials[^1].Error is null)
                break;
        }
        return trials;
    }

    private Task<SourceTrial> TryAsync(IPerpetualSource exchange, CancellationToken cancellation) =>
        SourceTrial.RunAsync(
            $"{exchange.Id} for {Symbol}",
            exchange.Id,
            _clock.Now,
            async received =>
            {
                var rate = await exchange.FundingRateAsync(Symbol, cancellation);
                received($"{rate}");
                var interest = await exchange.OpenInterestAsync(Symbol, cancellation);
                received($"\n{interest}");
                var (funding, open) = (
                    PerpetualReadings.Read(rate, _clock.Now()),
                    PerpetualReadings.Read(interest, _clock.Now())
                );
                return
                [
                    new(Signal.FundingRate, _base, funding.Value, funding.HeldAt, IsLive: true),
                    new(Signal.OpenInterest, _base, open.Value, open.HeldAt, IsLive: true),
                ];
            }
        );

    private async Task DeliverAsync(
        Signal signal,
        (double Value, Instant HeldAt) reading,
        IPerpetualSource exchange,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        if (_health.Latest(signal, _base) is { } known && known.HeldAt >= reading.HeldAt)
        {
            var isRevision =
                known.HeldAt == reading.HeldAt && known.Source == exchange.Id && !known.Value.Equals(reading.Value);
            if (!isRevision)
                return;
        }
        var observation = new Observation(
            signal,
            _base,
            reading.Value,
            reading.HeldAt,
            _clock.Now(),
            _options.TimeToLive,
            exchange.Id
        );
        await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
        _health.Delivered(observation);
    }
}
