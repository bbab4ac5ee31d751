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
/// Funding rate and open interest through the real process, from the three exchanges of the
/// sandbox.
/// </summary>
public sealed class PerpetualWorld : IAsyncLifetime
{
    internal SandboxServer Sandbox { get; private set; } = null!;

    internal CcxtBridge Bridge { get; private set; } = null!;

    internal ScaledClock Clock { get; } = new(new(2025, 3, 10, 12, 2, 0, TimeSpan.Zero), 600);

    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(
            new()
            {
                Speed = 600,
                Held = new Dictionary<string, double> { ["funding_rate"] = 0.0012 },
            },
            Clock
        );
        Bridge = CcxtBridge.Start(
            new()
            {
                BaseUrl = new(Sandbox.Url),
                RateLimit = false,
                RequestDeadline = TimeSpan.FromSeconds(1),
                CallDeadline = TimeSpan.FromSeconds(5),
                MaxResponseBytes = 1 << 20,
            },
            Clock
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Bridge.DisposeAsync();
        await Sandbox.DisposeAsync();
    }
}

public sealed class PerpetualFeedTests(PerpetualWorld world) : IClassFixture<PerpetualWorld>
{
    [Theory, InlineData("binance"), InlineData("bybit"), InlineData("okx")]
    public async Task Each_exchange_gives_both(string id)
    {
        var exchange = world.Bridge.Exchange(id);
        var funding = await exchange.FundingRateAsync("ETH/USDT:USDT", default);
        Assert.Equal((0.0012, 8.0), (funding.Value, funding.Hours));
        var interest = await exchange.OpenInterestAsync("ETH/USDT:USDT", default);
        Assert.InRange(interest.Value, 1, 1e12);
        Assert.True(interest.At <= world.Clock.Now());
        var refusal = await Assert.ThrowsAsync<ExchangeException>(() =>
            exchange.FundingRateAsync("NOPE/USDT:USDT", default)
        );
        Assert.Equal(ExchangeErrorKind.BadSymbol, refusal.Kind);
    }

