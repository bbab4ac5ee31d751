using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.Sentiment;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests.Http;

public sealed class FearGreedTests
{
    private const string Path = "api.alternative.me/fng/";
    private static readonly DateTimeOffset Start = new(2024, 3, 10, 23, 40, 0, TimeSpan.Zero);
    private static readonly Instant Today = Instant.From(new(2024, 3, 10, 0, 0, 0, TimeSpan.Zero));
    private static readonly Instant Tomorrow = Today + TimeSpan.FromDays(1);

    private static string Answer(params (Instant Day, string Value)[] days) =>
        JsonSerializer.Serialize(
            new
            {
                name = "Fear and Greed Index",
                data = days.Select(d => new
                {
                    value = d.Value,
                    value_classification = "Greed",
                    timestamp = $"{d.Day.UnixMilliseconds / 1000}",
                }),
                metadata = new { error = (string?)null },
            }
        );

    [Fact]
    public async Task Values_of_the_first_answer_were_knowable_at_their_date_later_ones_when_they_were_seen()
    {
        await using var rig = await Rig.StartAsync(Answer((Today, "69"), (Today - TimeSpan.FromDays(1), "71")));
        await Eventually.True(() => rig.Received.Count == 2, "both days");
        Assert.Equal(
            [
                new(
                    Signal.FearGreed,
                    null,
                    71,
                    Today - TimeSpan.FromDays(1),
                    Today - TimeSpan.FromDays(1),
                    TimeSpan.FromHours(36),
                    "alternative.me"
                ),
                new Observation(Signal.FearGreed, null, 69, Today, Today, TimeSpan.FromHours(36), "alternative.me"),
            ],
            rig.Received
        );
        Assert.Equal(FeedState.Live, rig.Feed.Health.State);
        Assert.Equal(69, Assert.Single(rig.Feed.Health.Latest).Value);
        Assert.Equal("?limit=2", rig.Server.Arrivals.First().Query);

        rig.Server.Bodies[Path] = Answer((Tomorrow, "25"), (Today, "69"));
        await Eventually.True(() => rig.Received.Count == 3, "the new day");
        var seen = rig.Received[2];
        Assert.Equal((25, Tomorrow), (seen.Value, seen.HeldAt));
        Assert.True(seen.KnowableAt > Tomorrow, "it was not there at midnight, as far as we know");
        var asked = rig.Server.Arrivals.Count;
        await Eventually.True(() => rig.Server.Arrivals.Count > asked + 3, "asked again");
        Assert.Equal(3, rig.Received.Count);
    }

    [Fact]
    public async Task A_revised_value_is_delivered_again_and_was_knowable_when_it_was_seen()
    {
        await using var rig = await Rig.StartAsync(Answer((Today, "69"), (Today - TimeSpan.FromDays(1), "71")));
        await Eventually.True(() => rig.Received.Count == 2, "both days");
        rig.Server.Bodies[Path] = Answer((Today, "5"), (Today - TimeSpan.FromDays(1), "70"));
        await Eventually.True(() => rig.Received.Count == 4, "both days, revised");
        Assert.Equal(
            [(70, Today - TimeSpan.FromDays(1)), (5, Today)],
            rig.Received.Skip(2).Select(o => ((int)o.Value, o.HeldAt))
        );
        Assert.All(rig.Received.Skip(2), revised => Assert.True(revised.KnowableAt >= Instant.From(Start)));
        Assert.Equal(5, Assert.Single(rig.Feed.Health.Latest).Value);
        var requests = rig.Server.Arrivals.Count;
        await Eventually.True(() => rig.Server.Arrivals.Count > requests + 3, "requested again");
        Assert.Equal(4, rig.Received.Count);
    }

    [Fact]
    public async Task After_a_restart_what_is_stored_is_not_delivered_again_and_a_revision_of_it_is()
    {
        Observation Stored(double value, Instant day) =>
            new(
                Signal.FearGreed,
                null,
                value,
                day,
                day + TimeSpan.FromHours(9),
                TimeSpan.FromHours(36),
                "alternative.me"
            );
        Observation[] stored = [Stored(71, Today - TimeSpan.FromDays(1)), Stored(50, Today)];
        await using var rig = await Rig.StartAsync(
            Answer((Today, "5"), (Today - TimeSpan.FromDays(1), "71")),
            stored: stored
        );
        await Eventually.True(() => rig.Received.Count == 1, "the revision");
        var revised = Assert.Single(rig.Received);
        Assert.Equal((5, Today), (revised.Value, revised.HeldAt));
        Assert.True(revised.KnowableAt >= Instant.From(Start), "until then the stored value was the known one");
        Assert.Equal(5, Assert.Single(rig.Feed.Health.Latest).Value);
    }

