using System.Threading.Channels;
using Remora.Csv;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>The health of a calendar at one moment.</summary>
/// <param name="File">The path of the calendar file.</param>
/// <param name="State">Live; starting while the file does not exist; degraded while the file cannot
/// be read. The events that were read before stay in use.</param>
/// <param name="ReadAt">When the file was last read completely; null before that.</param>
/// <param name="LastError">Why the file could not be read. Stays set after a recovery.</param>
/// <param name="Upcoming">The next events, and the events whose window is open.</param>
/// <param name="Forecasts">The dates that forecasts use; null without such dates.</param>
public sealed record CalendarHealth(
    string File,
    FeedState State,
    Instant? ReadAt,
    FeedError? LastError,
    IReadOnlyList<ScheduledEvent> Upcoming,
    ForecastDatesHealth? Forecasts = null
);

/// <summary>
/// Delivers the events of a calendar file, again after each change of the file. An event is
/// knowable from the moment at which it was read, never earlier. A file that cannot be read changes
/// nothing. Removing the file removes its events.
/// </summary>
public sealed class CalendarFeed
{
    private const int MostShown = 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly TimeSpan _before;
    private readonly TimeSpan _after;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _real;
    private readonly ForecastDates? _dates;
    private ForecastCalendar? _delivered;
    private EventCalendar? _first;
    private volatile CalendarHealth _health;
    private volatile EventCalendar? _calendar;
    private (DateTime, long)? _seen;

    /// <summary>Creates a feed for a file that may not exist yet.</summary>
    /// <param name="file">The path of the calendar file.</param>
    /// <param name="before">How long before an event its window opens.</param>
    /// <param name="after">How long after an event its window closes.</param>
    /// <param name="clock">The clock that event windows follow.</param>
    /// <param name="real">The clock that schedules reads of the file; the system clock if
    /// null.</param>
    /// <param name="dates">The calendar of forecasts; null for none.</param>
    public CalendarFeed(
        string file,
        TimeSpan before,
        TimeSpan after,
        TimeProvider clock,
        TimeProvider? real = null,
        ForecastDates? dates = null
    )
    {
        (_file, _before, _after, _clock, _real) = (file, before, after, clock, real ?? TimeProvider.System);
        _dates = dates;
        _health = new(file, FeedState.Starting, null, null, []);
    }

    /// <summary>The feed's current health.</summary>
    public CalendarHealth Health
    {
        get
        {
            var now = _clock.Now();
            var upcoming = _calendar?.Events.Where(e => e.To > now).OrderBy(e => e.At.UnixMilliseconds).Take(MostShown);
            return _health with { Upcoming = [.. upcoming ?? []], Forecasts = _dates?.HealthAt(now, _file) };
        }
    }

    /// <summary>
    /// Reads the file for the first time and returns the calendar of forecasts, so that no forecast
    /// is made without it; null without one. Call it at most once, before <see cref="RunAsync"/>.
    /// </summary>
    public ForecastCalendar? Prepare()
    {
        _first = Look();
        return _delivered = _dates?.Current;
    }

    /// <summary>Runs until it is cancelled, and then returns.</summary>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                if ((_first ?? Look()) is { } calendar)
                {
                    await events.WriteAsync(MarketEvent.Scheduled(calendar), cancellation);
                    (_calendar, _first) = (calendar, null);
                }
                // The agency's feed changes these dates too.
                if (_dates?.Current is { } dates && !ReferenceEquals(dates, _delivered))
                {
                    await events.WriteAsync(MarketEvent.Dated(dates), cancellation);
                    _delivered = dates;
                }
                await Task.Delay(LookEvery, _real, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancelled.
        }
    }

    /// <summary>
    /// Returns the calendar if it has changed; null if it has not changed or cannot be read.
    /// </summary>
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
                _dates?.SetOwn(null);
                return _calendar is { Events.Count: > 0 } ? new(now, []) : null;
            }
            var stamp = (file.LastWriteTimeUtc, file.Length);
            if (stamp == _seen)
                return null;
            var content = CalendarCsv.Read(file.OpenRead());
            _seen = stamp;
            _dates?.SetOwn(content.ForForecasts(now));
            _health = _health with { State = FeedState.Live, ReadAt = now };
            return new(
                now,
                [.. content.Entries.Select(entry => entry.Scheduled(_before, _after)).Where(e => e.To > now)]
            );
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            if (_health.State != FeedState.Degraded || _health.LastError?.Message != e.Message)
                _health = _health with
                {
                    State = FeedState.Degraded,
                    LastError = new(e is FormatException ? "bad_file" : "unreadable", e.Message, now),
                };
            return null;
        }
    }
}