    [Fact]
    public async Task The_first_exchange_is_asked_and_the_next_stand_in_while_it_fails()
    {
        world.Sandbox.Faults.Clear();
        await using var rig = new Rig(world);
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Live } && rig.Sources.Contains("binance"),
            "binance",
            30
        );
        Assert.Equal(["binance"], rig.Sources.Distinct());
        Assert.Equal(
            [Signal.FundingRate, Signal.OpenInterest],
            rig.Received.Take(2).Select(observation => observation.Signal)
        );
        Assert.All(rig.Received, observation => Assert.Equal("BTC", observation.Base));

        world.Sandbox.Faults.Add(new(FaultKind.Http5xx) { Exchange = "binance" });
        await Eventually.True(() => rig.Sources.Contains("bybit"), "bybit", 30);
        Assert.Equal(FeedState.Degraded, rig.Feed.Health.State);
        Assert.Equal("unavailable", rig.Feed.Health.LastError!.Kind);
        world.Sandbox.Faults.Add(new(FaultKind.Null200) { Exchange = "bybit" });
        await Eventually.True(() => rig.Sources.Contains("okx"), "okx", 30);
        world.Sandbox.Faults.Add(new(FaultKind.Refused) { Exchange = "okx" });
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, ConsecutiveFailures: >= 3 },
            "unreachable",
            30
        );
        world.Sandbox.Faults.Clear();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 },
            "well again",
            30
        );
        Assert.Equal("binance", rig.Sources[^1]);
        Assert.All(
            rig.Received.Where(observation => observation.Signal == Signal.FundingRate),
            observation => Assert.Equal(0.0012, observation.Value)
        );
    }

    public static TheoryData<FaultKind> AnswerFaults =>
        [.. Enum.GetValues<FaultKind>().Where(kind => kind < FaultKind.Duplicates && kind is not FaultKind.SlowBody)];

    [Theory, MemberData(nameof(AnswerFaults))]
    public async Task No_fault_of_an_answer_becomes_a_value(FaultKind kind)
    {
        world.Sandbox.Faults.Clear();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        foreach (var id in PerpetualFeed.DefaultExchanges)
            await world.Bridge.CallAsync(new("fundingRate", id) { Symbol = "SOL/USDT:USDT" }, stop.Token);
        world.Sandbox.Faults.Add(new(kind) { RetryAfter = TimeSpan.FromSeconds(1) });
        await Task.WhenAll(
            PerpetualFeed.DefaultExchanges.SelectMany(id =>
                new[] { "fundingRate", "openInterest" }.Select(async operation =>
                {
                    var failure = await Assert.ThrowsAsync<ExchangeException>(() =>
                        world.Bridge.CallAsync(new(operation, id) { Symbol = "SOL/USDT:USDT" }, stop.Token)
                    );
                    Assert.NotEqual(ExchangeErrorKind.Internal, failure.Kind);
                })
            )
        );
        world.Sandbox.Faults.Clear();
    }

    [Theory]
    [
        InlineData(0.0001, 8, 0.0001),
        InlineData(0.0001, 4, 0.0002),
        InlineData(0.0001, 1, 0.0008),
        InlineData(-0.003, 8, -0.003)
    ]
    public void A_rate_is_stated_for_eight_hours(double rate, double hours, double expected)
    {
        var now = Some.Midnight;
        Assert.Equal((expected, now), PerpetualReadings.Read(new FundingRate(rate, hours, null), now));
    }

    [Theory]
    [
        InlineData(double.NaN, 8, 0),
        InlineData(0.2, 8, 0),
        InlineData(0.02, 1, 0),
        InlineData(0.0001, 0, 0),
        InlineData(0.0001, double.NaN, 0),
        InlineData(0.0001, 25, 0)
    ]
    [InlineData(0.0001, 8, 120), InlineData(0.0001, 8, -8000)]
    public void A_rate_that_cannot_be_is_refused(double rate, double hours, int secondsAhead)
    {
        var now = Some.Midnight;
        Assert.Throws<ExchangeException>(() =>
            PerpetualReadings.Read(new FundingRate(rate, hours, now + TimeSpan.FromSeconds(secondsAhead)), now)
        );
        Assert.Throws<ExchangeException>(() =>
            PerpetualReadings.Read(
                new OpenInterest(
                    rate > 0.1 ? 0
                        : secondsAhead == 0 ? double.NaN
                        : 5,
                    now + TimeSpan.FromSeconds(secondsAhead)
                ),
                now
            )
        );
    }

    [Fact]
    public void Two_exchanges_are_never_compared_with_each_other()
    {
        var book = new OutsideBook();
        var start = Some.Midnight;
        Observation Value(int hour, double value, string source) =>
            new(
                Signal.OpenInterest,
                "BTC",
                value,
                start + TimeSpan.FromHours(hour),
                start + TimeSpan.FromHours(hour),
                TimeSpan.FromHours(1),
                source
            );
        double Change(int hour) => book.View("BTC").At(Signal.OpenInterest, start + TimeSpan.FromHours(hour));

        for (var hour = 0; hour <= 24; hour++)
            book.Apply(Value(hour, 100 - hour, "binance"));
        Assert.Equal(-0.24, Change(24), 1e-12);
        book.Apply(Value(25, 10, "bybit"));
        Assert.True(double.IsNaN(Change(25)), "bybit has no past");
        book.Apply(Value(26, 80, "binance"));
        Assert.Equal((80 / 98.0) - 1, Change(26), 1e-12);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
        private readonly List<Observation> _received = [];
        private readonly Task _running;

        public Rig(PerpetualWorld world)
        {
            Feed = new("BTC", [.. PerpetualFeed.DefaultExchanges.Select(world.Bridge.Exchange)], null, world.Clock);
            _running = Feed.RunAsync(_events.Writer, _stop.Token);
        }

        public PerpetualFeed Feed { get; }

        public IReadOnlyList<string> Sources => [.. Received.Select(observation => observation.Source)];

        public IReadOnlyList<Observation> Received
        {
            get
            {
                while (_events.Reader.TryRead(out var e))
                    _received.Add(e.Observation!);
                return _received;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }
}
