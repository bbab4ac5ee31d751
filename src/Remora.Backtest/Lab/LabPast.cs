using Remora.Backtest.Data;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Lab;

/// <summary>Where the lab reads the past of markets.</summary>
public interface ILabPast
{
    /// <summary>
    /// Returns the open of the first candle and the close of the last one; null without candles.
    /// </summary>
    /// <exception cref="BacktestException">The candles cannot be read.</exception>
    Task<(Instant First, Instant End)?> ReachAsync(MarketId market, CancellationToken cancellation);

    /// <summary>Returns the candles that open in a span, ascending.</summary>
    /// <exception cref="BacktestException">The candles cannot be read.</exception>
    Task<IReadOnlyList<Candle>> CandlesAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    );

    /// <summary>
    /// Returns the outside values of a market's currency and of all that became known in a span.
    /// </summary>
    /// <exception cref="BacktestException">The values cannot be read.</exception>
    Task<IReadOnlyList<Observation>> ObservationsAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    );
}

/// <summary>
/// The past in files: those of a folder that <c>remora history fetch</c> writes, or one candle
/// file.
/// </summary>
/// <param name="path">The folder or the file.</param>
/// <param name="reader">Reads candle files.</param>
public sealed class LabFiles(string path, CandleReader? reader = null) : ILabPast
{
    private readonly CandleReader _reader = reader ?? CandleFile.Read;
    private (string File, DateTime Written, long Length, Instant First, Instant End)? _reach;

    /// <inheritdoc/>
    public async Task<(Instant First, Instant End)?> ReachAsync(MarketId market, CancellationToken cancellation)
    {
        var file = new FileInfo(FileOf(market));
        if (_reach is { } known && (known.File, known.Written, known.Length) == StateOf(file))
            return (known.First, known.End);
        var (name, written, length) = StateOf(file);
        var candles = await OwnThread.RunAsync(() => Read(market));
        var (first, end) = (candles[0].OpenTime, candles[^1].OpenTime + market.Timeframe.Length);
        _reach = (name, written, length, first, end);
        return (first, end);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Candle>> CandlesAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) =>
        OwnThread.RunAsync<IReadOnlyList<Candle>>(() =>
            [.. Read(market).Where(candle => candle.OpenTime >= from && candle.OpenTime < until)]
        );

    /// <inheritdoc/>
    public Task<IReadOnlyList<Observation>> ObservationsAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) =>
        OwnThread.RunAsync<IReadOnlyList<Observation>>(() =>
            Directory.Exists(path)
                ? [.. OutsideOf(market.Pair.Base, until).Where(observation => observation.KnowableAt >= from)]
                : []
        );

    private IEnumerable<Observation> OutsideOf(string @base, Instant until)
    {
        (string, OutsideKind, string?)[] files =
        [
            (HistoryLayout.FearGreed, OutsideKind.FearGreedDaily, null),
            (HistoryLayout.Vix, OutsideKind.VixDaily, null),
            (HistoryLayout.Dollar, OutsideKind.DollarIndexDaily, null),
            (HistoryLayout.Funding(@base), OutsideKind.Funding8h, @base),
            (HistoryLayout.OpenInterest(@base), OutsideKind.OpenInterestDaily, @base),
        ];
        foreach (var (name, kind, of) in files)
            if (Path.Combine(path, name) is var file && File.Exists(file))
                foreach (var observation in OutsideFile.Read(file, kind, of, until))
                    yield return observation;
    }

    private string FileOf(MarketId market) =>
        Directory.Exists(path) ? Path.Combine(path, HistoryLayout.Candles(market.Pair, market.Timeframe)) : path;

    private static (string, DateTime, long) StateOf(FileInfo file) =>
        (file.FullName, file.LastWriteTimeUtc, file.Exists ? file.Length : -1);

    private IReadOnlyList<Candle> Read(MarketId market)
    {
        var file = FileOf(market);
        if (!File.Exists(file))
            throw new BacktestException(
                $"{file}: no such file: expected candles of {market}, which 'remora history fetch' writes"
            );
        var series = _reader(file, null);
        return series.Timeframe == market.Timeframe
            ? series.Candles
            : throw new BacktestException(
                $"{file}: its candles are of {series.Timeframe}; expected {market.Timeframe}, that of {market}"
            );
    }
}
