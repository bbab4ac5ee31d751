using System.Threading.Channels;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

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
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<string> _bases;
    private readonly IReadOnlyList<ILiquidationSource> _exchanges;
    private readonly Backoff _backoff;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly LiquidationTally _tally = new();
    private readonly Dictionary<string, Observation> _latest = [];
    private volatile SourceHealth _health;
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
    public LiquidationFeed(IReadOnlyList<string> bases, IReadOnlyList<ILiquidationSource> exchanges, Backoff? backoff = null, TimeProvider? clock = null, int seed = 0)
    {
        if (exchanges.Count == 0) throw new ArgumentException("there must be at least one exchange", nameof(exchanges));
        (_bases, _exchanges) = (bases, exchanges);
        _backoff = backoff ?? new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5));
        _clock = clock ?? TimeProvider.System;
        _random = new Random(seed);
        _health = new() { Name = Name, Signals = [Signal.Liquidations], State = FeedState.Starting, Latest = [] };
    }

    /// <summary>The default exchanges, in order of preference.</summary>
    public static IReadOnlyList<string> DefaultExchanges { get; } = ["binance", "bybit", "okx"];

    /// <inheritdoc/>
    public string Name => "liquidations";

    /// <inheritdoc/>
    public SourceHealth Health
    {
        get
        {
            var health = _health;
            var isStale = health.State == FeedState.Live && health.Latest.Any(observation => observation.ExpiresAt <= _clock.Now());
            return isStale ? health with { State = FeedState.Degraded } : health;
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var next = _clock.Now() + await ListenAsync(_exchanges[_preferred], events, cancellation);
                _health = _health with { NextTry = next };
                await _clock.UntilAsync(next, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancelled.
        }
    }

    /// <summary>Runs one connection until it ends. Returns the delay before the next one.</summary>
    private async Task<TimeSpan> ListenAsync(ILiquidationSource exchange, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            await foreach (var news in exchange.LiquidationsAsync([.. _bases.Select(SymbolOf)], cancellation)) await TakeAsync(exchange, news, events, cancellation);
            return Lost(exchange, new(ExchangeErrorKind.Network, "the stream ended"));
        }
        catch (ExchangeException e)
        {
            return Lost(exchange, e);
        }
    }

    private async Task TakeAsync(ILiquidationSource exchange, LiquidationNews news, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var now = _clock.Now();
        switch (news.Kind)
        {
            case LiquidationNewsKind.Opened:
                _openedAt = now;
                _lostSince = null;
                _tally.Open(now, [.. _bases.Where(name => !news.Missing.Contains(SymbolOf(name)))]);
                _health = _health with { State = FeedState.Live, NextTry = null };
                break;
            case LiquidationNewsKind.Liquidation when BaseOf(news, now) is { } name:
                _tally.Add(name, news.Price * news.Amount, news.At!.Value);
                break;
            case LiquidationNewsKind.Liquidation:
                _tally.Spoil(now);
                _health = _health with { State = FeedState.Degraded, LastError = new("bad_response", $"{exchange.Id}: {Shown(news)} cannot be; the hour it came in has no value", now) };
                break;
        }
        if (news.Kind != LiquidationNewsKind.Opened && now - _openedAt >= Steady) _health = _health with { ConsecutiveFailures = 0 };
        foreach (var (end, sums) in _tally.HeardUntil(now - Grace)) await DeliverAsync(exchange, end, sums, events, cancellation);
    }

    private async Task DeliverAsync(ILiquidationSource exchange, Instant end, IReadOnlyList<(string Base, double Usd)> sums, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        foreach (var (name, usd) in sums)
        {
            var observation = new Observation(Signal.Liquidations, name, usd, end, _clock.Now(), TimeToLive, exchange.Id);
            await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
            _latest[name] = observation;
        }
        if (sums.Count > 0) _health = _health with { State = FeedState.Live, LastSuccess = _clock.Now(), Latest = [.. _latest.Values] };
    }

    private TimeSpan Lost(ILiquidationSource exchange, ExchangeException e)
    {
        var now = _clock.Now();
        _lostSince ??= now;
        var hour = _tally.Lose() is { } end ? $"; the hour until {end} has no value" : "";
        var failures = _health.ConsecutiveFailures + 1;
        _health = _health with
        {
            State = _health.LastSuccess is null || failures >= 3 ? FeedState.Unreachable : FeedState.Degraded,
            ConsecutiveFailures = failures,
            LastError = new(ExchangeException.NameOf(e.Kind), $"{exchange.Id}: {e.Message}{hour}", now),
        };
        if (!e.Retryable || now - _lostSince >= Patience)
        {
            _preferred = (_preferred + 1) % _exchanges.Count;
            _lostSince = null;
        }
        return _backoff.After(failures, retryable: true, e.RetryAfter, _random);
    }

    /// <summary>Returns the base currency of a valid liquidation; null for others.</summary>
    private string? BaseOf(LiquidationNews news, Instant now)
    {
        var canBe = news is { Price: > 0, Amount: > 0, At: { } at } && news.Price * news.Amount <= LargestUsd && at <= now + ClockError && at >= now - Patience;
        return canBe ? _bases.FirstOrDefault(name => SymbolOf(name) == news.Perpetual) : null;
    }

    private static string Shown(LiquidationNews news) => $"a liquidation of {news.Amount} {news.Perpetual ?? "of nothing"} at {news.Price}, dated {news.At?.ToString() ?? "never"}";

    private static string SymbolOf(string @base) => $"{@base}/USDT:USDT";
}
