using FsCheck.Fluent;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Markets;

/// <summary>
/// The calendar of forecasts: an event lies in a half-open span, counts from its announcement, and
/// a holiday counts by the hours of its UTC day.
/// </summary>
public sealed class ForecastCalendarTests
{
    private static readonly Instant Long = Some.At("2020-01-01");
    private static readonly Dictionary<CalendarEventKind, DateOnly> Unknown = [];

    [
        Theory,
        InlineData("2022-06-10T11:29:59Z", 1, false),
        InlineData("2022-06-10T11:30:00Z", 1, false),
        InlineData("2022-06-10T11:30:01Z", 1, true),
        InlineData("2022-06-10T12:30:00Z", 1, true),
        InlineData("2022-06-10T12:30:01Z", 1, false),
        InlineData("2022-06-09T12:30:00Z", 24, false),
        InlineData("2022-06-09T12:35:00Z", 24, true)
    ]
    public void An_event_lies_in_a_half_open_span(string from, int hours, bool holds)
    {
        var calendar = Of(Event("2022-06-10T12:30:00Z", CalendarEventKind.Cpi));
        Assert.Equal(
            holds,
            calendar.HasEvent(CalendarEventKind.Cpi, Some.At(from), Some.At(from) + TimeSpan.FromHours(hours))
        );
        Assert.False(
            calendar.HasEvent(CalendarEventKind.Nfp, Some.At(from), Some.At(from) + TimeSpan.FromHours(hours))
        );
    }

    [
        Theory,
        InlineData("2022-07-03T00:00:00Z", 24, 0),
        InlineData("2022-07-03T23:00:00Z", 4, 0.75),
        InlineData("2022-07-04T00:00:00Z", 24, 1),
        InlineData("2022-07-04T23:30:00Z", 1, 0.5),
        InlineData("2022-07-05T00:00:00Z", 1, 0)
    ]
    public void A_holiday_lasts_its_day(string from, int hours, double share)
    {
        // Twice: a day counts once.
        var calendar = Of(
            Event("2022-07-04", CalendarEventKind.Holiday),
            Event("2022-07-04", CalendarEventKind.Holiday)
        );
        Assert.Equal(share, calendar.HolidayShare(Some.At(from), Some.At(from) + TimeSpan.FromHours(hours)));
    }

    [Fact]
    public void An_event_counts_from_its_announcement()
    {
        var known = Some.At("2025-10-10T15:00:00Z");
        var calendar = Of(
            Event("2025-10-24T12:30:00Z", CalendarEventKind.Cpi, known),
            Event("2025-10-24", CalendarEventKind.Holiday, known)
        );
        var month = TimeSpan.FromDays(30);
        var before = new Instant(known.UnixMilliseconds - 1);
        Assert.False(calendar.HasEvent(CalendarEventKind.Cpi, before, before + month));
        Assert.True(calendar.HasEvent(CalendarEventKind.Cpi, known, known + month));
        Assert.Equal(0, calendar.HolidayShare(before, before + month));
        Assert.Equal(1 / 30.0, calendar.HolidayShare(known, known + month));
    }

