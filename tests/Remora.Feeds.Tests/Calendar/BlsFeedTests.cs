using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Remora.Feeds.Calendar;
using Remora.Feeds.Http;
using Remora.Feeds.Tests.Http;
using Remora.Feeds.Tests.StandIn;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Calendar;

/// <summary>
/// The agency's release dates over a real socket: they replace the shipped dates and stay after a
/// restart. The iCalendar is written by hand in the shape that public copies of the agency's have.
/// </summary>
public sealed class BlsFeedTests : IAsyncDisposable
{
    private const string Path = "bls.ics";
    private static readonly ForecastCalendar Shipped = new(
        [
            Event("2025-09-11T12:30:00Z", CalendarEventKind.Cpi),
            Event("2025-10-15T12:30:00Z", CalendarEventKind.Cpi), // moved by the agency
            Event("2026-01-13T13:30:00Z", CalendarEventKind.Cpi), // after what the agency knows
            Event("2025-10-03T12:30:00Z", CalendarEventKind.Nfp), // moved by the agency
            Event("2025-10-29T18:00:00Z", CalendarEventKind.Fomc),
        ],
        new Dictionary<CalendarEventKind, DateOnly>
        {
            [CalendarEventKind.Cpi] = new(2025, 12, 31),
            [CalendarEventKind.Nfp] = new(2025, 12, 31),
            [CalendarEventKind.Fomc] = new(2027, 12, 31),
            [CalendarEventKind.Holiday] = new(2027, 12, 31),
        }
    );

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-bls-").FullName;
    private readonly ManualClock _clock = new(Some.At("2025-10-10T15:00:00Z").ToDateTimeOffset());
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _agents = new();
    private readonly HttpClient _http = OutsideHttp.NewClient();
    private readonly List<Task> _running = [];
    private StandInServer _server = null!;

    private string File => System.IO.Path.Combine(_folder, "calendar-bls.csv");

    [Fact]
    public async Task The_agencys_dates_replace_the_shipped_ones_and_stay_after_a_restart()
    {
        var (feed, dates) = await StartAsync();
        await Until(() => feed.Health.LastSuccess is not null, "the first answer");
        Assert.Equal(FeedState.Live, feed.Health.State);
        Assert.Equal(
            [
                ("2025-09-11T12:30:00Z", CalendarEventKind.Cpi, "2020-01-01T00:00:00Z"),
                ("2025-10-24T12:30:00Z", CalendarEventKind.Cpi, "2025-10-10T15:00:00Z"),
                ("2025-12-18T13:30:00Z", CalendarEventKind.Cpi, "2025-10-10T15:00:00Z"),
                ("2026-01-13T13:30:00Z", CalendarEventKind.Cpi, "2020-01-01T00:00:00Z"),
                ("2025-09-05T12:30:00Z", CalendarEventKind.Nfp, "2025-10-10T15:00:00Z"),
                ("2025-11-20T13:30:00Z", CalendarEventKind.Nfp, "2025-10-10T15:00:00Z"),
                ("2025-12-16T13:30:00Z", CalendarEventKind.Nfp, "2025-10-10T15:00:00Z"),
                ("2025-10-29T18:00:00Z", CalendarEventKind.Fomc, "2020-01-01T00:00:00Z"),
            ],
            dates
                .Current.Events.OrderBy(e => e.Kind)
                .ThenBy(e => e.At.UnixMilliseconds)
                .Select(e => (e.At.ToString(), e.Kind, e.Announced.ToString()))
        );
        // The agency's last date is before the shipped one.
        Assert.Equal(new DateOnly(2025, 12, 31), dates.Current.KnownUntil[CalendarEventKind.Cpi]);
        Assert.Equal("remora (+mailto:ops@example.org)", Assert.Single(_agents));

        // Five hours later, after a restart: the dates are known at once, and no request is sent.
        _clock.Advance(TimeSpan.FromHours(5));
        var (second, again) = Begin();
        Assert.Equal(
            dates.Current.Events.Select(e => (e.At, e.Kind, e.Announced)),
            again.Current.Events.Select(e => (e.At, e.Kind, e.Announced))
        );
        await Until(() => second.Health.NextTry == Some.At("2025-10-11T15:00:00Z"), "the next request is due");
        Assert.Single(_agents);
        Assert.Equal(FeedState.Live, second.Health.State);

        // A day after the first answer: a request, which finds the same dates. New ones are
        // announced then.
        _server.Bodies[Path] = Ics.Replace("20251218", "20251219", StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromHours(19));
        await Until(() => again.Current.Events.Any(e => e.At == Some.At("2025-12-19T13:30:00Z")), "the moved date");
        var cpi = again.Current.Events.Where(e => e.Kind == CalendarEventKind.Cpi).ToList();
        Assert.DoesNotContain(cpi, e => e.At == Some.At("2025-12-18T13:30:00Z"));
        Assert.Equal(
            ("2025-10-10T15:00:00Z", "2025-10-11T15:00:00Z"),
            (Announced("2025-10-24T12:30:00Z"), Announced("2025-12-19T13:30:00Z"))
        );

        string Announced(string at) => cpi.Single(e => e.At == Some.At(at)).Announced.ToString();
    }

