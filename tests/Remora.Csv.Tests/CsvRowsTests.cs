using System.Globalization;
using System.Text;

namespace Remora.Csv.Tests;

public sealed class CsvRowsTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a|b;1|2")]
    [InlineData("\uFEFFa,b\r\n1,2", "a|b;1|2")]
    [InlineData("a , \"b, \"\"c\"\" \" \n,\n", "a|b, \"c\" ;|")]
    [InlineData("a;b\n\n  \n5\" pipe,x\n", "a;b;5\" pipe|x")]
    [InlineData("", "")]
    public void Rows_are_read_with_their_quotes_removed(string text, string rows)
    {
        using var csv = Rows(text);
        var read = new List<string>();
        while (csv.Read())
            read.Add(string.Join('|', csv.ToArray()));
        Assert.Equal(rows, string.Join(';', read));
    }

    [Theory]
    [InlineData("a\n\n# c\n\"b\" c,d\n", 4, "expected a comma after the closing quote")]
    [InlineData("a\n\"b\nc\n", 2, "a quote is not closed on its line")]
    [InlineData("a\n\"b", 2, "a quote is not closed on its line")]
    public void Wrong_quotes_are_named_with_their_line(string text, int line, string problem)
    {
        using var csv = Rows(text, '#');
        Assert.True(csv.Read());
        var wrong = Assert.Throws<CsvException>(() => csv.Read());
        Assert.Equal((line, problem, $"line {line}: {problem}"), (wrong.Line, wrong.Problem, wrong.Message));
    }

    [Theory]
    [InlineData("")] // one field
    [InlineData("\"")] // a quote that is never closed
    [InlineData("#")] // a comment
    public void A_line_without_an_end_is_refused_and_not_held(string start)
    {
        const int size = 1 << 26;
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var csv = new CsvRows(new EndlessLine("a,b\n1,2\n" + start, size), '#');
        Assert.True(csv.Read());
        Assert.True(csv.Read());
        Assert.Equal(
            $"line 3: the line is longer than {CsvRows.LongestLine} bytes, the maximum",
            Assert.Throws<CsvException>(() => csv.Read()).Message
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, size / 16);
    }

    [Fact]
    public void A_line_up_to_the_bound_is_read()
    {
        using var csv = Rows(new string('x', CsvRows.LongestLine - 1) + "\ny\n");
        Assert.True(csv.Read());
        Assert.Equal(CsvRows.LongestLine - 1, csv[0].Length);
        Assert.True(csv.Read());
        Assert.Equal((2, "y"), (csv.Line, csv[0]));
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            german.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = german;
            using var text = new StringWriter();
            using (var csv = CsvOutput.To(text))
            {
                csv.WriteField(0.1);
                csv.WriteField(1e-7);
                csv.WriteField(true);
                csv.WriteField("a, \"b\"");
                csv.EndRecord();
            }
            Assert.Equal("0.1,1E-07,true,\"a, \"\"b\"\"\"\n", text.ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static CsvRows Rows(string text, char? comment = null) =>
        new(new MemoryStream(Encoding.UTF8.GetBytes(text)), comment);

    /// <summary>A stream whose last line goes on and on.</summary>
    private sealed class EndlessLine(string start, long size) : MemoryStream
    {
        private readonly byte[] _start = Encoding.UTF8.GetBytes(start);
        private long _read;

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(size - _read, count);
            for (var i = 0; i < read; i++, _read++)
                buffer[offset + i] = _read < _start.Length ? _start[_read] : (byte)'x';
            return read;
        }

        public override int Read(Span<byte> buffer)
        {
            var bytes = new byte[Math.Min(buffer.Length, 4096)];
            var read = Read(bytes, 0, bytes.Length);
            bytes.AsSpan(0, read).CopyTo(buffer);
            return read;
        }
    }
}
