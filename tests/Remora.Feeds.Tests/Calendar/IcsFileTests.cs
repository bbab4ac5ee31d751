using Remora.Csv;
using Remora.Feeds.Calendar;
using Remora.Testing;

namespace Remora.Feeds.Tests.Calendar;

public sealed class IcsFileTests
{
    private static readonly IcsOptions Options = new() { From = Some.At("2025-01-01"), Until = Some.At("2026-01-01") };

    private static string Ics(params string[] events) =>
        string.Join(
            "\r\n",
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//test//EN",
                .. events.Select(e => $"BEGIN:VEVENT\r\n{e}\r\nEND:VEVENT"),
                "END:VCALENDAR",
                "",
            ]
        );

    [Theory]
    [InlineData("DTSTART:20250319T180000Z", "2025-03-19T18:00:00Z")]
    // Daylight saving time.
    [InlineData("DTSTART;TZID=America/New_York:20250319T140000", "2025-03-19T18:00:00Z")]
    [InlineData("DTSTART;TZID=\"America/New_York\":20250129T140000", "2025-01-29T19:00:00Z")]
    [InlineData("DTSTART;X-NOTE=\"a;b:c\";TZID=Europe/Frankfurt_Nowhere:20250129T140000", null)]
    // Skipped by the change to daylight saving time: an hour later. Shown twice: the first one.
    [InlineData("DTSTART;TZID=America/New_York:20250309T023000", "2025-03-09T07:30:00Z")]
    [InlineData("DTSTART;TZID=America/New_York:20251102T013000", "2025-11-02T05:30:00Z")]
    // Names of Windows, as Outlook, Exchange and Microsoft 365 write them.
    [InlineData("DTSTART;TZID=W. Europe Standard Time:20250714T090000", "2025-07-14T07:00:00Z")]
    [InlineData("DTSTART;TZID=\"Eastern Standard Time\":20250114T083000", "2025-01-14T13:30:00Z")]
    [InlineData("DTSTART;TZID=\"tzone://Microsoft/Utc\":20250114T083000", "2025-01-14T08:30:00Z")]
    // The name of the Bureau of Labor Statistics.
    [InlineData("DTSTART;TZID=US-Eastern:20250714T083000", "2025-07-14T12:30:00Z")]
    [InlineData("DTSTART;TZID=Customized Time Zone:20250114T083000", null)]
    [InlineData("DTSTART;TZID=../../etc/passwd:20250114T083000", null)]
    [InlineData("DTSTART;TZID=:20250114T083000", null)]
    [InlineData("DTSTART:00010101T000000Z", null)]
    [InlineData("DTSTART;TZID=Asia/Tokyo:99991231T235959", null)]
    [InlineData("DTSTART:20250319T140000", null)] // no time zone
    [InlineData("DTSTART;VALUE=DATE:20250319", null)]
    [InlineData("DTSTART:soon", null)]
    [InlineData("DTSTART:20250319T180000Z\r\nSTATUS:CANCELLED", null)]
    public void A_start_is_understood_or_the_event_is_left_out_by_name(string start, string? at)
    {
        var content = IcsFile.Read(Ics("SUMMARY:Rate decision\r\n" + start), Options);
        Assert.Equal(at is null ? [] : [Some.At(at)], content.Entries.Select(entry => entry.At));
        Assert.Equal(
            at is null ? 1 : 0,
            content.LeftOut.Count(line => line.StartsWith("Rate decision", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Text_is_unfolded_unescaped_and_put_on_one_line()
    {
        var content = IcsFile.Read(
            Ics(
                "DTSTART:20250319T180000Z\r\nSUMMARY;LANGUAGE=en:Rates\\, dots\\nand\r\n  a long\r\n\tname \u0007",
                "DTSTART:20250319T180000Z\r\nSUMMARY: "
            ),
            Options
        );
        Assert.Equal("Rates, dots and a longname", Assert.Single(content.Entries).Name);
        Assert.Contains("no summary", Assert.Single(content.LeftOut), StringComparison.Ordinal);
        using var csv = new StringWriter();
        CalendarCsv.Write(csv, content.Entries);
        Assert.Equal(content.Entries, CalendarCsv.Parse($"{CalendarCsv.Header}\n{csv}").Entries);
    }

    [Fact]
    public void An_alarm_within_an_event_says_nothing_of_it()
    {
        var content = IcsFile.Read(
            Ics(
                "BEGIN:VALARM\r\nSUMMARY:ring\r\nDTSTART:20200101T000000Z\r\nEND:VALARM\r\nSUMMARY:Inflation\r\nDTSTART:20250312T123000Z"
            ),
            Options
        );
        Assert.Equal(
            new CalendarEntry(Some.At("2025-03-12T12:30:00Z"), null, "Inflation"),
            Assert.Single(content.Entries)
        );
    }

    [Fact]
    public void Whole_days_are_taken_at_a_time_the_caller_names() =>
        Assert.Equal(
            Some.At("2025-03-19T18:00:00Z"),
            Assert
                .Single(
                    IcsFile
                        .Read(
                            Ics("SUMMARY:x\r\nDTSTART;VALUE=DATE:20250319"),
                            Options with
                            {
                                AllDayAt = new(18, 0, 0),
                            }
                        )
                        .Entries
                )
                .At
        );

    [
        Theory,
        InlineData(""),
        InlineData("time,announced,name\n"),
        InlineData("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:cut")
    ]
    public void What_is_no_calendar_is_refused(string text) =>
        Assert.Throws<FormatException>(() => IcsFile.Read(text, Options));

    [Theory]
    [InlineData("Customized Time Zone")]
    [InlineData("Mars/Olympus Mons")]
    public void A_time_zone_that_is_not_known_is_named_with_what_is_allowed(string zone)
    {
        var line = Assert.Single(
            IcsFile.Read(Ics($"SUMMARY:x\r\nDTSTART;TZID={zone}:20250114T083000"), Options).LeftOut
        );
        Assert.Equal(
            $"x (20250114T083000): the time zone '{zone}' is not known: allowed are names such as Europe/Berlin or "
                + $"'W. Europe Standard Time'",
            line
        );
    }
}
