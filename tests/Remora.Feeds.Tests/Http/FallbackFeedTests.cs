using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.OnChain;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests.Http;

/// <summary>
/// CoinPaprika is the fallback while CoinGecko is unavailable, and only then. Every value names its
/// source.
/// </summary>
public sealed class FallbackFeedTests
{
    private const string Gecko = "api.coingecko.com/api/v3/global";
    private const string Paprika = "api.coinpaprika.com/v1/global";

    [Fact]
    public async Task While_the_first_is_well_nobody_else_is_asked()
    {
        await using var rig = await Rig.StartAsync();
        await Eventually.True(() => rig.Asked(Gecko) >= 5, "asked several times");
        Assert.Equal(0, rig.Asked(Paprika));
        Assert.Equal(FeedState.Live, rig.Feed.Health.State);
        Assert.Equal(["coingecko"], rig.Received.Select(o => o.Source).Distinct());
        Assert.Equal("coinpaprika", Assert.Single(rig.Feed.Health.StandIns).Name);
    }

    [Fact]
    public async Task The_next_one_speaks_while_it_is_away_and_is_silent_when_it_is_back()
    {
        await using var rig = await Rig.StartAsync();
        await Eventually.True(() => rig.Received.Count > 0, "the first value");
        rig.Away = Gecko;
        await Eventually.True(() => rig.Received.Any(o => o.Source == "coinpaprika"), "a value of the other");
        await Eventually.True(
            () =>
                rig.Feed.Health is { State: FeedState.Degraded, ConsecutiveFailures: >= 2, LastError.Kind: "network" },
            "health names the outage"
        );
        Assert.Contains("coingecko", rig.Feed.Health.LastError!.Message, StringComparison.Ordinal);
        Assert.Equal(
            (FeedState.Live, "coinpaprika"),
            (rig.Feed.Health.StandIns[0].State, rig.Feed.Health.StandIns[0].Name)
        );
        Assert.Contains(rig.Feed.Health.Latest, o => o.Source == "coinpaprika");

        rig.Away = "";
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 },
            "the first is back"
        );
        var asked = rig.Asked(Paprika);
        var before = rig.Asked(Gecko);
        await Eventually.True(() => rig.Asked(Gecko) >= before + 3, "asked again");
        Assert.InRange(rig.Asked(Paprika), asked, asked + 1); // one request may have been in flight
        Assert.Equal("coingecko", rig.Received[^1].Source);
    }

    [Fact]
    public async Task One_that_answers_but_says_nothing_new_is_stood_in_for()
    {
        await using var rig = await Rig.StartAsync();
        await Eventually.True(() => rig.Received.Count > 0, "the first value");
        rig.Frozen = true;
        await Eventually.True(() => rig.Received.Any(o => o.Source == "coinpaprika"), "a value of the other");
        Assert.Equal(0, rig.Feed.Health.ConsecutiveFailures);
        rig.Frozen = false;
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Live, "the first has something new");
    }

    [Fact]
    public async Task When_all_are_away_health_names_each_and_all_come_back()
    {
        await using var rig = await Rig.StartAsync(away: "global");
        await Eventually.True(
            () =>
                rig.Feed.Health
                    is {
                        State: FeedState.Unreachable,
                        StandIns: [{ State: FeedState.Unreachable, LastError: not null }]
                    },
            "both are named"
        );
        Assert.Empty(rig.Received);
        rig.Away = "";
        await Eventually.True(() => rig.Feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 }, "back");
    }

    /// <summary>
    /// Both sources on a local server, at a speed at which a quarter of an hour takes a twentieth
    /// of a second.
    /// </summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
        private readonly List<Observation> _received = [];
        private readonly HttpClient _http = OutsideHttp.NewClient();
        private readonly ScaledClock _clock = new(SourceRig.Recorded.ToDateTimeOffset(), 18_000);
        private StandInServer _server = null!;
        private Task _running = Task.CompletedTask;
        private Instant _frozenAt;

        public FallbackFeed Feed { get; private set; } = null!;

        /// <summary>Requests whose path contains this text fail; none if it is empty.</summary>
        public string Away { get; set; } = "";

        /// <summary>Whether CoinGecko's response stays unchanged.</summary>
        public bool Frozen
        {
            get;
            set => (field, _frozenAt) = (value, _clock.Now());
        }

        public IReadOnlyList<Observation> Received
        {
            get
            {
                while (_events.Reader.TryRead(out var e))
                    _received.Add(e.Observation!);
                return _received;
            }
        }

        public int Asked(string path) => _server.Arrivals.Count(arrival => arrival.Path == path);

        public static async Task<Rig> StartAsync(string away = "")
        {
            var rig = new Rig { _server = await StandInServer.StartAsync(), Away = away };
            rig._server.Fault = path =>
            {
                if (rig.Away.Length > 0 && path.Contains(rig.Away, StringComparison.Ordinal))
                    return HttpFaults.All["reset"];
                var now = rig._clock.Now().UnixMilliseconds / 1000;
                var gecko = rig.Frozen ? rig._frozenAt.UnixMilliseconds / 1000 : now;
                rig._server.Bodies[Gecko] = SourceRig
                    .Fixture("coingecko-global.json")
                    .Replace("1741618500", $"{gecko}", StringComparison.Ordinal);
                rig._server.Bodies[Paprika] = SourceRig
                    .Fixture("coinpaprika-global.json")
                    .Replace("1741618740", $"{now}", StringComparison.Ordinal);
                return null;
            };
            var options = new HttpSourceOptions
            {
                BaseUrl = rig._server.BaseUrl,
                Deadline = TimeSpan.FromSeconds(5),
                Circuits = new(rig._clock),
            };
            rig.Feed = new(
                [
                    new(CoinGecko.Source, rig._http, options, rig._clock),
                    new(CoinPaprika.Source, rig._http, options, rig._clock),
                ],
                rig._clock
            );
            rig._running = rig.Feed.RunAsync(rig._events.Writer, rig._stop.Token);
            return rig;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _http.Dispose();
            await _server.DisposeAsync();
            _stop.Dispose();
        }
    }
}
