using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

/// <summary>
/// A feed of one market on a local server that replaces the exchanges, through the real process, at
/// a speed at which five minutes take a tenth of a second.
/// </summary>
internal sealed class FeedRig : IAsyncDisposable
{
    private const double Speed = 3000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5); // above the pauses of a busy machine

    private readonly JumpingClock _real = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
    private readonly Lock _lock = new();
    private readonly List<MarketEvent> _received = [];
    private Task _running = Task.CompletedTask;

    private FeedRig(DateTimeOffset start)
    {
        Clock = new(start, Speed, _real);
    }

    public ScaledClock Clock { get; }

    public StandInServer Server { get; private set; } = null!;

    public CcxtBridge Bridge { get; private set; } = null!;

    public ExchangeMarketFeed Feed { get; private set; } = null!;

    public MarketId Market => Feed.Market;

    public IReadOnlyList<MarketEvent> Received
    {
        get
        {
            lock (_lock)
                return [.. _received];
        }
    }

    public IReadOnlyList<MarketHistory> Histories =>
        [.. Received.Where(e => e.History is not null).Select(e => e.History!)];

    /// <summary>
    /// Whether the history that the feed reports as complete has come through the channel.
    /// </summary>
    public bool HasWholeHistory =>
        Histories.Any(history => history.Base.Count > 0 && history.Base[0].OpenTime == Feed.Health.HistoryFrom);

    public IReadOnlyList<Candle> Closed =>
        [.. Received.Where(e => e.History is null && e.SeenAt is null).Select(e => e.Candle)];

    public IReadOnlyList<MarketEvent> Unfinished => [.. Received.Where(e => e.SeenAt is not null)];

    public static Task<FeedRig> CreateAsync(Action<StandInMarkets>? markets = null, params string[] exchanges) =>
        CreateAsync(Timeframe.FiveMinutes, markets, exchanges);

    public static Task<FeedRig> CreateAsync(
        Timeframe timeframe,
        Action<StandInMarkets>? markets = null,
        params string[] exchanges
    ) => CreateAsync(timeframe, Options, markets, exchanges);

    public static Task<FeedRig> CreateAsync(
        Timeframe timeframe,
        MarketFeedOptions options,
        Action<StandInMarkets>? markets,
        params string[] exchanges
    ) => CreateAsync(timeframe, options, Deadline, markets, exchanges);

    public static async Task<FeedRig> CreateAsync(
        Timeframe timeframe,
        MarketFeedOptions options,
        TimeSpan deadline,
        Action<StandInMarkets>? markets,
        params string[] exchanges
    )
    {
        var rig = new FeedRig(new(2024, 3, 10, 12, 2, 0, TimeSpan.Zero));
        rig.Server = await StandInServer.StartAsync(rig.Clock);
        markets?.Invoke(rig.Server.Markets);
        rig.Bridge = CcxtBridge.Start(
            new()
            {
                BaseUrl = rig.Server.BaseUrl,
                RateLimit = false,
                RequestDeadline = deadline,
            },
            rig.Clock
        );
        var venues = exchanges
            .Select(id => new CandleExchange(rig.Bridge.Exchange(id), Pair.Parse(WireFormats.Pairs[id])))
            .ToArray();
        rig.Feed = new(new(exchanges[0], venues[0].Pair, timeframe), venues, options, rig.Clock);
        return rig;
    }

    public static MarketFeedOptions Options => new() { Seed = 7 };

    public FeedRig Start()
    {
        _running = Task.WhenAll(Feed.RunAsync(_events.Writer, _stop.Token), CollectAsync());
        return this;
    }

    public void Sleep(TimeSpan span) => _real.Jump(span / Speed);

    public Task LiveAsync(int closed = 1)
    {
        var before = Closed.Count;
        return Eventually.True(
            () => Feed.Health.WarmUpRatio >= 1 && HasWholeHistory && Closed.Count >= before + closed,
            $"live; {Feed.Health}"
        );
    }

    /// <summary>
    /// Asserts that everything received is true, in order, each candle once, and of the market.
    /// </summary>
    public void AssertTrue()
    {
        var next = Instant.MinValue;
        foreach (var e in Received)
        {
            Assert.Equal(Market, e.Market);
            if (e.SeenAt is not null)
                continue;
            if (e.History is { } history)
            {
                AssertTrue(history.Daily, Timeframe.OneDay);
                AssertTrue(history.Hourly, Timeframe.OneHour);
                AssertTrue(history.Base, Market.Timeframe);
                if (history.Base.Count > 0)
                    next = history.Base[^1].OpenTime + Market.Timeframe.Length;
            }
            else
            {
                Assert.True(e.Candle.OpenTime >= next, $"{e.Candle.OpenTime} after {next}");
                Assert.Equal(StandInMarkets.Truth(Market.Timeframe, e.Candle.OpenTime), e.Candle);
                next = e.Candle.OpenTime + Market.Timeframe.Length;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Bridge.DisposeAsync();
        await Server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task CollectAsync()
    {
        try
        {
            await foreach (var e in _events.Reader.ReadAllAsync(_stop.Token))
                lock (_lock)
                    _received.Add(e);
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private static void AssertTrue(IReadOnlyList<Candle> candles, Timeframe timeframe)
    {
        for (var i = 0; i < candles.Count; i++)
        {
            Assert.Equal(StandInMarkets.Truth(timeframe, candles[i].OpenTime), candles[i]);
            if (i > 0)
                Assert.True(candles[i].OpenTime > candles[i - 1].OpenTime, "ascending, each once");
        }
    }
}
