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
            [new(Some.At("2026-01-28T19:00:00Z"), null, name)],
            CalendarCsv.Parse(
                $"  # indented, \"too\"\n{CalendarCsv.Header}\r\n# \"comment\n\n2026-01-28T19:00:00Z, ,{written}\n"
            )
        );

    [Fact]
    public void What_is_written_is_read_back()
    {
        CalendarEntry[] entries =
        [
            new(Some.At("2026-01-28T19:00:00Z"), null, "Rates, \"dots\""),
            new(Some.At("2026-01-29T19:00:00Z"), Some.At("2025-06-30"), "\"quoted\" # and hashed"),
        ];
        using var text = new StringWriter();
        text.Write(CalendarCsv.Header + "\n");
        CalendarCsv.Write(text, entries);
        Assert.Equal(entries, CalendarCsv.Parse(text.ToString()));
    }

    [Theory]
    [InlineData("\"Rates\" today", "line 2: expected a comma after the closing quote")]
    [InlineData("\"Rates", "line 2: a quote is not closed on its line")]
    public void Wrong_quotes_are_refused(string name, string reason) =>
        Assert.Equal(
            reason,
            Assert
                .Throws<CsvException>(() => CalendarCsv.Parse($"{CalendarCsv.Header}\n2026-01-28T19:00:00Z,,{name}\n"))
                .Message
        );
}
