using System.Text;
using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Calendar;

/// <summary>The requests to the Bureau of Labor Statistics.</summary>
/// <param name="Url">The address of the agency's iCalendar.</param>
/// <param name="ContactEmail">The e-mail address that the agency wants in the User-Agent.</param>
/// <param name="File">The file that keeps the dates over a restart.</param>
public sealed record BlsOptions(Uri Url, string ContactEmail, string File)
{
    /// <summary>The address of the agency's iCalendar.</summary>
    public static Uri DefaultUrl { get; } = new("https://www.bls.gov/schedule/news_release/bls.ics");

    /// <summary>The interval between requests.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// The delays after failures, on the feed's clock. The longest is that after a refusal.
    /// </summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(6));
}

/// <summary>
/// Reads the release dates of US consumer prices and employment from the Bureau of Labor Statistics
/// once a day. They replace the shipped dates of these kinds. It has no signals and sends no
/// events: <see cref="CalendarFeed"/> passes the dates on.
/// </summary>
public sealed class BlsFeed : ISourceFeed
{
    private readonly BlsOptions _options;
    private readonly ForecastDates _dates;
    private readonly TimeProvider _clock;
    private readonly BoundedGet _get;
    private readonly SourceHealthTracker _health;
    private readonly PollLoop _loop;
    private BlsSchedule? _schedule;
    private HttpAnswer? _cached;

    /// <summary>Creates a feed, and adds the dates that an earlier one stored.</summary>
    /// <param name="options">The address and the file.</param>
    /// <param name="dates">Receives the dates.</param>
    /// <param name="http">A client of <see cref="OutsideHttp"/>.</param>
    /// <param name="clock">The clock of the feed.</param>
    public BlsFeed(BlsOptions options, ForecastDates dates, HttpClient http, TimeProvider clock)
    {
        (_options, _dates, _clock) = (options, dates, clock);
        dates.IsRefreshed = true;
        var limits = new HttpSourceOptions
        {
            MaxResponseBytes = 4 << 20,
            UserAgent = $"remora (+mailto:{options.ContactEmail})",
        };
        _get = new(http, options.Url, credential: null, limits, clock);
        _health = new(Name, [], clock);
        _loop = new(_health, options.Interval, options.Backoff, clock, seed: 0);
        try
        {
            if (BlsSchedule.Load(options.File) is not { } stored)
                return;
            Use(stored);
            _health.SucceededBefore(stored.ReadAt);
        }
        catch (Exception e) when (IsOfFile(e))
        {
            _health.PartFailed(FileError(e, "read"));
        }
    }

    /// <inheritdoc/>
    public string Name => "bls.gov";

    /// <inheritdoc/>
    public SourceHealth Health => _health.Read();

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        PollLoop.RunAsync(StepAsync, _clock, cancellation);

    /// <summary>
    /// Sends a request, unless the known dates are young enough. Returns the time of the next one.
    /// </summary>
    private async Task<Instant> StepAsync(CancellationToken cancellation)
    {
        if (_schedule?.ReadAt + _options.Interval is not { } due || due <= _clock.Now())
            return await _loop.StepAsync(PollAsync, cancellation);
        _health.TriesNextAt(due);
        return due;
    }

    private async Task PollAsync(CancellationToken cancellation)
    {
        var answer = await FetchAsync(cancellation);
        var schedule = BlsSchedule.Parse(Encoding.UTF8.GetString(answer.Body), _clock.Now(), _schedule);
        _cached = answer;
        Use(schedule);
        try
        {
            schedule.Save(_options.File);
            _health.Succeeded();
        }
        catch (Exception e) when (IsOfFile(e))
        {
            _health.Succeeded(FileError(e, "written"));
        }
    }

    private async Task<HttpAnswer> FetchAsync(CancellationToken cancellation)
    {
        try
        {
            return await _get.SendAsync(_cached, query: null, cancellation);
        }
        catch (SourceException e) when (e.Kind == "auth")
        {
            throw new SourceException(
                e.Kind,
                $"{e.Message} from {_options.Url}: the agency refuses automated requests that do not name a "
                    + $"contact. Check contact_email, which is '{_options.ContactEmail}'. Until the agency answers, "
                    + $"the known dates stay in use; add others to the calendar file with the kinds cpi and nfp",
                e.RetryAfter
            )
            {
                IsRetryable = false,
            };
        }
    }

    private void Use(BlsSchedule schedule)
    {
        _schedule = schedule;
        _dates.SetAgency(schedule);
    }

    private FeedError FileError(Exception e, string verb) =>
        new("file", $"{_options.File} cannot be {verb}: {e.Message}", _clock.Now());

    private static bool IsOfFile(Exception e) => e is FormatException or IOException or UnauthorizedAccessException;
}
