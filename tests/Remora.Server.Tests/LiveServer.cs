using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Feeds.Calendar;
using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Settings;
using Remora.Store.Tables;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// The whole service on a real port, with a clock and feeds that the test controls.
/// </summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private readonly ServiceHost _host;

    private LiveServer(
        ServiceHost host,
        ManualClock clock,
        IReadOnlyList<FakeFeed> feeds,
        FakeSource source,
        Supervisor supervisor
    )
    {
        (_host, Clock, Feeds, Source, Supervisor) = (host, clock, feeds, source, supervisor);
        Http = new() { BaseAddress = new(host.Url.Replace("0.0.0.0", "127.0.0.1")) };
    }

    public HttpClient Http { get; }

    public ManualClock Clock { get; }

    public IReadOnlyList<FakeFeed> Feeds { get; }

    public FakeSource Source { get; }

    public Supervisor Supervisor { get; }

    public ServiceHost Host => _host;

    // The policy whose score is known after the shortest tape.
    public static ServiceSettings Settings { get; } =
        new()
        {
            Port = 0,
            Pairs = [Some.Btc.Pair, Some.Eth.Pair],
            Policy = RiskPolicy.Default.Name,
        };

    /// <summary>Starts the service at <see cref="Some.Time"/>.</summary>
    public static async Task<LiveServer> StartAsync(
        ServiceSettings? settings = null,
        SandboxNotice? sandbox = null,
        IReadOnlyList<Signal>? signals = null,
        Func<TimeProvider, CalendarFeed>? calendar = null,
        ILoggerFactory? log = null,
        Supervisor? supervisor = null,
        IMarketSource? more = null,
        ForecastPast? past = null,
        LiveSettings? live = null,
        SettingsReload? reload = null,
        Func<Availability?>? availability = null,
        params IReadOnlyList<Action<Meter>> observe
    )
    {
        settings ??= Settings;
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
        var feeds = settings.TrackedMarkets.Select(market => new FakeFeed(market.Id)).ToList();
        var source = new FakeSource("test", signals ?? [Signal.FearGreed]);
        var parts = new ServiceParts
        {
            Markets = [.. feeds],
            MoreMarkets = more,
            Sources = [source],
            Sandbox = sandbox,
            Live = live,
            Reload = reload,
            Availability = availability,
            Calendar = calendar?.Invoke(clock),
            Log = log ?? NullLoggerFactory.Instance,
            Observe = observe,
            Supervisor = supervisor ?? new(),
            Past = past,
        };
        return new(await ServiceHost.StartAsync(settings, parts, clock), clock, feeds, source, parts.Supervisor);
    }

    /// <summary>
    /// Sends this many candles of a market, the last of which has just closed, and waits until they
    /// are applied.
    /// </summary>
    public async Task WarmAsync(int feed = 0, int candles = 3000)
    {
        var now = Instant.From(Clock.GetUtcNow()).Floor(Feeds[feed].Market.Timeframe.Length);
        await Feeds[feed]
            .SendAsync(MarketEvent.Recovered(Feeds[feed].Market, Some.History(candles, now, seed: feed + 1)));
        await UntilAsync(() => _host.Board.Latest(Feeds[feed].Market).AsOf == now);
    }

    public async Task ObserveAsync(Observation observation)
    {
        await Source.SendAsync(observation);
        await UntilAsync(() =>
            Feeds.All(feed =>
                feed.Market.Pair.Base != (observation.Base ?? feed.Market.Pair.Base)
                || _host.Board.Latest(feed.Market).Outside[observation.Signal].Latest == observation
            )
        );
    }

    public async Task<JsonElement> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await Http.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{path}: {(int)response.StatusCode} {body}");
        Assert.Equal(
            status == HttpStatusCode.OK ? "application/json" : "application/problem+json",
            response.Content.Headers.ContentType?.MediaType
        );
        return JsonElement.Parse(body);
    }

    public Assessment Assess(
        MarketReadings readings,
        Regimes.Regime regime,
        MarketId market,
        RiskPolicy? policy = null,
        params IReadOnlyList<Observation> observations
    )
    {
        var book = new OutsideBook();
        foreach (var observation in observations)
            book.Apply(observation);
        return new(
            new(market, new(policy ?? RiskPolicy.Default), [Signal.FearGreed]),
            readings,
            new(regime, readings.AsOf, 1),
            book.View(market.Pair.Base),
            Side.Long,
            readings.AsOf!.Value
        );
    }

    public static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 6000; i++)
        {
            if (holds())
                return;
            await Task.Delay(10);
        }
        Assert.Fail("it did not come about within a minute");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
    }
}
