using System.Threading.Channels;
using Remora.Feeds.Calendar;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Calendar;

/// <summary>A calendar file that changes while the service runs.</summary>
public sealed class CalendarFeedTests : IAsyncDisposable
{
    private readonly string _file = Path.Combine(
        Directory.CreateTempSubdirectory("remora-calendar-").FullName,
        "calendar.csv"
    );
    private readonly ManualClock _clock = new(Some.At("2025-03-10T15:00:00Z").ToDateTimeOffset());
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
    private readonly List<EventCalendar> _received = [];
    private Task _running = Task.CompletedTask;
    private CalendarFeed _feed = null!;

    [Fact]
    public async Task A_change_is_delivered_without_a_restart_and_is_known_when_it_was_read()
    {
        Start();
        await Until(() => _feed.Health.State == FeedState.Starting && Received.Count == 0, "no file, no calendar");
        Write(
            "# ours\n\ntime,announced,name\n2025-03-10T16:00:00Z,,one, and its comma\n2025-03-01T00:00:00Z,,long over\n"
        );
        await Until(() => Received.Count == 1, "the first calendar");
        var first = Assert.Single(Received[0].Events);
        Assert.Equal(
            ScheduledEvent.Around(
                "one, and its comma",
                Some.At("2025-03-10T16:00:00Z"),
                TimeSpan.FromHours(2),
                TimeSpan.FromHours(1)
            ),
            first
        );
        Assert.True(Received[0].HoldsAt(Some.At("2025-03-10T15:00:00Z")));
        Assert.Equal(Some.At("2025-03-10T15:00:00Z"), Received[0].KnowableAt);

        _clock.Advance(TimeSpan.FromMinutes(5));
        Write("time,announced,name\n2025-03-10T16:00:00Z,2024-01-01,one, and its comma\n2025-03-12T12:30:00Z,,two\n");
        await Until(() => Received.Count == 2, "the changed one");
        // Knowable when it was read, whatever the file contains.
        Assert.Equal(Some.At("2025-03-10T15:05:00Z"), Received[1].KnowableAt);
        Assert.Equal(["one, and its comma", "two"], _feed.Health.Upcoming.Select(e => e.Name));

        File.Delete(_file);
        await Until(() => Received.Count == 3, "the removal");
        Assert.Empty(Received[2].Events);
    }

    [Theory]
    [InlineData("time,name\n", "line 1: expected the header")]
    [InlineData("", "line 1: expected the header")]
    [InlineData("time,announced,name\nsoon,,x\n", "line 2: time is 'soon'")]
    [InlineData("time,announced,name\n2025-03-10,,x\n", "line 2: time is '2025-03-10'")]
    [InlineData("time,announced,name\n2025-03-10T16:00:00Z,yesterday,x\n", "line 2: announced is 'yesterday'")]
    [InlineData("time,announced,name\n\n2025-03-10T16:00:00Z,\n", "line 3: expected 'time,announced,name'")]
    [InlineData("time,announced,kind,name\n2025-03-10T16:00:00Z,,rates,x\n", "line 2: kind is 'rates'")]
    public async Task What_cannot_be_read_changes_nothing_and_is_named(string text, string complaint)
    {
        Write("time,announced,name\n2025-03-10T16:00:00Z,,one\n");
        Start();
        await Until(() => Received.Count == 1, "the calendar");
        Write(text);
        await Until(() => _feed.Health.State == FeedState.Degraded, "health shows it");
        Assert.Contains(complaint, _feed.Health.LastError!.Message, StringComparison.Ordinal);
        Assert.Single(Received);
        Assert.Equal("one", Assert.Single(_feed.Health.Upcoming).Name);
        Write("time,announced,name\n2025-03-10T17:00:00Z,,mended\n");
        await Until(() => Received.Count == 2 && _feed.Health.State == FeedState.Live, "the mended one");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
    }

    private IReadOnlyList<EventCalendar> Received
    {
        get
        {
            while (_events.Reader.TryRead(out var e))
                _received.Add(e.Calendar!);
            return _received;
        }
    }

    private void Start()
    {
        _feed = new(_file, TimeSpan.FromHours(2), TimeSpan.FromHours(1), _clock);
        _running = _feed.RunAsync(_events.Writer, _stop.Token);
    }

    private void Write(string text)
    {
        File.WriteAllText(_file + ".new", text);
        File.Move(_file + ".new", _file, overwrite: true);
    }

    private static Task Until(Func<bool> holds, string what) => Eventually.True(holds, what, 60);
}