    /// <summary>The answers are those of the definition, event by event.</summary>
    [Fact]
    public void Both_questions_agree_with_their_definition() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var random = new Random(seed);
                    Instant Hour(int most) => Long + TimeSpan.FromHours(random.Next(most));
                    var events = Enumerable
                        .Range(0, random.Next(40))
                        .Select(_ => (Kind: (CalendarEventKind)random.Next(5), At: Hour(1_000), Announced: Hour(1_000)))
                        .Select(e => new CalendarEvent(
                            e.Kind == CalendarEventKind.Holiday ? e.At.Floor(TimeSpan.FromDays(1)) : e.At,
                            e.Announced,
                            e.Kind,
                            "event"
                        ))
                        .ToList();
                    var calendar = Of([.. events]);
                    for (var i = 0; i < 50; i++)
                    {
                        var (from, hours) = (Hour(1_000) + TimeSpan.FromMinutes(random.Next(60)), random.Next(1, 48));
                        var span = TimeSpan.FromHours(hours);
                        var known = events.Where(e => e.Announced <= from).ToList();
                        foreach (var kind in Enum.GetValues<CalendarEventKind>())
                            Assert.Equal(
                                known.Exists(e => e.Kind == kind && e.At >= from && e.At < from + span),
                                calendar.HasEvent(kind, from, from + span)
                            );
                        var days = known.Where(e => e.Kind == CalendarEventKind.Holiday).Select(e => e.At).ToHashSet();
                        var minutes = Enumerable
                            .Range(0, hours * 60)
                            .Count(m => days.Contains((from + TimeSpan.FromMinutes(m)).Floor(TimeSpan.FromDays(1))));
                        Assert.Equal(minutes / (hours * 60.0), calendar.HolidayShare(from, from + span));
                    }
                }
            )
            .MustHold(30);

    [Fact]
    public void What_is_known_is_stated_for_each_kind()
    {
        var known = new Dictionary<CalendarEventKind, DateOnly>
        {
            [CalendarEventKind.Cpi] = new(2025, 6, 30),
            [CalendarEventKind.Nfp] = new(2025, 7, 31),
            [CalendarEventKind.Fomc] = new(2027, 12, 31),
        };
        var partly = new ForecastCalendar([], known);
        Assert.Null(partly.AllKnownUntil);
        Assert.Null(ForecastCalendar.Empty.AllKnownUntil);
        var whole = new ForecastCalendar(
            [],
            new Dictionary<CalendarEventKind, DateOnly>(known) { [CalendarEventKind.Holiday] = new(2027, 12, 31) }
        );
        Assert.Equal(new DateOnly(2025, 6, 30), whole.AllKnownUntil);
        var end = Some.At("2025-07-01");
        Assert.True(whole.Covers(CalendarEventKind.Cpi, end));
        Assert.False(whole.Covers(CalendarEventKind.Cpi, end + TimeSpan.FromMilliseconds(1)));
        Assert.True(whole.Covers(CalendarEventKind.Nfp, Some.At("2025-08-01")));
        Assert.False(whole.Covers(CalendarEventKind.Other, end));
        Assert.False(partly.Covers(CalendarEventKind.Holiday, end));
    }

    /// <summary>A release that moved: the newer calendar replaces the days that it knows.</summary>
    [Fact]
    public void Another_calendar_replaces_the_days_that_it_knows()
    {
        var shipped = new ForecastCalendar(
            [
                Event("2025-09-11T12:30:00Z", CalendarEventKind.Cpi),
                Event("2025-10-15T12:30:00Z", CalendarEventKind.Cpi),
                Event("2025-11-13T13:30:00Z", CalendarEventKind.Cpi),
                Event("2025-10-03T12:30:00Z", CalendarEventKind.Nfp),
            ],
            new Dictionary<CalendarEventKind, DateOnly> { [CalendarEventKind.Cpi] = new(2025, 12, 31) }
        );
        var moved = Some.At("2025-10-10T15:00:00Z");
        var agency = new ForecastCalendar(
            [
                Event("2025-09-11T12:30:00Z", CalendarEventKind.Cpi, moved),
                Event("2025-10-24T12:30:00Z", CalendarEventKind.Cpi, moved),
            ],
            new Dictionary<CalendarEventKind, DateOnly> { [CalendarEventKind.Cpi] = new(2025, 10, 24) }
        );
        var both = shipped.With(agency);
        Assert.Equal(
            [
                ("2025-09-11T12:30:00Z", Long),
                ("2025-10-03T12:30:00Z", Long),
                ("2025-10-24T12:30:00Z", moved),
                ("2025-11-13T13:30:00Z", Long),
            ],
            both.Events.Select(e => (e.At.ToString(), e.Announced))
        );
        Assert.Equal(new DateOnly(2025, 12, 31), both.KnownUntil[CalendarEventKind.Cpi]);
        // Without a day until which it is known, rows are added and nothing is replaced.
        var own = new ForecastCalendar(agency.Events, Unknown);
        Assert.Equal(5, shipped.With(own).Events.Count);
    }

    [Fact]
    public void The_questions_allocate_nothing()
    {
        var calendar = Of([
            .. Enumerable
                .Range(0, 500)
                .Select(i => new CalendarEvent(
                    Long + TimeSpan.FromDays(i),
                    Long,
                    i % 2 == 0 ? CalendarEventKind.Holiday : CalendarEventKind.Cpi,
                    "event"
                )),
        ]);
        var least = long.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var held = 0.0;
            for (var hour = 0; hour < 1_000; hour++)
            {
                var from = Long + TimeSpan.FromHours(hour);
                held += calendar.HasEvent(CalendarEventKind.Cpi, from, from + TimeSpan.FromHours(4)) ? 1 : 0;
                held += calendar.HolidayShare(from, from + TimeSpan.FromHours(24));
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(held > 100);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void A_holiday_that_does_not_begin_at_midnight_is_refused() =>
        Assert.Throws<ArgumentException>(() => Of(Event("2022-07-04T04:00:00Z", CalendarEventKind.Holiday)));

    [Fact]
    public void The_engine_takes_the_newest_calendar()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        Assert.Same(ForecastCalendar.Empty, engine.ForecastCalendar);
        var calendar = Of(Event("2022-07-04", CalendarEventKind.Holiday));
        Assert.Null(engine.Apply(MarketEvent.Dated(calendar)));
        Assert.Same(calendar, engine.ForecastCalendar);
    }

    private static ForecastCalendar Of(params CalendarEvent[] events) => new(events, Unknown);

    private static CalendarEvent Event(string at, CalendarEventKind kind, Instant? announced = null) =>
        new(Some.At(at), announced ?? Long, kind, "event");
}