    [Fact]
    public async Task A_refusal_says_what_to_do_and_changes_nothing()
    {
        var (feed, dates) = await StartAsync("html 403");
        await Until(() => feed.Health.ConsecutiveFailures == 1, "the refusal");
        var error = feed.Health.LastError!;
        Assert.Equal((FeedState.Unreachable, "auth"), (feed.Health.State, error.Kind));
        Assert.StartsWith(
            $"bls.gov: HTTP 403 from {_server.BaseUrl}bls.ics: ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("Check contact_email, which is 'ops@example.org'", error.Message, StringComparison.Ordinal);
        Assert.Same(Shipped, dates.Current);
        // Retried after hours, not minutes.
        var pause = feed.Health.NextTry!.Value - Some.At("2025-10-10T15:00:00Z");
        Assert.InRange(pause, TimeSpan.FromHours(3), TimeSpan.FromHours(6));
        Assert.False(System.IO.File.Exists(File));
        _server.Heal();
        _clock.Advance(TimeSpan.FromHours(7));
        await Until(() => feed.Health.State == FeedState.Live, "the answer after it");
    }

    [
        Theory,
        InlineData("SUMMARY:Consumer Price", "SUMMARY:Consumer Prices", "no event is named 'Consumer Price Index'"),
        InlineData("SUMMARY:Employment Situation", "SUMMARY:The jobs", "no event is named 'Employment Situation'"),
        InlineData(
            "DTSTART;TZID=US-Eastern:20251218T083000",
            "DTSTART;VALUE=DATE:20251218",
            "a release cannot be read: Consumer Price Index (20251218)"
        ),
        InlineData("US-Eastern:20251218", "US-Nowhere:20251218", "the time zone 'US-Nowhere' is not known"),
        InlineData("BEGIN:VCALENDAR", "<html>", "it does not begin with BEGIN:VCALENDAR")
    ]
    public async Task Another_shape_is_refused_as_a_whole(string from, string to, string reason)
    {
        var (feed, dates) = await StartAsync(body: Ics.Replace(from, to, StringComparison.Ordinal));
        await Until(() => feed.Health.ConsecutiveFailures > 0, "the refusal");
        Assert.Equal("bad_response", feed.Health.LastError!.Kind);
        Assert.Contains(reason, feed.Health.LastError.Message, StringComparison.Ordinal);
        Assert.Same(Shipped, dates.Current);
    }

    [Fact]
    public async Task A_damaged_file_is_named_and_replaced()
    {
        await System.IO.File.WriteAllTextAsync(
            File,
            "# read at: 2025-10-10T12:00:00Z\ntime,announced,kind,name\nsoon,,cpi,x\n"
        );
        _server = await StandInServer.StartAsync();
        var feed = Create(out var dates);
        Assert.Contains(
            $"{File} cannot be read: line 3: time is 'soon'",
            feed.Health.LastError!.Message,
            StringComparison.Ordinal
        );
        Assert.Same(Shipped, dates.Current);
        _server.Bodies[Path] = Ics;
        Run(feed);
        await Until(() => feed.Health.State == FeedState.Live, "the answer");
        Assert.Equal(6, BlsSchedule.Load(File)!.Content.Entries.Count);
    }

    /// <summary>
    /// The dates reach the engine's channel with those of the user's file, again after a change,
    /// and health says when they have run out.
    /// </summary>
    [Fact]
    public async Task The_calendar_passes_all_dates_on_and_says_when_they_have_run_out()
    {
        var (feed, dates) = await StartAsync();
        await Until(() => feed.Health.LastSuccess is not null, "the first answer");
        var own = System.IO.Path.Combine(_folder, "calendar.csv");
        var calendar = new CalendarFeed(own, TimeSpan.FromHours(2), TimeSpan.FromHours(1), _clock, dates: dates);
        Assert.Same(dates.Current, calendar.Prepare());
        Assert.Equal(new DateOnly(2025, 12, 31), calendar.Health.Forecasts!.KnownUntil);
        Assert.Null(calendar.Health.Forecasts.Problem);

        var events = Channel.CreateUnbounded<MarketEvent>();
        _running.Add(calendar.RunAsync(events.Writer, _stop.Token));
        await System.IO.File.WriteAllTextAsync(
            own + ".new",
            "time,announced,kind,name\n2025-11-27T00:00:00Z,2025-01-01,holiday,Thanksgiving\n"
                + "2025-11-01T00:00:00Z,,other,x\n"
        );
        System.IO.File.Move(own + ".new", own);
        ForecastCalendar? latest = null;
        await Until(
            () =>
            {
                while (events.Reader.TryRead(out var e))
                    latest = e.Dates ?? latest;
                return latest is not null;
            },
            "the dates with those of the file"
        );
        Assert.Equal(1, latest!.HolidayShare(Some.At("2025-11-27"), Some.At("2025-11-28")));
        Assert.True(latest.HasEvent(CalendarEventKind.Cpi, Some.At("2025-10-24"), Some.At("2025-10-25")));

        _clock.Advance(Some.At("2026-01-01") - Some.At("2025-10-10T15:00:00Z"));
        var problem = calendar.Health.Forecasts.Problem;
        Assert.StartsWith(
            "the calendar of forecasts has run out of dates of cpi, nfp: ",
            problem,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("contact_email", problem, StringComparison.Ordinal);
        Assert.Contains(own, problem, StringComparison.Ordinal);
        Assert.Contains(
            "set contact_email",
            new ForecastDates(Shipped).HealthAt(Some.At("2026-01-01"), own).Problem,
            StringComparison.Ordinal
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _http.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Ics => SourceRig.Fixture("bls.ics");

    private static CalendarEvent Event(string at, CalendarEventKind kind) =>
        new(Some.At(at), Some.At("2020-01-01"), kind, "event");

    private async Task<(BlsFeed Feed, ForecastDates Dates)> StartAsync(string? fault = null, string? body = null)
    {
        _server = await StandInServer.StartAsync();
        _server.Bodies[Path] = body ?? Ics;
        _server.Fault = _ => fault is null ? Note : HttpFaults.All[fault];
        return Begin();

        // Notes the User-Agent and answers.
        async Task Note(HttpContext context)
        {
            _agents.Enqueue(context.Request.Headers.UserAgent.ToString());
            await context.Response.WriteAsync(_server.Bodies[Path]);
        }
    }

    private (BlsFeed Feed, ForecastDates Dates) Begin()
    {
        var feed = Create(out var dates);
        Run(feed);
        return (feed, dates);
    }

    private BlsFeed Create(out ForecastDates dates)
    {
        dates = new(Shipped);
        var options = new BlsOptions(new(_server.BaseUrl, Path), "ops@example.org", File);
        return new(options, dates, _http, _clock);
    }

    private void Run(BlsFeed feed) =>
        _running.Add(feed.RunAsync(Channel.CreateUnbounded<MarketEvent>().Writer, _stop.Token));

    private static Task Until(Func<bool> holds, string what) => Eventually.True(holds, what);
}
