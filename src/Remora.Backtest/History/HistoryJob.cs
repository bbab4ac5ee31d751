using System.IO.Compression;
using System.Text;
using Remora.Backtest.Data;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.History;

/// <summary>Rebuilds histories from files to files: a CSV per market with a row per candle, as data frames and Freqtrade take it. Several markets are built side by side.</summary>
public static class HistoryJob
{
    /// <summary>Runs it. A file appears under its name only when it is whole.</summary>
    /// <exception cref="BacktestException">A file cannot be read or written.</exception>
    public static HistoryResult Run(HistoryJobOptions options, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Markets.Count == 0) throw new BacktestException("no market to build a history of");
        var done = new double[options.Markets.Count];
        var rows = new int[options.Markets.Count];
        SideBySide.For(rows.Length, i => rows[i] = Build(options.Markets[i], options, new Share(done, i, progress), cancellation), cancellation);
        return new(rows);
    }

    private static int Build(HistoryMarket market, HistoryJobOptions options, Share progress, CancellationToken cancellation)
    {
        var series = CandleFile.Read(market.Candles, market.Timeframe);
        var tape = new Tape(new(market.Exchange, market.Pair, series.Timeframe), series.Candles, options.Observations);
        var unfinished = market.To + ".unfinished";
        try
        {
            var rows = 0;
            using (var file = File.Create(unfinished))
            using (Stream stream = market.To.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Fastest) : file)
            using (var text = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16))
            {
                text.Write(AssessmentCsv.Header + "\n");
                var row = new StringBuilder(512);
                HistoryBuilder.Build([tape], new()
                {
                    Policies = [options.Policy],
                    Each = assessment =>
                    {
                        if (assessment.AsOf - series.Timeframe.Length < options.From) return;
                        row.Clear();
                        AssessmentCsv.Append(row, assessment);
                        text.Write(row);
                        rows++;
                    },
                }, progress, cancellation);
            }
            File.Move(unfinished, market.To, overwrite: true);
            return rows;
        }
        catch (Exception e)
        {
            File.Delete(unfinished);
            if (e is IOException or UnauthorizedAccessException) throw new BacktestException($"{market.To}: {e.Message}", e);
            throw;
        }
    }

    /// <summary>One market's share of the whole.</summary>
    private sealed class Share(double[] done, int own, IProgress<double>? whole) : IProgress<double>
    {
        public void Report(double value)
        {
            done[own] = value;
            whole?.Report(done.Average());
        }
    }
}

/// <summary>What to rebuild.</summary>
public sealed record HistoryJobOptions
{
    /// <summary>The markets.</summary>
    public required IReadOnlyList<HistoryMarket> Markets { get; init; }

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; init; } = RiskPolicy.Default;

    /// <summary>Outside values, as <see cref="OutsideFile"/> reads them.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Open of the first candle to write; the ones before it warm the engine up.</summary>
    public Instant From { get; init; } = Instant.MinValue;
}

/// <summary>A market whose history is rebuilt.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candle file.</param>
/// <param name="To">Where the rows go: .csv or .csv.gz.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">Its timeframe; told from the rows where it is not given.</param>
public sealed record HistoryMarket(Pair Pair, string Candles, string To, string Exchange = "binance", Timeframe? Timeframe = null);

/// <summary>What was written.</summary>
/// <param name="Rows">How many rows, per market.</param>
public sealed record HistoryResult(IReadOnlyList<int> Rows);
