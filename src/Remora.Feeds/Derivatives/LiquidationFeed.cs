using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Derivatives;

/// <summary>
/// Hourly liquidations in US dollars, received from one exchange: the first one that can be
/// connected. The feed does not change it, because sums of two exchanges are not comparable. It
/// changes to the next exchange only if this one refuses, or is unavailable for an hour. An hour
/// that was not received completely has no value.
/// </summary>
public sealed class LiquidationFeed : ISourceFeed
{
    private const double LargestUsd = 1e10;
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(2);

    // The last liquidations of an hour arrive a little after it.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ChangeExchangeAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<string> _bases;
    private readonly IReadOnlyList<ILiquidationSource> _exchanges;
    private readonly TimeProvider _clock;
    private readonly LiquidationTally _tally = new();
    private readonly SourceHealthTracker _health;
    private readonly PollLoop _loop;
    private int _preferred;
    private Instant? _lostSince;
    private Instant _openedAt;

    /// <summary>
    /// Creates a feed for base currencies, from exchanges in order of preference.
    /// </summary>
    /// <param name="bases">The base currencies, each once.</param>
    /// <param name="exchanges">The exchanges, at least one.</param>
    /// <param name="backoff">The delays after a lost connection.</param>
    /// <param name="clock">The clock of the feed.</param>
    /// <param name="seed">The seed of the jitter.</param>
    public LiquidationFeed(
        IReadOnlyList<string> bases,
        IReadOnlyList<ILiquidationSource> exchanges,
        Backoff? backoff = null,
        TimeProvider? clock = null,
        int seed = 0
    )
    {
        if (exchanges.Count == 0)
            throw new ArgumentException("at least one exchange is required", nameof(exchanges));
        (_bases, _exchanges) = (bases, exchanges);
        _clock = clock ?? TimeProvider.System;
        _health = new(Name, [Signal.Liquidations], _clock);
        _loop = new(
            _health,
            interval: TimeSpan.Zero,
            backoff ?? new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)),
            _clock,
            seed
        );
    }

    /// <summary>The default exchanges, in order of preference.</summary>
    public static IReadOnlyList<string> DefaultExchanges { get; } = ["binance", "bybit", "okx"];

    /// <inheritdoc/>
    public string Name => "liquidations";

    /// <inheritdoc/>
    public SourceHealth Health => _health.Read();

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        _loop.RunAsync(token => ListenAsync(_exchanges[_preferred], events, token), cancellation);

    /// <summary>Runs one connection until it ends, which is always a failure.</summary>
    private async Task ListenAsync(
        ILiquidationSource exchange,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        try
        {
            await foreach (var one in exchange.LiquidationsAsync([.. _bases.Select(SymbolOf)], cancellation))
                await ReceiveAsync(exchange, one, events, cancellation);
            throw new ExchangeException(ExchangeErrorKind.Network, "the stream ended");
        }
        catch (ExchangeException e)
        {
            throw Lost(exchange, e);
        }
    }

    private async Task ReceiveAsync(
        ILiquidationSource exchange,
        LiquidationEvent received,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        var now = _clock.Now();
        switch (received.Kind)
        {
            case LiquidationEventKind.Opened:
                _openedAt = now;
                _lostSince = null;
                _tally.Open(now, [.. _bases.Where(name => !received.Missing.Contains(SymbolOf(name)))]);
                _health.Connected();
                break;
            case LiquidationEventKind.Liquidation when BaseOf(received, now) is { } name:
                _tally.Add(name, received.Price * received.Amount, received.At!.Value);
                break;
            case LiquidationEventKind.Liquidation:
                _tally.DiscardHour(now);
                _health.PartFailed(
                    new("bad_response", $"{exchange.Id}: invalid {Describe(received)}; its hour has no value", now)
                );
                break;
        }
        if (received.Kind != LiquidationEventKind.Opened && now - _openedAt >= SteadyAfter)
            _health.ConnectionIsSteady();
        foreach (var (end, sums) in _tally.CompletedUntil(now - Grace))
            await DeliverAsync(exchange, end, sums, events, cancellation);
    }

    private async Task DeliverAsync(
        ILiquidationSource exchange,
        Instant end,
        IReadOnlyList<(string Base, double Usd)> sums,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        foreach (var (name, usd) in sums)
        {
            var observation = new Observation(
                Signal.Liquidations,
                name,
                usd,
                end,
                _clock.Now(),
                TimeToLive,
                exchange.Id
            );
            await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
            _health.Delivered(observation);
        }
        if (sums.Count > 0)
            _health.Succeeded();
    }

    private SourceException Lost(ILiquidationSource exchange, ExchangeException e)
    {
        var now = _clock.Now();
        _lostSince ??= now;
        var hour = _tally.Disconnect() is { } end ? $"; the hour until {end} has no value" : "";
        if (!e.Retryable || now - _lostSince >= ChangeExchangeAfter)
        {
            _preferred = (_preferred + 1) % _exchanges.Count;
            _lostSince = null;
        }
        return SourceException.Of(e, exchange.Id, isRetryable: true, hour);
    }

    /// <summary>Returns the base currency of a valid liquidation; null for others.</summary>
    private string? BaseOf(LiquidationEvent received, Instant now)
    {
        var isValid =
            received is { Price: > 0, Amount: > 0, At: { } at }
            && received.Price * received.Amount <= LargestUsd
            && at <= now + ClockError
            && at >= now - ChangeExchangeAfter;
        return isValid ? _bases.FirstOrDefault(name => SymbolOf(name) == received.Perpetual) : null;
    }

    private static string Describe(LiquidationEvent received) =>
        $"liquidation of {received.Amount} {received.Perpetual ?? "without a symbol"} at {received.Price}, time "
        + $"{received.At?.ToString() ?? "missing"}";

    private static string SymbolOf(string @base) => $"{@base}/USDT:USDT";
}
