using System.IO.Compression;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.History;

public sealed class HistoryJobTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-history-").FullName;

    private string Candles(string name, int seed)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(
            path,
            Generated
                .Candles(1200, seed)
                .Candles.Select(c =>
                    FormattableString.Invariant(
                        $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
                    )
                )
        );
        return path;
    }

    [Fact]
    public void Each_market_gets_its_file_with_a_row_per_candle()
    {
        var (plain, zipped) = (Path.Combine(_folder, "btc.csv"), Path.Combine(_folder, "eth.csv.gz"));
        var result = HistoryJob.Run(
            new()
            {
                Markets =
                [
                    new(Pair.Parse("BTC/USDT"), Candles("1.csv", 1), plain),
                    new(Pair.Parse("ETH/USDT"), Candles("2.csv", 2), zipped),
                ],
                From = Generated.Start + TimeSpan.FromDays(1),
            }
        );
        Assert.Equal([1200 - 288, 1200 - 288], result.Rows);
        var lines = File.ReadAllLines(plain);
        Assert.Equal(AssessmentCsv.Header, lines[0]);
        Assert.StartsWith("2024-01-02T00:00:00Z,2024-01-02T00:05:00Z,", lines[1]);
        Assert.Equal(913, lines.Length);
        using var text = new StreamReader(new GZipStream(File.OpenRead(zipped), CompressionMode.Decompress));
        Assert.Equal(913, text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    [Fact]
    public void A_file_can_have_the_short_side_while_callbacks_receive_the_long_side()
    {
        var (to, rows, longs) = (
            Path.Combine(_folder, "short.csv"),
            new System.Text.StringBuilder(AssessmentCsv.Header + "\n"),
            0
        );
        HistoryJob.Run(
            new()
            {
                Markets =
                [
                    new(
                        Pair.Parse("BTC/USDT"),
                        Candles("1.csv", 1),
                        to,
                        Each: assessment =>
                        {
                            if (assessment.Side == Side.Long)
                                longs++;
                            AssessmentCsv.Append(rows, assessment.At(assessment.AssessedAt, Side.Short));
                        }
                    ),
                ],
                Side = Side.Short,
            }
        );
        Assert.Equal(1200, longs);
        Assert.Equal(rows.ToString(), File.ReadAllText(to));
    }

    [Fact]
    public void A_failure_names_the_file_and_leaves_no_partial_output()
    {
        var to = Path.Combine(_folder, "out.csv");
        var error = Assert.Throws<BacktestException>(() =>
            HistoryJob.Run(new() { Markets = [new(Pair.Parse("BTC/USDT"), Path.Combine(_folder, "none.csv"), to)] })
        );
        Assert.Contains("none.csv", error.Message);
        using var cancelled = new CancellationTokenSource();
        var stops = new Stopping(cancelled);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            HistoryJob.Run(new() { Markets = [new(Pair.Parse("BTC/USDT"), Long(), to)] }, stops, cancelled.Token)
        );
        Assert.False(File.Exists(to));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    private string Long()
    {
        var path = Path.Combine(_folder, "long.csv");
        File.WriteAllLines(
            path,
            Generated
                .Candles(20_000, 1)
                .Candles.Select(c =>
                    FormattableString.Invariant(
                        $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
                    )
                )
        );
        return path;
    }

    private sealed class Stopping(CancellationTokenSource source) : IProgress<double>
    {
        public void Report(double value) => source.Cancel();
    }
}