    [Theory]
    [InlineData("html 200", "bad_response")]
    [InlineData("null 200", "bad_response")]
    [InlineData("number 200", "bad_response")]
    [InlineData("empty object 200", "bad_response")]
    [InlineData("empty body 200", "bad_response")]
    [InlineData("garbage 200", "bad_response")]
    [InlineData("large body", "bad_response")]
    [InlineData("html 502", "unavailable")]
    [InlineData("429", "rate_limited")]
    [InlineData("451", "restricted")]
    [InlineData("html 403", "auth")]
    [InlineData("truncated", "network")]
    [InlineData("reset", "network")]
    [InlineData("stalled body", "timeout")]
    [InlineData("no answer", "timeout")]
    public async Task A_fault_shows_as_health_and_passes(string fault, string kind)
    {
        await using var rig = await Rig.StartAsync(Answer((Today, "69")), server => server.FailAll(fault));
        await Eventually.True(() => rig.Feed.Health.State == FeedState.Unreachable, "unreachable");
        Assert.Equal(kind, rig.Feed.Health.LastError!.Kind);
        Assert.Empty(rig.Received);
        rig.Server.Heal();
        await Eventually.True(
            () => rig.Feed.Health is { State: FeedState.Live, ConsecutiveFailures: 0 } && rig.Received.Count == 1,
            "well again"
        );
    }

    [Theory]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("sixty")]
    [InlineData("1e1")]
    public async Task A_value_that_cannot_be_is_refused(string value)
    {
        await using var rig = await Rig.StartAsync(Answer((Today, value)));
        await Eventually.True(() => rig.Feed.Health.LastError is not null, "an error");
        Assert.Equal("bad_response", rig.Feed.Health.LastError!.Kind);
        Assert.Empty(rig.Received);
    }

    [Fact]
    public async Task A_value_of_the_future_is_refused_with_all_its_company()
    {
        await using var rig = await Rig.StartAsync(Answer((Today, "50"), (Today + TimeSpan.FromDays(30), "50")));
        await Eventually.True(() => rig.Feed.Health.LastError is not null, "an error");
        Assert.Empty(rig.Received);
    }

    [Fact]
    public void A_recorded_answer_is_read()
    {
        var folder = Environment.GetEnvironmentVariable("REMORA_SHARED") ?? FindShared();
        var file = folder is null
            ? null
            : System.IO.Path.Combine(folder, "data", "recorded", "alternative-me-fng.json");
        if (file is null || !File.Exists(file))
            Assert.Skip("the shared recordings are not here");
        var readings = FearGreed.Source.Read(JsonElement.Parse(File.ReadAllText(file)), Instant.MaxValue);
        Assert.NotEmpty(readings);
        Assert.All(readings, reading => Assert.InRange(reading.Value, 0, 100));
        Assert.All(readings, reading => Assert.Equal(reading.HeldAt, reading.HeldAt.Floor(TimeSpan.FromDays(1))));
    }

    private static string? FindShared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Remora.slnx")))
                return System.IO.Path.Combine(folder.FullName, "..", "shared");
        return null;
    }

    /// <summary>
    /// The source on a local server, at a speed at which half an hour takes a tenth of a second.
    /// </summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
        private readonly List<Observation> _received = [];
        private readonly HttpClient _http = new();
        private Task _running = Task.CompletedTask;

        public StandInServer Server { get; private set; } = null!;

        public HttpSourceFeed Feed { get; private set; } = null!;

        public List<Observation> Received
        {
            get
            {
                while (_events.Reader.TryRead(out var e))
                    _received.Add(e.Observation!);
                return _received;
            }
        }

        public static async Task<Rig> StartAsync(
            string body,
            Action<StandInServer>? prepare = null,
            IReadOnlyList<Observation>? stored = null
        )
        {
            var rig = new Rig { Server = await StandInServer.StartAsync() };
            rig.Server.Bodies[Path] = body;
            prepare?.Invoke(rig.Server);
            var options = new HttpSourceOptions
            {
                BaseUrl = rig.Server.BaseUrl,
                Deadline = TimeSpan.FromSeconds(0.5),
                MaxResponseBytes = 1 << 20,
            };
            rig.Feed = new(FearGreed.Source, rig._http, options, new ScaledClock(Start, 18_000));
            rig.Feed.Recall(stored ?? []);
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
