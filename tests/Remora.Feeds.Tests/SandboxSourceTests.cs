using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Sandbox.Faults;

namespace Remora.Feeds.Tests;

/// <summary>
/// Every HTTP source on the sandbox that the product ships, without faults and with each fault.
/// </summary>
public sealed class SandboxSourceTests
{
    private static readonly DateTimeOffset Start = new(2025, 3, 10, 12, 2, 0, TimeSpan.Zero);

    public static TheoryData<FaultKind> AnswerFaults =>
        [
            .. Enum.GetValues<FaultKind>()
                .Where(kind => kind < FaultKind.Duplicates && kind is not FaultKind.HugeHeaders),
        ];

    [Fact]
    public async Task All_come_up_and_know_their_changes_where_the_source_has_a_past()
    {
        await using var rig = await Rig.StartAsync(
            new()
            {
                Held = new Dictionary<string, double> { ["fear_greed"] = 15, ["vix"] = 31.5 },
            }
        );
        await Eventually.True(() => rig.Feeds.All(feed => feed.Health.State == FeedState.Live), "live");
        var book = new OutsideBook();
        List<Observation> received = [.. rig.Received];
        foreach (var observation in received.OrderBy(observation => observation.HeldAt))
            book.Apply(observation);
        var view = book.View("BTC");
        var now = rig.Clock.Now();
        Assert.Equal((15.0, 31.5), (view.At(Signal.FearGreed, now), view.At(Signal.Vix, now)));
        Assert.InRange(received.Last(o => o.Source == "yahoo-dollar").Value, 90, 115);
        Assert.InRange(received.Last(o => o.Source == "fred-dollar").Value, 105, 140);
        Assert.InRange(view.RawAt(Signal.ImpliedVolatility, now), 20, 120);
        Assert.InRange(view.RawAt(Signal.TotalMarketCap, now), 1e12, 5e12);
        Assert.InRange(view.RawAt(Signal.EquityFuture, now), 5000, 6200);
        Assert.InRange(view.RawAt(Signal.BtcDominance, now), 40, 70);
        Assert.True(double.IsNaN(view.At(Signal.BtcDominance, now)), "its past begins now");
        Assert.All(
            received,
            observation =>
                Assert.True(
                    observation.KnowableAt >= observation.HeldAt && observation.KnowableAt <= now,
                    $"{observation}"
                )
        );
    }

    [Theory, MemberData(nameof(AnswerFaults))]
    public async Task No_fault_becomes_a_value_and_all_recover_without_a_restart(FaultKind kind)
    {
        await using var rig = await Rig.StartAsync(
            new() { Faults = [new(kind) { RetryAfter = TimeSpan.FromSeconds(1) }] }
        );
        await Eventually.True(
            () =>
                rig.Feeds.All(feed =>
                    feed.Health is { State: FeedState.Unreachable, LastError: not null, NextTry: not null }
                ),
            "all name the outage"
        );
        Assert.Empty(rig.Received);
        rig.Sandbox.Faults.Clear();
        await Eventually.True(
            () => rig.Feeds.All(feed => feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 }),
            "all are well again"
        );
    }

    /// <summary>
    /// Weeks of sandbox time in which one source after the other is unavailable. The others are
    /// unaffected, and each recovers.
    /// </summary>
    [Fact]
    public async Task One_after_the_other_fails_and_only_that_one_shows_it()
    {
        await using var rig = await Rig.StartAsync(new());
        await Eventually.True(() => rig.Feeds.All(feed => feed.Health.State == FeedState.Live), "live");
        foreach (
            var (exchange, names) in new[]
            {
                ("alternative.me", (string[])["alternative.me"]),
                ("yahoo", ["yahoo-vix", "yahoo-dollar", "yahoo-sp500-future"]),
                ("coingecko", ["coingecko"]),
                ("coinpaprika", ["coinpaprika"]),
                ("deribit", ["deribit-dvol-btc", "deribit-dvol-eth"]),
                ("fred", ["fred-dollar"]),
            }
        )
        {
            rig.Sandbox.Faults.Add(new(FaultKind.Refused) { Exchange = exchange });
            await Eventually.True(
                () =>
                    rig
                        .Feeds.Where(feed => names.Contains(feed.Name))
                        .All(feed => feed.Health.ConsecutiveFailures >= 2),
                $"{exchange} is away"
            );
            Assert.All(
                rig.Feeds.Where(feed => !names.Contains(feed.Name)),
                feed => Assert.Equal(0, feed.Health.ConsecutiveFailures)
            );
            rig.Sandbox.Faults.Clear();
            await Eventually.True(
                () => rig.Feeds.All(feed => feed.Health.ConsecutiveFailures == 0),
                $"{exchange} is back"
            );
        }
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
        private readonly List<Observation> _received = [];
        private readonly HttpClient _http = new();
        private Task _running = Task.CompletedTask;

        public SandboxServer Sandbox { get; private set; } = null!;

        public ScaledClock Clock { get; } = new(Start, 3_000);

        public IReadOnlyList<HttpSourceFeed> Feeds { get; private set; } = [];

        public IReadOnlyList<Observation> Received
        {
            get
            {
                while (_events.Reader.TryRead(out var e))
                    _received.Add(e.Observation!);
                return _received;
            }
        }

        public static async Task<Rig> StartAsync(SandboxOptions options)
        {
            var rig = new Rig();
            rig.Sandbox = await SandboxServer.StartAsync(options, rig.Clock, TestContext.Current.CancellationToken);
            HttpSourceOptions asking = new() { BaseUrl = new(rig.Sandbox.Url), Deadline = TimeSpan.FromSeconds(0.5) };
            rig.Feeds = [.. HttpSources.All.Select(source => new HttpSourceFeed(source, rig._http, asking, rig.Clock))];
            rig._running = Task.WhenAll(rig.Feeds.Select(feed => feed.RunAsync(rig._events.Writer, rig._stop.Token)));
            return rig;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _http.Dispose();
            await Sandbox.DisposeAsync();
            _stop.Dispose();
        }
    }
}
