using Remora.Csv;
using Remora.Feeds.Calendar;
using Remora.Testing;

namespace Remora.Feeds.Tests.Calendar;

/// <summary>Repeating events of iCalendar files.</summary>
public sealed class RecurrenceTests
{
    private static readonly IcsOptions Year = new() { From = Some.At("2026-01-01"), Until = Some.At("2027-01-01") };

    /// <summary>
    /// The dates were computed with python-dateutil 2.9. Unlike there, the start is always the
    /// first one, as RFC 5545 requires.
    /// </summary>
    [Theory]
    // The clocks of New York change on 8 March and 1 November 2026.
    [InlineData(
        "DTSTART;TZID=America/New_York:20260225T083000",
        "FREQ=WEEKLY;COUNT=3",
        "02-25 13:30, 03-04 13:30, 03-11 12:30"
    )]
    [InlineData(
        "DTSTART;TZID=America/New_York:20261030T013000",
        "FREQ=DAILY;COUNT=4",
        "10-30 05:30, 10-31 05:30, 11-01 05:30, 11-02 06:30"
    )]
    [InlineData(
        "DTSTART;TZID=America/New_York:20260307T023000",
        "FREQ=DAILY;COUNT=3",
        "03-07 07:30, 03-08 07:30, 03-09 06:30"
    )]
    [InlineData(
        "DTSTART:20260102T120000Z",
        "FREQ=DAILY;INTERVAL=100",
        "01-02 12:00, 04-12 12:00, 07-21 12:00, 10-29 12:00"
    )]
    // The start is a Friday.
    [InlineData(
        "DTSTART:20260102T120000Z",
        "FREQ=DAILY;BYDAY=SA,SU;UNTIL=20260110T120000Z",
        "01-02 12:00, 01-03 12:00, 01-04 12:00, 01-10 12:00"
    )]
    [InlineData(
        "DTSTART:20260101T120000Z",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=4",
        "01-01 12:00, 01-12 12:00, 01-15 12:00, 01-26 12:00"
    )]
    // The first day of the week decides which weeks are skipped.
    [InlineData(
        "DTSTART:20260804T120000Z",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "08-04 12:00, 08-09 12:00, 08-18 12:00, 08-23 12:00"
    )]
    [InlineData(
        "DTSTART:20260804T120000Z",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "08-04 12:00, 08-16 12:00, 08-18 12:00, 08-30 12:00"
    )]
    // Months without a 31st are skipped.
    [InlineData(
        "DTSTART:20260131T120000Z",
        "FREQ=MONTHLY;COUNT=4",
        "01-31 12:00, 03-31 12:00, 05-31 12:00, 07-31 12:00"
    )]
    [InlineData(
        "DTSTART:20260131T120000Z",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        "01-31 12:00, 02-28 12:00, 03-31 12:00"
    )]
    [InlineData("DTSTART:20260102T133000Z", "FREQ=MONTHLY;BYDAY=1FR;COUNT=3", "01-02 13:30, 02-06 13:30, 03-06 13:30")]
    [InlineData(
        "DTSTART:20260130T133000Z",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR",
        "01-30 13:30, 04-24 13:30, 07-31 13:30, 10-30 13:30"
    )]
    [InlineData(
        "DTSTART:20260213T120000Z",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "02-13 12:00, 03-13 12:00, 11-13 12:00"
    )]
    [InlineData(
        "DTSTART:20260130T120000Z",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
        "01-30 12:00, 02-27 12:00, 03-31 12:00"
    )]
    [InlineData("DTSTART:20250616T120000Z", "FREQ=YEARLY", "06-16 12:00")]
    [InlineData("DTSTART:20240229T120000Z", "FREQ=YEARLY", "")]
    [InlineData("DTSTART:20250101T120000Z", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=3WE", "03-18 12:00, 12-16 12:00")]
    [InlineData("DTSTART:20250101T120000Z", "FREQ=YEARLY;BYDAY=20MO,-1SU", "05-18 12:00, 12-27 12:00")]
    [InlineData(
        "DTSTART:20250101T120000Z",
        "FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=15,-1",
        "01-15 12:00, 01-31 12:00, 02-15 12:00, 02-28 12:00"
    )]
    [InlineData("DTSTART:20250630T120000Z", "FREQ=YEARLY;INTERVAL=2", "")]
    [InlineData("DTSTART;VALUE=DATE:20260105", "FREQ=WEEKLY;UNTIL=20260119", "01-05 18:00, 01-12 18:00, 01-19 18:00")]
    public void Rules_give_the_dates_of_the_year(string start, string rule, string dates)
    {
        var content = Read($"{start}\r\nRRULE:{rule}", Year with { AllDayAt = new(18, 0, 0) });
        Assert.Equal(dates, Text(content));
        Assert.Equal(
            dates.Length == 0
                ?
                [
                    "x ("
                        + start[(start.IndexOf(':') + 1)..]
                        + "): it has no date from 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z",
                ]
                : [],
            content.LeftOut
        );
    }

    [Fact]
    public void Excluded_dates_count() =>
        Assert.Equal(
            "01-02 13:30, 01-16 13:30, 01-30 13:30",
            Text(
                Read(
                    """
                    DTSTART;TZID=America/New_York:20260102T083000
                    RRULE:FREQ=WEEKLY;COUNT=5
                    EXDATE;TZID=America/New_York:20260109T083000,20260123T083000
                    EXDATE:20990101T000000Z
                    """
                )
            )
        );

    [Fact]
    public void Dates_can_be_added_as_times_dates_and_periods() =>
        Assert.Equal(
            "01-02 13:30, 02-01 13:30, 03-01 12:00, 04-01 12:00",
            Text(
                Read(
                    """
                    DTSTART;TZID=America/New_York:20260102T083000
                    RDATE;TZID=America/New_York:20260102T083000
                    RDATE;VALUE=DATE:20260201
                    RDATE:20260301T120000Z,20260401T120000Z/PT1H,20300101T000000Z
                    """
                )
            )
        );

    [Fact]
    public void An_export_of_Outlook_is_read()
    {
        var content = IcsFile.Read(Fixture("outlook.ics"), Year with { Until = Some.At("2026-05-01") });
        Assert.Equal(
            [
                // Every third Wednesday at 14:15 in Frankfurt, the second one moved by a day, the
                // third one cancelled.
                "01-21 13:15 Council: rate decision",
                "04-15 12:15 Council: rate decision",
                "02-19 13:15 Council: rate decision (moved)",
                // The last working day of the month, in the zone of New York.
                "01-30 21:00 Month's last close",
                "02-27 21:00 Month's last close",
                "03-31 20:00 Month's last close",
                "04-30 20:00 Month's last close",
            ],
            content.Entries.Select(entry => $"{entry.At.ToDateTimeOffset():MM-dd HH:mm} {entry.Name}")
        );
        Assert.Equal(["Council: rate decision (20260318T141500): it is cancelled"], content.LeftOut);
    }

    [Fact]
    public void An_export_of_Google_Calendar_is_read()
    {
        var content = IcsFile.Read(
            Fixture("google.ics"),
            Year with
            {
                Until = Some.At("2026-04-01"),
                AllDayAt = new(12, 0, 0),
            }
        );
        Assert.Equal(
            [
                "03-13 12:30 Employment report",
                "01-02 13:30 Employment report",
                "02-06 13:30 Employment report",
                "01-07 15:30 Oil inventories",
                "01-21 15:30 Oil inventories",
                "03-18 18:00 Options expire, all of them",
                "01-01 12:00 Holiday",
            ],
            content.Entries.Select(entry => $"{entry.At.ToDateTimeOffset():MM-dd HH:mm} {entry.Name}")
        );
        Assert.Empty(content.LeftOut);
    }

    [Theory]
    [InlineData(
        "RRULE:FREQ=HOURLY",
        "its rule 'FREQ=HOURLY' cannot be used: FREQ is 'HOURLY': supported are DAILY, WEEKLY, MONTHLY, YEARLY"
    )]
    [InlineData("RRULE:COUNT=2", "its rule 'COUNT=2' cannot be used: FREQ is ''")]
    [InlineData("RRULE:FREQ=DAILY,MONTHLY", "FREQ is 'DAILY,MONTHLY'")]
    [InlineData(
        "RRULE:FREQ=YEARLY;BYWEEKNO=20",
        "its rule 'FREQ=YEARLY;BYWEEKNO=20' cannot be used: BYWEEKNO is not supported: supported are FREQ,"
    )]
    [InlineData("RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL is '0': expected a number from 1 to 1000")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=-1", "COUNT is '-1': expected a number from 1 to")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=2;UNTIL=20260301", "both COUNT and UNTIL")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=2;COUNT=3", "it has COUNT twice")]
    [InlineData("RRULE:FREQ=DAILY;UNTIL=soon", "'soon' is not a time")]
    [InlineData("RRULE:FREQ=DAILY;BYDAY=2MO", "BYDAY with a number is not allowed with FREQ=DAILY")]
    [InlineData("RRULE:FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY is not allowed with FREQ=WEEKLY")]
    [InlineData("RRULE:FREQ=MONTHLY;BYDAY=XX", "BYDAY has 'XX': expected SU, MO, TU, WE, TH, FR, SA")]
    [InlineData("RRULE:FREQ=MONTHLY;BYDAY=0MO", "BYDAY has the number 0")]
    [InlineData("RRULE:FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY is '32': expected a number from -31 to 31")]
    [InlineData("RRULE:FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs BYDAY")]
    [InlineData("RRULE:FREQ=MONTHLY;BYDAY", "'BYDAY' is not NAME=VALUE")]
    [InlineData("RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY", "more than one RRULE")]
    [InlineData("RRULE:FREQ=DAILY\r\nEXRULE:FREQ=WEEKLY", "EXRULE is not supported")]
    [InlineData("RRULE:FREQ=DAILY\r\nEXDATE;TZID=Nowhere:20260101T000000", "the time zone 'Nowhere' is not known")]
    public void What_is_not_supported_is_left_out_with_the_rule_and_the_reason(string lines, string reason)
    {
        var content = Read("DTSTART:20260101T120000Z\r\n" + lines);
        Assert.Empty(content.Entries);
        Assert.Contains(reason, Assert.Single(content.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_all_later_dates_leaves_the_series_out()
    {
        const string series = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\nDTSTART:20260101T120000Z\r\n";
        var content = IcsFile.Read(
            "BEGIN:VCALENDAR\r\n"
                + series
                + "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
                + series
                + "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T120000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            Year
        );
        Assert.Empty(content.Entries);
        Assert.All(content.LeftOut, line => Assert.Contains("RANGE=THISANDFUTURE", line, StringComparison.Ordinal));
        Assert.Equal(2, content.LeftOut.Count);
    }

    [Fact]
    public void Files_and_rules_have_bounds()
    {
        var many = string.Concat(
            Enumerable.Repeat(
                "BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:19700101T000000Z\r\nRRULE:FREQ=DAILY;COUNT=1\r\nEND:VEVENT\r\n",
                1001
            )
        );
        Assert.Contains(
            "more than 1000 repeating events",
            Refusal($"BEGIN:VCALENDAR\r\n{many}END:VCALENDAR\r\n"),
            StringComparison.Ordinal
        );
        var daily = string.Concat(
            Enumerable.Repeat(
                "BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:19700101T000000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n",
                6
            )
        );
        Assert.Contains(
            $"more than {CalendarCsv.MostEntries} events, including repetitions until 2027-01-01T00:00:00Z",
            Refusal($"BEGIN:VCALENDAR\r\n{daily}END:VCALENDAR\r\n"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "more than 60 values",
            Assert.Single(
                Read(
                    $"DTSTART:20260101T120000Z\r\nRRULE:FREQ=WEEKLY;BYDAY=MO{string.Concat(Enumerable.Repeat(",MO", 60))}"
                ).LeftOut
            ),
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Read("DTSTART:20260101T120000Z", Year with { Until = Remora.Markets.Instant.MaxValue })
        );
    }

    private static string Refusal(string text) =>
        Assert.Throws<FormatException>(() => IcsFile.Read(text, Year)).Message;

    private static IcsContent Read(string lines, IcsOptions? options = null) =>
        IcsFile.Read(
            $"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            options ?? Year
        );

    private static string Text(IcsContent content) =>
        string.Join(", ", content.Entries.Select(entry => $"{entry.At.ToDateTimeOffset():MM-dd HH:mm}"));

    private static string Fixture(string name) =>
        File.ReadAllText(Repository.PathOf("tests", "Remora.Feeds.Tests", "Fixtures", name));
}
