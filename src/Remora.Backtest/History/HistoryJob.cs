using Remora.Backtest.Data;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.History;

/// <summary>Rebuilds histories of candle files: for each market a file with a row per candle, as data frames and Freqtrade take it, or each row to whoever wants it. Several markets are built side by side.</summary>
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
        var series = options.Reader(market.Candles, market.Timeframe);
        var tape = new Tape(new(market.Exchange, market.Pair, series.Timeframe), series.Candles, options.Observations);
        try
        {
            using var file = market.To is { } to ? AssessmentFile.Create(to) : null;
            var rows = 0;
            HistoryBuilder.Build([tape], new()
            {
                Policies = [options.Policy],
                Each = assessment =>
                {
                    if (assessment.AsOf - series.Timeframe.Length < options.From) return;
                    file?.Write(options.Side == Side.Long ? assessment : assessment.At(assessment.AssessedAt, options.Side));
                    market.Each?.Invoke(assessment);
                    rows++;
                },
            }, progress, cancellation);
            file?.Complete();
            return rows;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{market.To}: {e.Message}", e);
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

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; init; } = RiskPolicy.Default;

    /// <summary>The side that the files are written for. <see cref="HistoryMarket.Each"/> is given the long side, which turns into the other with <see cref="Assessment.At"/>.</summary>
    public Side Side { get; init; } = Side.Long;

    /// <summary>Outside values, as <see cref="OutsideFile"/> reads them.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Open of the first candle to write; the ones before it warm the engine up.</summary>
    public Instant From { get; init; } = Instant.MinValue;
}

/// <summary>A market whose history is rebuilt.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candle file.</param>
/// <param name="To">The file the rows go to, see <see cref="AssessmentFile"/>; null for none.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">Its timeframe; told from the rows where it is not given.</param>
/// <param name="Each">Is given each row, in order, by the thread that builds this market.</param>
public sealed record HistoryMarket(Pair Pair, string Candles, string? To, string Exchange = "binance", Timeframe? Timeframe = null, Action<Assessment>? Each = null);

/// <summary>What was written.</summary>
/// <param name="Rows">How many rows, per market.</param>
public sealed record HistoryResult(IReadOnlyList<int> Rows);
