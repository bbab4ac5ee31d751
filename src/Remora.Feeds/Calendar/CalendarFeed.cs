using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>How a calendar is, at one moment.</summary>
/// <param name="File">Where it is.</param>
/// <param name="State">Live; starting while there is no such file; degraded while it cannot be read, and what was read before still counts.</param>
/// <param name="ReadAt">When it was last read whole; null before that.</param>
/// <param name="LastError">Why it could not be read; it stays after things are well again.</param>
/// <param name="Upcoming">The next events, and those that are near.</param>
public sealed record CalendarHealth(string File, FeedState State, Instant? ReadAt, FeedError? LastError, IReadOnlyList<ScheduledEvent> Upcoming);

/// <summary>
/// Delivers a calendar file's events, and again whenever the file changes. An event is taken as knowable when it was read, never before. A file that cannot be read changes nothing;
/// one that is removed takes its events with it.
/// </summary>
public sealed class CalendarFeed
{
    private const int MostShown = 20;
    private const long LargestFile = 1 << 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly TimeSpan _before;
    private readonly TimeSpan _after;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _real;
    private volatile CalendarHealth _health;
    private volatile EventCalendar? _calendar;
    private (DateTime, long)? _seen;

    /// <summary>A feed of a file that may not be there yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="before">How long before an event it is to be minded.</param>
    /// <param name="after">How long after it.</param>
    /// <param name="clock">The time that events are near by.</param>
    /// <param name="real">The time the file is looked at by; the system's where null.</param>
    public CalendarFeed(string file, TimeSpan before, TimeSpan after, TimeProvider clock, TimeProvider? real = null)
    {
        (_file, _before, _after, _clock, _real) = (file, before, after, clock, real ?? TimeProvider.System);
        _health = new(file, FeedState.Starting, null, null, []);
    }

    /// <summary>How it is.</summary>
    public CalendarHealth Health
    {
        get
        {
            var now = _clock.Now();
            var upcoming = _calendar?.Events.Where(e => e.To > now).OrderBy(e => e.At.UnixMilliseconds).Take(MostShown);
            return _health with { Upcoming = [.. upcoming ?? []] };
        }
    }

    /// <summary>Runs until it is cancelled, and then returns.</summary>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                if (Look() is { } calendar)
                {
                    await events.WriteAsync(MarketEvent.Scheduled(calendar), cancellation);
                    _calendar = calendar;
                }
                await Task.Delay(LookEvery, _real, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // It was told to stop.
        }
    }

    /// <summary>The calendar when it has changed; null when it has not, or cannot be read.</summary>
    private EventCalendar? Look()
    {
        var now = _clock.Now();
        try
        {
            var file = new FileInfo(_file);
            if (!file.Exists)
            {
                _seen = null;
                _health = _health with { State = FeedState.Starting };
                return _calendar is { Events.Count: > 0 } ? new(now, []) : null;
            }
            var stamp = (file.LastWriteTimeUtc, file.Length);
            if (stamp == _seen) return null;
            if (file.Length > LargestFile) throw new FormatException($"it is larger than {LargestFile} bytes");
            var entries = CalendarCsv.Parse(File.ReadAllText(_file));
            _seen = stamp;
            _health = _health with { State = FeedState.Live, ReadAt = now };
            return new(now, [.. entries.Select(entry => ScheduledEvent.Around(entry.Name, entry.At, _before, _after)).Where(e => e.To > now)]);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            if (_health.State != FeedState.Degraded || _health.LastError?.Message != e.Message)
                _health = _health with { State = FeedState.Degraded, LastError = new(e is FormatException ? "bad_file" : "unreadable", e.Message, now) };
            return null;
        }
    }
}
