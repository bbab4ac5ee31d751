using Remora.Backtest.Data;
using Remora.Markets;

namespace Remora.Backtest.Tests.Data;

/// <summary>Outside values become knowable when they are published, never before.</summary>
public sealed class OutsideFileTests
{
    [Theory]
    [InlineData(
        OutsideKind.FearGreedDaily,
        "timestamp,date,value,value_classification",
        "30,Fear",
        "2022-06-13T00:00:00Z",
        30
    )]
    [InlineData(
        OutsideKind.VixDaily,
        "timestamp,date,open,high,low,close",
        "1,2,3,34.02",
        "2022-06-13T21:15:00Z",
        34.02
    )]
    [InlineData(OutsideKind.DollarIndexDaily, "timestamp,date,close", "105.1", "2022-06-13T21:15:00Z", 105.1)]
    [InlineData(
        OutsideKind.BtcDominanceDaily,
        "timestamp,date,btc_dominance_pct",
        "46.5",
        "2022-06-14T00:00:00Z",
        46.5
    )]
    [InlineData(OutsideKind.OpenInterestDaily, "timestamp,date,open_interest_usd", "1e9", "2022-06-14T00:00:00Z", 1e9)]
    [InlineData(
        OutsideKind.FundingDailyMean,
        "timestamp,date,funding_mean,funding_abs",
        "-0.0001,0.0001",
        "2022-06-14T00:00:00Z",
        -0.0001
    )]
    public void Values_become_knowable_at_publication(
        OutsideKind kind,
        string header,
        string rest,
        string known,
        double value
    )
    {
        var path = Written($"{header}\n1655078400000,2022-06-13,{rest}\n");
        var observation = Assert.Single(OutsideFile.Read(path, kind, "BTC"));
        Assert.Equal((value, known, "BTC"), (observation.Value, observation.KnowableAt.ToString(), observation.Base));
    }

    [Fact]
    public void Funding_becomes_knowable_at_its_timestamp()
    {
        var observation = Assert.Single(
            OutsideFile.Read(Written("timestamp,funding_rate\n1655107200000,0.0002\n"), OutsideKind.Funding8h, "BTC")
        );
        Assert.Equal("2022-06-13T08:00:00Z", observation.KnowableAt.ToString());
    }

    [Theory]
    [InlineData(OutsideKind.VixDaily, "close", "34.02", 34.02)]
    [InlineData(OutsideKind.Funding8h, "funding_rate", "0.0002", 0.0002)]
    [InlineData(OutsideKind.OpenInterestDaily, "open_interest", "51000.5", 51_000.5)]
    public void A_file_can_state_when_each_value_became_knowable(
        OutsideKind kind,
        string column,
        string text,
        double value
    )
    {
        var path = Written($"timestamp,{column},knowable_at\n1655107200000,{text},1655107200017\n");
        var observation = Assert.Single(OutsideFile.Read(path, kind, "BTC"));
        Assert.Equal((value, "2022-06-13T08:00:00.017Z"), (observation.Value, observation.KnowableAt.ToString()));
    }

    [Fact]
    public void A_file_can_end_where_another_takes_over() =>
        Assert.Empty(
            OutsideFile.Read(
                Written("timestamp,funding_rate\n1655107200000,0.0002\n"),
                OutsideKind.Funding8h,
                "BTC",
                Generated.At("2022-06-13T08:00:00Z")
            )
        );

    [Theory]
    [InlineData("time,close\n", "line 1: expected the columns 'timestamp' first and 'close'")]
    [InlineData("timestamp,close\n1655078400000,many\n", "line 2: 'many' is not a number for 'close'")]
    [InlineData("timestamp,close\nyesterday,3\n", "line 2: expected 2 columns, the first a time")]
    [InlineData(
        "timestamp,close,knowable_at\n1655078400000,3,1655078399999\n",
        "line 2: '1655078399999' in 'knowable_at' is not a time in Unix milliseconds from 2022-06-13T00:00:00Z on"
    )]
    [InlineData("timestamp,close,knowable_at\n1655078400000,3\n", "line 2: '' in 'knowable_at' is not a time")]
    [InlineData("", "the file is empty")]
    public void Invalid_files_are_rejected_with_the_reason(string text, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<BacktestException>(() => OutsideFile.Read(Written(text), OutsideKind.VixDaily)).Message
        );

    private static string Written(string text)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("remora-outside-").FullName, "file.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
