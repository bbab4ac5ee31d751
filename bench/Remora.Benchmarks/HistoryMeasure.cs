using System.Diagnostics;
using System.Globalization;
using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Benchmarks;

/// <summary>
/// Measures how fast history is rebuilt from a candle file, and how fast the file is read: rows per
/// second on one core, best and median of several rounds.
/// </summary>
internal static class HistoryMeasure
{
    private const int Rounds = 9;

    public static int Run(string file)
    {
        var watch = Stopwatch.StartNew();
        var series = CandleFile.Read(file);
        var reading = watch.Elapsed;
        var tape = new Backtest.History.Tape(
            new("binance", Pair.Parse("BTC/USDT"), series.Timeframe),
            series.Candles,
            []
        );
        var options = new HistoryOptions { Policies = [RiskPolicy.Default] };
        HistoryBuilder.Build(tape, options); // compiles
        var seconds = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            watch.Restart();
            HistoryBuilder.Build(tape, options);
            seconds[round] = watch.Elapsed.TotalSeconds;
        }
        Array.Sort(seconds);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"rows={series.Candles.Count} read_seconds={reading.TotalSeconds:0.000} "
                    + $"best_seconds={seconds[0]:0.000} median_seconds={seconds[Rounds / 2]:0.000} "
                    + $"rows_per_second={series.Candles.Count / seconds[Rounds / 2]:0}"
            )
        );
        return 0;
    }
}
