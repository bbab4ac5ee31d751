using System.Globalization;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Csv.Tests;

/// <summary>
/// The shipped dates: those of the data on which the forecast was fitted, and rules that later ones
/// must follow.
/// </summary>
public sealed class ShippedCalendarTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private static IEnumerable<CalendarEvent> Of(CalendarEventKind kind) =>
        ShippedCalendar.Dates.Events.Where(e => e.Kind == kind);

    [Fact]
    public void It_has_exactly_the_dates_of_the_data_until_2025_06()
    {
        var end = Some.At("2025-07-01");
        var events = Lines("us-events.csv").Select(line => line.Split(',')).Select(cell => (Some.At(cell[0]), cell[1]));
        var holidays = Lines("us-holidays.csv").Select(line => (Some.At(line), "holiday"));
        Assert.Equal(
            events.Concat(holidays).Order(),
            ShippedCalendar.Dates.Events.Where(e => e.At < end).Select(e => (e.At, RemoraJson.NameOf(e.Kind))).Order()
        );
    }

    /// <summary>A forecast looks a day ahead: a date must be announced before that.</summary>
    [Fact]
    public void Each_date_was_announced_more_than_a_day_before() =>
        Assert.All(
            ShippedCalendar.Dates.Events,
            e => Assert.True(e.At - e.Announced > TimeSpan.FromDays(1), $"{e.Name} at {e.At}")
        );

    [Fact]
    public void Releases_are_on_weekdays_at_their_time_in_New_York()
    {
        foreach (var e in ShippedCalendar.Dates.Events.Where(e => e.Kind != CalendarEventKind.Holiday))
        {
            var local = TimeZoneInfo.ConvertTime(e.At.ToDateTimeOffset(), NewYork);
            Assert.InRange(local.DayOfWeek, DayOfWeek.Monday, DayOfWeek.Friday);
            Assert.Equal(
                e.Kind == CalendarEventKind.Fomc ? new TimeSpan(14, 0, 0) : new TimeSpan(8, 30, 0),
                local.TimeOfDay
            );
        }
    }

    [Fact]
    public void Every_year_has_its_number_of_events_and_releases_that_moved_are_where_they_took_place()
    {
        for (var year = 2021; year <= 2027; year++)
            Assert.Equal(8, Of(CalendarEventKind.Fomc).Count(e => e.At.ToDateTimeOffset().Year == year));
        foreach (var kind in new[] { CalendarEventKind.Cpi, CalendarEventKind.Nfp })
            for (var year = 2021; year <= 2026; year++)
                // The shutdown of 2025 took one of each.
                Assert.Equal(year == 2025 ? 11 : 12, Of(kind).Count(e => e.At.ToDateTimeOffset().Year == year));
        Assert.Contains(Of(CalendarEventKind.Cpi), e => e.At == Some.At("2025-10-24T12:30:00Z"));
        Assert.Contains(Of(CalendarEventKind.Nfp), e => e.At == Some.At("2026-02-11T13:30:00Z"));
        Assert.DoesNotContain(Of(CalendarEventKind.Cpi), e => e.At == Some.At("2025-10-15T12:30:00Z"));
        Assert.DoesNotContain(Of(CalendarEventKind.Nfp), e => e.At == Some.At("2026-02-06T13:30:00Z"));
    }

    /// <summary>
    /// Federal holidays without Columbus Day and Veterans Day, Good Friday, the day after
    /// Thanksgiving, and 24 December on weekdays.
    /// </summary>
    [Theory]
    [InlineData(2022, "04-15")]
    [InlineData(2023, "04-07")]
    [InlineData(2024, "03-29")]
    [InlineData(2025, "04-18")]
    [InlineData(2026, "04-03")]
    [InlineData(2027, "03-26")]
    public void Holidays_follow_their_rules(int year, string goodFriday)
    {
        DateOnly Day(int month, int day) => new(year, month, day);
        DateOnly Nth(int month, DayOfWeek weekday, int n) =>
            Enumerable.Range(1, 31).Select(d => Day(month, d)).Where(d => d.DayOfWeek == weekday).ElementAt(n - 1);
        static DateOnly Observed(DateOnly day) =>
            day.DayOfWeek switch
            {
                DayOfWeek.Saturday => day.AddDays(-1),
                DayOfWeek.Sunday => day.AddDays(1),
                _ => day,
            };
        var thanksgiving = Nth(11, DayOfWeek.Thursday, 4);
        var memorial = Enumerable.Range(25, 7).Select(d => Day(5, d)).Single(d => d.DayOfWeek == DayOfWeek.Monday);
        DateOnly[] days =
        [
            Day(1, 1),
            Observed(Day(1, 1)),
            Observed(new(year + 1, 1, 1)),
            Nth(1, DayOfWeek.Monday, 3),
            Nth(2, DayOfWeek.Monday, 3),
            DateOnly.ParseExact($"{year}-{goodFriday}", "yyyy-MM-dd", CultureInfo.InvariantCulture),
            memorial,
            Observed(Day(6, 19)),
            Observed(Day(7, 4)),
            Nth(9, DayOfWeek.Monday, 1),
            thanksgiving,
            thanksgiving.AddDays(1),
            .. new[] { Day(12, 24) }.Where(day => day == Observed(day)),
            Day(12, 25),
            Observed(Day(12, 25)),
        ];
        Assert.Equal(
            days.Where(day => day.Year == year).Distinct().Order(),
            Of(CalendarEventKind.Holiday)
                .Select(e => DateOnly.FromDateTime(e.At.ToDateTimeOffset().UtcDateTime))
                .Where(day => day.Year == year)
        );
    }

    [Fact]
    public void It_states_until_when_its_dates_are_known() =>
        Assert.Equal(
            [
                (CalendarEventKind.Cpi, new DateOnly(2026, 12, 31)),
                (CalendarEventKind.Nfp, new DateOnly(2026, 12, 31)),
                (CalendarEventKind.Fomc, new DateOnly(2027, 12, 31)),
                (CalendarEventKind.Holiday, new DateOnly(2027, 12, 31)),
            ],
            ShippedCalendar.Dates.KnownUntil.OrderBy(known => known.Key).Select(known => (known.Key, known.Value))
        );

    private static IEnumerable<string> Lines(string file) =>
        File.ReadLines(SharedData.Require($"outside/{file}")).Skip(1).Where(line => line.Length > 0);
}
