using Remora.Backtest.Data;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.History;

/// <summary>
/// Rebuilds the assessment history of candle files, several markets in parallel. Each market gets a
/// file with one row per candle, for data frames and Freqtrade, or a callback for each row.
/// </summary>
public static class HistoryJob
{
    /// <summary>Runs the job. A file appears under its name only when it is complete.</summary>
    /// <exception cref="BacktestException">A file cannot be read or written.</exception>
    public static HistoryResult Run(
        HistoryJobOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (options.Markets.Count == 0)
            throw new BacktestException("no market is given: expected at least one");
        var done = new double[options.Markets.Count];
        var rows = new int[options.Markets.Count];
        SideBySide.For(
            rows.Length,
            i => rows[i] = Build(options.Markets[i], options, new Share(done, i, progress), cancellation),
            cancellation
        );
        return new(rows);
    }

    private static int Build(
        HistoryMarket market,
        HistoryJobOptions options,
        Share progress,
        CancellationToken cancellation
    )
    {
        var series = options.Reader(market.Candles, market.Timeframe);
        var tape = new Tape(new(market.Exchange, market.Pair, series.Timeframe), series.Candles, options.Observations)
        {
            Calendar = options.Calendar,
        };
        try
        {
            using var file = market.To is { } to ? AssessmentFile.Create(to) : null;
            var rows = 0;
            HistoryBuilder.Build(
                [tape],
                new()
                {
                    Policies = [options.Policy],
                    Each = assessment =>
                    {
                        if (assessment.AsOf - series.Timeframe.Length < options.From)
                            return;
                        file?.Write(
                            options.Side == Side.Long ? assessment : assessment.At(assessment.AssessedAt, options.Side)
                        );
                        market.Each?.Invoke(assessment);
                        rows++;
                    },
                },
                progress,
                cancellation
            );
            file?.Complete();
            return rows;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{market.To}: {e.Message}", e);
        }
    }

    /// <summary>Reports one market's share of the total progress.</summary>
    private sealed class Share(double[] done, int own, IProgress<double>? whole) : IProgress<double>
    {
        public void Report(double value)
        {
            done[own] = value;
            whole?.Report(done.Average());
        }
    }
}

/// <summary>The inputs of a history job.</summary>
public sealed record HistoryJobOptions
{
    /// <summary>The markets.</summary>
    public required IReadOnlyList<HistoryMarket> Markets { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; init; } = RiskPolicy.Default;

    /// <summary>
    /// The side of the written files. <see cref="HistoryMarket.Each"/> receives the long side;
    /// <see cref="Assessment.At"/> converts it to the other.
    /// </summary>
    public Side Side { get; init; } = Side.Long;

    /// <summary>Outside values, as <see cref="OutsideFile"/> returns them.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>
    /// Open time of the first candle to write. Earlier candles warm up the engine.
    /// </summary>
    public Instant From { get; init; } = Instant.MinValue;
}

/// <summary>A market to rebuild.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candle file.</param>
/// <param name="To">The output file, see <see cref="AssessmentFile"/>; null for none.</param>
/// <param name="Exchange">The exchange's CCXT id.</param>
/// <param name="Timeframe">The timeframe of the candles; when it is null, it is derived from the
/// rows.</param>
/// <param name="Each">Receives each row, in order, on the thread that builds this market.</param>
public sealed record HistoryMarket(
    Pair Pair,
    string Candles,
    string? To,
    string Exchange = "binance",
    Timeframe? Timeframe = null,
    Action<Assessment>? Each = null
);

/// <summary>The result of a history job.</summary>
/// <param name="Rows">The number of rows written per market.</param>
public sealed record HistoryResult(IReadOnlyList<int> Rows);
