using Remora.Markets;
using Remora.Testing;

namespace Remora.Csv.Tests;

public sealed class CalendarCsvTests
{
    [Theory]
    [InlineData("Rates, dots and a press conference", "Rates, dots and a press conference")]
    [InlineData("\"Rates, \"\"dots\"\" and more\"", "Rates, \"dots\" and more")]
    [InlineData("The \"dot plot\" of June", "The \"dot plot\" of June")]
    [InlineData("The \"dot plot\", and \"more\"", "The \"dot plot\", and \"more\"")]
    [InlineData("  padded , text  ", "padded , text")]
    public void A_name_is_quoted_or_the_rest_of_its_line(string written, string name) =>
        Assert.Equal(
            [new(Some.At("2026-01-28T19:00:00Z"), null, name) { Kind = CalendarEventKind.Fomc }],
            CalendarCsv
                .Parse(
                    $"  # indented, \"too\"\n{CalendarCsv.Header}\r\n# \"comment\n\n"
                        + $"2026-01-28T19:00:00Z, ,fomc,{written}\n"
                )
                .Entries
        );

    /// <summary>Files of version 0.1 have no kind.</summary>
    [Fact]
    public void A_file_without_kinds_is_read()
    {
        var content = CalendarCsv.Parse("time,announced,name\n2026-01-28T19:00:00Z,2025-06-30,fomc,and its comma\n");
        Assert.Equal(
            [new(Some.At("2026-01-28T19:00:00Z"), Some.At("2025-06-30"), "fomc,and its comma")],
            content.Entries
        );
        Assert.Equal(CalendarEventKind.Other, content.Entries[0].Kind);
        Assert.False(content.HasKind);
        Assert.Empty(content.KnownUntil);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        CalendarEntry[] entries =
        [
            new(Some.At("2026-01-28T19:00:00Z"), null, "Rates, \"dots\""),
            new(Some.At("2026-01-29T19:00:00Z"), Some.At("2025-06-30"), "\"quoted\" # and hashed"),
            new(Some.At("2026-12-25"), null, "Christmas") { Kind = CalendarEventKind.Holiday },
        ];
        using var text = new StringWriter();
        text.Write(CalendarCsv.KnownUntilLine(CalendarEventKind.Cpi, new(2026, 1, 31)) + "\n");
        text.Write(CalendarCsv.Header + "\n");
        CalendarCsv.Write(text, entries);
        var content = CalendarCsv.Parse(text.ToString());
        Assert.Equal(entries, content.Entries);
        Assert.Equal(new DateOnly(2026, 1, 31), Assert.Single(content.KnownUntil).Value);
    }

    [Fact]
    public void Known_until_is_stated_for_a_kind_or_for_all()
    {
        var content = CalendarCsv.Parse(
            $"#known until:  2027-12-31\r\n{CalendarCsv.Header}\n  # Known until: cpi 2026-12-31\n# known, until\n"
        );
        Assert.Equal(
            [
                (CalendarEventKind.Cpi, new DateOnly(2026, 12, 31)),
                (CalendarEventKind.Nfp, new DateOnly(2027, 12, 31)),
                (CalendarEventKind.Fomc, new DateOnly(2027, 12, 31)),
                (CalendarEventKind.Holiday, new DateOnly(2027, 12, 31)),
            ],
            content.KnownUntil.OrderBy(known => known.Key).Select(known => (known.Key, known.Value))
        );
    }

    [Theory]
    [InlineData(
        "2026-01-28T19:00:00Z,,rates,x",
        "line 2: kind is 'rates', expected one of cpi, nfp, fomc, holiday, other"
    )]
    [InlineData("2026-01-28T19:00:00Z,,CPI,x", "line 2: kind is 'CPI', expected one of")]
    [InlineData("2026-01-28T19:00:00Z,,cpi", "line 2: expected 'time,announced,kind,name', with a name")]
    [InlineData("2026-01-28T19:00:00Z,soon,cpi,x", "line 2: announced is 'soon'")]
    [InlineData("2026-01-28,,cpi,x", "line 2: time is '2026-01-28', expected one in UTC")]
    [InlineData("2026-12-25T05:00:00Z,,holiday,x", "line 2: time is '2026-12-25T05:00:00Z', expected 00:00 UTC")]
    [InlineData("\n# known until: soon", "line 3: known until is 'soon', expected a date such as 2027-12-31")]
    [InlineData("# known until: rates 2027-12-31", "line 2: known until is 'rates 2027-12-31', expected a date")]
    [InlineData("# known until: cpi", "line 2: known until is 'cpi', expected a date")]
    [InlineData("# known until:", "line 2: known until is '', expected a date")]
    [InlineData("# known until: 2027-12-31\n# known until: 2027-12-31", "line 3: known until is stated twice")]
    [InlineData(
        "# known until: cpi 2027-12-31\n# known until: cpi 2027-12-31",
        "line 3: known until is stated twice for cpi"
    )]
    public void A_wrong_line_is_named(string lines, string reason) =>
        Assert.StartsWith(
            reason,
            Assert.Throws<CsvException>(() => CalendarCsv.Parse($"{CalendarCsv.Header}\n{lines}\n")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_file_that_is_too_large_is_refused() =>
        Assert.Equal(
            "the file has more than 1048576 bytes, the maximum",
            Assert
                .Throws<FormatException>(() =>
                    CalendarCsv.Read(new MemoryStream(new byte[CalendarCsv.LargestFile + 1]))
                )
                .Message
        );

    [Fact]
    public void A_holiday_raises_the_flag_around_its_day_and_another_event_around_its_time()
    {
        var (hour, day) = (TimeSpan.FromHours(1), Some.At("2026-12-25"));
        var holiday = new CalendarEntry(day, null, "Christmas") { Kind = CalendarEventKind.Holiday };
        Assert.Equal(new(holiday.Name, day, day - hour, day + (25 * hour)), holiday.Scheduled(hour, hour));
        var other = holiday with { Kind = CalendarEventKind.Cpi };
        Assert.Equal(new(holiday.Name, day, day - hour, day + hour), other.Scheduled(hour, hour));
    }

    [Theory]
    [InlineData("\"Rates\" today", "line 2: expected a comma after the closing quote")]
    [InlineData("\"Rates", "line 2: a quote is not closed on its line")]
    public void Wrong_quotes_are_refused(string name, string reason) =>
        Assert.Equal(
            reason,
            Assert
                .Throws<CsvException>(() =>
                    CalendarCsv.Parse($"{CalendarCsv.Header}\n2026-01-28T19:00:00Z,,cpi,{name}\n")
                )
                .Message
        );
}
