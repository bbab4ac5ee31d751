using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.News;
using Remora.Feeds.Tests.Http;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests.News;

/// <summary>
/// Several newspapers through real sockets, on a clock at which ten minutes take a thirtieth of a
/// second.
/// </summary>
public sealed class NewsFeedTests
{
    private static readonly string[] Paths =
    [
        "www.coindesk.com/arc/outboundfeeds/rss/",
        "cointelegraph.com/rss",
        "decrypt.co/feed",
        "www.theblock.co/rss.xml",
        "bitcoinmagazine.com/feed",
    ];

    private static string Page(string paper, params string[] titles)
    {
        var items = titles.Select(
            (title, i) =>
                $"<item><title>{title} {paper}</title><pubDate>Mon, 10 Mar 2025 1{i}:00:00 GMT</pubDate></item>"
        );
        return $"<rss version=\"2.0\"><channel>{string.Concat(items)}</channel></rss>";
    }

    [Fact]
    public async Task Each_round_gives_a_value_for_the_market_and_each_currency_known_when_it_was_fetched()
    {
        await using var rig = await Rig.StartAsync();
        await Eventually.True(() => rig.Received.Count >= 4, "two rounds");
        Assert.Equal([null, "BTC"], rig.Received.Take(2).Select(observation => observation.Base));
        Assert.All(
            rig.Received,
            observation =>
            {
                Assert.Equal(Signal.NewsSentiment, observation.Signal);
                Assert.InRange(observation.Value, -1, -0.3);
                Assert.Equal(observation.HeldAt, observation.KnowableAt);
                Assert.True(
                    observation.HeldAt >= SourceRig.Recorded,
                    "the headlines are older, but were not here before"
                );
            }
        );
        Assert.Equal(FeedState.Live, rig.Feed.Health.State);
        Assert.Equal(rig.Feed.Report!.Verdicts[0].Sentiment, rig.Feed.Health.Latest[0].Value);
        Assert.Equal(15, rig.Feed.Report.Headlines.Count);
    }

    [Fact]
    public async Task One_that_fails_does_not_silence_the_rest_and_is_named()
    {
        await using var rig = await Rig.StartAsync();
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Live, "live");
        rig.Server.Fault = path => path == Paths[2] ? HttpFaults.All["html 502"] : null;
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Degraded, LastError.Kind: "unavailable" },
            "degraded"
        );
        Assert.StartsWith("decrypt: ", rig.Feed.Health.LastError!.Message, StringComparison.Ordinal);
        var received = rig.Received.Count;
        await Eventually.True(() => rig.Received.Count > received, "still heard");
        rig.Server.Heal();
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Live, "well again");
    }

    /// <summary>
    /// Without the fault that requests a pause until a date, because the headlines would be too old
    /// by then.
    /// </summary>
    public static TheoryData<string> Faults => [.. HttpFaults.All.Keys.Where(fault => fault != "429 date")];

    [Theory, MemberData(nameof(Faults))]
    public async Task A_fault_of_all_gives_no_value_and_passes(string fault)
    {
        await using var rig = await Rig.StartAsync(server => server.FailAll(fault));
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Unreachable, LastError: not null, NextTry: not null },
            "unreachable"
        );
        Assert.Empty(rig.Received);
        Assert.Null(rig.Feed.Report);
        rig.Server.Heal();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 } && rig.Received.Count > 0,
            "well again"
        );
    }

    [Fact]
    public async Task Fifty_megabytes_are_not_read_to_their_end()
    {
        await using var rig = await Rig.StartAsync(server =>
            server.Fault = _ =>
                async context =>
                {
                    var spaces = new byte[1 << 20];
                    Array.Fill(spaces, (byte)' ');
                    for (var i = 0; i < 50 && !context.RequestAborted.IsCancellationRequested; i++)
                        await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
                }
        );
        await Eventually.True(
            () =>
                rig.Feed.Health is { State: FeedState.Unreachable, LastError: { Kind: "bad_response" } error }
                && error.Message.Contains("larger than 1048576 bytes"),
            "refused for its size",
            30
        );
        Assert.Empty(rig.Received);
    }

    [Fact]
    public async Task A_moved_feed_is_followed_a_few_times()
    {
        await using var rig = await Rig.StartAsync(server =>
        {
            server.Bodies["moved.example/feed"] = server.Bodies[Paths[1]];
            server.Fault = path =>
                path == Paths[1]
                    ? context =>
                    {
                        context.Response.StatusCode = 301;
                        context.Response.Headers.Location = "https://moved.example/feed";
                        return Task.CompletedTask;
                    }
                    : null;
        });
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Live, "live");
        Assert.Contains(rig.Server.Arrivals, arrival => arrival.Path == "moved.example/feed");
        Assert.Equal(15, rig.Feed.Report!.Headlines.Count);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
        private readonly List<Observation> _received = [];
        private readonly HttpClient _http = OutsideHttp.NewClient();
        private Task _running = Task.CompletedTask;

        public StandInServer Server { get; private set; } = null!;

        public NewsFeed Feed { get; private set; } = null!;

        public IReadOnlyList<Observation> Received
        {
            get
            {
                while (_events.Reader.TryRead(out var e))
                    _received.Add(e.Observation!);
                return _received;
            }
        }

        public static async Task<Rig> StartAsync(Action<StandInServer>? prepare = null)
        {
            var rig = new Rig { Server = await StandInServer.StartAsync() };
            for (var i = 0; i < Paths.Length; i++)
                rig.Server.Bodies[Paths[i]] = Page(
                    $"paper {i}",
                    "Market crashes in",
                    "Bitcoin is hacked says",
                    "Conference of"
                );
            prepare?.Invoke(rig.Server);
            var options = new HttpSourceOptions
            {
                BaseUrl = rig.Server.BaseUrl,
                Deadline = TimeSpan.FromSeconds(0.5),
                MaxResponseBytes = 1 << 20,
            };
            rig.Feed = new(
                ["BTC"],
                rig._http,
                Feeds.Keys.SourceKeys.None,
                options,
                new ScaledClock(SourceRig.Recorded.ToDateTimeOffset(), 18_000)
            );
            rig._running = rig.Feed.RunAsync(rig._events.Writer, rig._stop.Token);
            return rig;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _http.Dispose();
            await Server.DisposeAsync();
            _stop.Dispose();
        }
    }
}
