using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Feeds.Tests.Derivatives;

/// <summary>
/// Liquidations through the real CCXT and a real websocket, on a clock at which an hour takes six
/// seconds.
/// </summary>
[Trait("speed", "slow")]
public sealed class LiquidationFeedTests : IAsyncLifetime
{
    private const double PerHour = 3e6;
    private readonly ScaledClock _clock = new(new(2025, 3, 10, 12, 58, 30, TimeSpan.Zero), 600);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
    private readonly List<Observation> _received = [];
    private SandboxServer _sandbox = null!;
    private CcxtBridge _bridge = null!;

    private IReadOnlyList<Observation> Received
    {
        get
        {
            while (_events.Reader.TryRead(out var e))
                _received.Add(e.Observation!);
            return _received;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(
            new()
            {
                Speed = 600,
                Held = new Dictionary<string, double> { ["liquidations"] = PerHour },
            },
            _clock
        );
        _bridge = CcxtBridge.Start(
            new()
            {
                BaseUrl = new(_sandbox.Url),
                RateLimit = false,
                RequestDeadline = TimeSpan.FromSeconds(2),
                CallDeadline = TimeSpan.FromSeconds(5),
                StreamKeepAlive = TimeSpan.FromSeconds(0.5),
            },
            _clock
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _bridge.DisposeAsync();
        await _sandbox.DisposeAsync();
        _stop.Dispose();
    }

    private LiquidationFeed Feed(params IReadOnlyList<string> bases) =>
        new(bases, [_bridge.Exchange("binance")], new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2)), _clock);

    [Fact]
    public async Task A_whole_hour_has_its_sum_and_a_base_without_a_perpetual_none()
    {
        var feed = Feed("BTC", "ETH", "NOPE");
        var running = feed.RunAsync(_events.Writer, _stop.Token);
        await Eventually.True(() => Received.Count >= 2, "an hour", 60);
        Assert.Equal(["BTC", "ETH"], Received.Take(2).Select(observation => observation.Base));
        foreach (var observation in Received)
        {
            Assert.Equal((Signal.Liquidations, "binance"), (observation.Signal, observation.Source));
            Assert.InRange(observation.Value, PerHour / 3, PerHour * 3);
            Assert.Equal(observation.HeldAt.Floor(TimeSpan.FromHours(1)), observation.HeldAt);
            Assert.True(observation.KnowableAt >= observation.HeldAt, $"{observation}");
        }
        Assert.Equal(FeedState.Live, feed.Health.State);
        await _stop.CancelAsync();
        await running;
    }

    /// <summary>
    /// A connection that breaks, falls silent or sends invalid messages, and one that cannot be
    /// opened.
    /// </summary>
    [Theory]
    [
        InlineData(FaultKind.Truncated, "network"),
        InlineData(FaultKind.StalledBody, "timeout"),
        InlineData(FaultKind.Garbage, "bad_response"),
        InlineData(FaultKind.Null200, "bad_response"),
        InlineData(FaultKind.Http5xx, null)
    ]
    public async Task A_lost_stream_says_so_and_comes_back_by_itself(FaultKind kind, string? error)
    {
        var feed = Feed("BTC");
        var running = feed.RunAsync(_events.Writer, _stop.Token);
        await Eventually.True(() => feed.Health.State == FeedState.Live, "open", 60);
        _sandbox.Faults.Add(new(kind) { Exchange = "binance", Path = "fstream" });
        await Eventually.True(() => feed.Health is { State: not FeedState.Live, LastError: not null }, "lost", 60);
        if (error is not null)
            Assert.Equal(error, feed.Health.LastError!.Kind);
        Assert.Contains("has no value", feed.Health.LastError!.Message, StringComparison.Ordinal);
        _sandbox.Faults.Clear();
        await Eventually.True(() => feed.Health.State == FeedState.Live, "well again", 60);
        Assert.True(_bridge.Health.Running);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Values_that_cannot_be_cost_the_hour_and_not_the_connection()
    {
        var feed = Feed("BTC");
        var running = feed.RunAsync(_events.Writer, _stop.Token);
        _sandbox.Faults.Add(new(FaultKind.BadValues) { Exchange = "binance", Path = "fstream" });
        await Eventually.True(
            () => feed.Health is { State: FeedState.Degraded, LastError.Kind: "bad_response" },
            "refused",
            60
        );
        _sandbox.Faults.Clear();
        await Eventually.True(
            () => feed.Health.State == FeedState.Live && Received.Count > 0,
            "the next whole hour",
            60
        );
        Assert.InRange(Received[0].Value, PerHour / 3, PerHour * 3);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_bridge_that_dies_is_a_lost_stream()
    {
        var feed = Feed("BTC");
        var running = feed.RunAsync(_events.Writer, _stop.Token);
        await Eventually.True(() => feed.Health.State == FeedState.Live, "open", 60);
        System.Diagnostics.Process.GetProcessById(_bridge.Health.ProcessId!.Value).Kill();
        await Eventually.True(() => feed.Health.State != FeedState.Live, "lost", 60);
        await Eventually.True(() => feed.Health.State == FeedState.Live, "well again", 60);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task One_that_refuses_is_left_for_the_next_which_stays()
    {
        var refusing = new Scripted("binance", new ExchangeException(ExchangeErrorKind.Restricted, "not here"));
        var other = new Scripted("bybit", new ExchangeException(ExchangeErrorKind.Network, "lost"));
        var feed = new LiquidationFeed(
            ["BTC"],
            [refusing, other],
            new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)),
            _clock
        );
        var running = feed.RunAsync(_events.Writer, _stop.Token);
        await Eventually.True(() => other.Calls >= 5, "the other again and again", 30);
        Assert.Equal(1, refusing.Calls);
        await Eventually.True(() => refusing.Calls >= 2, "after an hour without it, the first again", 60);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task An_exchange_without_such_a_stream_says_so()
    {
        var refusal = await Assert.ThrowsAsync<ExchangeException>(async () =>
        {
            await foreach (var _ in _bridge.Exchange("kraken").LiquidationsAsync(["BTC/USDT:USDT"], _stop.Token))
                Assert.Fail("nothing can come");
        });
        Assert.Equal(ExchangeErrorKind.NotSupported, refusal.Kind);
    }

    private sealed class Scripted(string id, ExchangeException failure) : ILiquidationSource
    {
        private int _calls;

        public string Id => id;

        public int Calls => Volatile.Read(ref _calls);

        public async IAsyncEnumerable<LiquidationEvent> LiquidationsAsync(
            IReadOnlyList<string> perpetuals,
            [EnumeratorCancellation] CancellationToken cancellation
        )
        {
            Interlocked.Increment(ref _calls);
            await Task.Yield();
            if (id.Length > 0)
                throw failure;
            yield break;
        }
    }
}
