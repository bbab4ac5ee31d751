using System.Text;
using Remora.Columns;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Csv.Tests;

public sealed class CandleCsvTests
{
    private const string First = "2024-01-01T00:00:00.000Z",
        Second = "2024-01-01T00:05:00.000Z";
    private const string Header = "time,open,high,low,close,volume\n";

    public static TheoryData<string> TimeNames => [.. CandleColumns.Times];

    [Theory, MemberData(nameof(TimeNames))]
    public void The_time_has_any_of_the_known_names_in_any_case_and_place(string name)
    {
        var tape = Read(
            $"""
            open,high,low,close,{name.ToUpperInvariant()},volume
            1,4,0.5,2,{First},10
            2,4,1,3,{Second},11
            """
        );
        Assert.Equal((Timeframe.FiveMinutes, 2), (tape.Timeframe, tape.Candles.Count));
        Assert.Equal(new(Some.At("2024-01-01"), 1, 4, 0.5, 2, 10), tape.Candles[0]);
    }

    [Fact]
    public void Quoted_fields_are_read_and_may_contain_commas_and_quotes()
    {
        var tape = Read(
            $"""
            "note","opened","open","high","low","close","volume"
            "a, ""b"", c","{First}","1","4","0.5","2","10"
            ,{Second},2,4,1,3,"11"
            """
        );
        var values = tape.Candles.Select(c => (c.Open, c.High, c.Low, c.Close, c.Volume));
        Assert.Equal([(1, 4, 0.5, 2, 10), (2, 4, 1, 3, 11)], values);
    }

    [Fact]
    public void Of_several_times_the_first_name_of_the_table_counts()
    {
        var tape = Read(
            $"""
            date,timestamp,open,high,low,close,volume
            1999-01-01,{First},1,4,0.5,2,10
            1999-01-01,{Second},2,4,1,3,11
            """
        );
        Assert.Equal(2024, tape.Candles[0].OpenTime.ToDateTimeOffset().Year);
    }

    [Theory]
    [InlineData("\"1704067200000\",\"1\",\"4\",\"0.5\",\"2\",\"10\"\n\"1704067500000\",2,4,1,3,11\n")]
    [InlineData("1704067200000,1,4,0.5,2,10\n1704067500000,2,4,1,3,11")]
    public void Without_a_header_the_columns_are_in_the_usual_order(string text) =>
        Assert.Equal(2, Read(text).Candles.Count);

    [Theory]
    [InlineData(
        "opening,open,high,low,close,volume\n",
        "line 1: the header has no time column: expected one of timestamp"
    )]
    [InlineData("time,open,high,low,close\n", "line 1: the header has no column 'volume'")]
    [InlineData(Header + "\"2024-01-01,1,4,0.5,2,10\n", "line 2: a quote is not closed")]
    [InlineData(Header + "\"2024-01-01\"Z,1,4,0.5,2,10\n", "line 2: expected a comma after the closing quote")]
    [InlineData(Header + "\"2024-01-01\",1,4,0.5,2\n", "line 2: expected 6 columns, found 5")]
    [InlineData(Header + "2024-01-01,1,\"4,5\",0.5,2,10\n", "line 2: '4,5' is not a number for 'high'")]
    public void What_is_wrong_is_named_with_its_line(string text, string complaint) =>
        Assert.StartsWith(complaint, Assert.Throws<CandleFileException>(() => Read(text)).Message);

    private static CandleTape Read(string text) => CandleCsv.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)));
}
