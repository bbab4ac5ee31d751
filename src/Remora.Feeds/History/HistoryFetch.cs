using Remora.Csv;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.Macro;
using Remora.Feeds.Sentiment;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.History;

/// <summary>What to fetch, and where to.</summary>
public sealed record HistoryFetchOptions
{
    /// <summary>The folder of the files; created if it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>The CCXT id of the exchange of the candles.</summary>
    public required string Exchange { get; init; }

    /// <summary>The pairs; 1 to 100.</summary>
    public required IReadOnlyList<Pair> Pairs { get; init; }

    /// <summary>The timeframes of the candles.</summary>
    public IReadOnlyList<Timeframe> Timeframes { get; init; } = [Timeframe.FiveMinutes];

    /// <summary>The beginning of the span.</summary>
    public required Instant From { get; init; }

    /// <summary>The end of the span, exclusive; null for now.</summary>
    public Instant? Until { get; init; }

    /// <summary>Whether candles are fetched.</summary>
    public bool Candles { get; init; } = true;

    /// <summary>Whether outside values are fetched.</summary>
    public bool Outside { get; init; } = true;

    /// <summary>The CCXT id of the exchange of the funding rates.</summary>
    public string FundingExchange { get; init; } = "binance";

    /// <summary>
    /// A local server that replaces the HTTP sources; null for the real ones. That of the exchanges
    /// is an option of the bridge.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The version of the program, for the manifest.</summary>
    public string Version { get; init; } = "";

    /// <summary>The delays between tries of a request.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>The number of tries of a request; 1 to 100.</summary>
    public int Tries { get; init; } = 8;
}

/// <summary>
/// Fetches candles and outside values of the past into a folder that a study reads. A fetch that
/// was interrupted continues, and one with a later end appends: the files have the same bytes as
/// after one run without an interruption.
/// </summary>
public sealed class HistoryFetch
{
    /// <summary>A source that requests a longer pause ends the fetch.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The exchange whose past of open interest is longest; others return a month.
    /// </summary>
    private const string OpenInterestExchange = "bybit";

    private static readonly string[] FinalKinds = ["restricted", "auth", "bad_request", "bad_symbol", "not_supported"];

    private readonly HistoryFetchOptions _options;
    private readonly TimeProvider _clock;
    private readonly IProgress<HistoryProgress>? _progress;
    private readonly IReadOnlyList<HistorySeries> _series;
    private readonly Dictionary<string, SourceException> _away = [];
    private HistoryManifest _manifest = new([]);

    /// <summary>Prepares a fetch.</summary>
    /// <param name="options">What to fetch.</param>
    /// <param name="bridge">The bridge to the exchanges.</param>
    /// <param name="http">A client of <see cref="OutsideHttp"/>.</param>
    /// <param name="clock">The clock; the system's if null.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <exception cref="HistoryException">Two pairs would have the same file, or the span is
    /// empty.</exception>
    public HistoryFetch(
        HistoryFetchOptions options,
        CcxtBridge bridge,
        HttpClient http,
        TimeProvider? clock = null,
        IProgress<HistoryProgress>? progress = null
    )
    {
        _options = options;
        _clock = clock ?? TimeProvider.System;
        _progress = progress;
        _series =
        [
            .. options.Candles ? CandlesOf(options, bridge, _clock) : [],
            .. options.Outside ? OutsideOf(options, bridge, http, _clock) : [],
        ];
        if (_series.GroupBy(series => series.File).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new HistoryException(
                $"{string.Join(" and ", twice.Select(series => series.Name))} would have the same file {twice.Key}"
            );
        if (options.Until <= options.From)
            throw new HistoryException($"the span is empty: it begins at {options.From}, ends at {options.Until}");
    }

    /// <summary>Fetches everything that is missing.</summary>
    /// <exception cref="HistoryException">The folder cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public async Task<HistoryReport> RunAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_options.Folder);
        using var only = Lock(_options.Folder);
        _manifest = HistoryManifest.Read(_options.Folder);
        var outcomes = new List<HistoryOutcome>();
        foreach (var series in _series)
            outcomes.Add(await FetchAsync(series, cancellation));
        if (_options.Outside)
            outcomes.Add(
                new(
                    "outside/btc-dominance-daily.csv.gz",
                    "Bitcoin dominance",
                    "coingecko",
                    HistoryState.Unavailable,
                    0,
                    "its source has no history without a key",
                    null,
                    null
                )
            );
        return new(outcomes);
    }

    private static IEnumerable<HistorySeries> CandlesOf(
        HistoryFetchOptions options,
        CcxtBridge bridge,
        TimeProvider clock
    ) =>
        from pair in options.Pairs
        from timeframe in options.Timeframes
        select new CandleHistory(bridge.Exchange(options.Exchange), pair, timeframe, clock)
        {
            File = HistoryLayout.Candles(pair, timeframe),
            Name = $"candles {pair} {timeframe}",
            Source = options.Exchange,
        };

    private static IEnumerable<HistorySeries> OutsideOf(
        HistoryFetchOptions options,
        CcxtBridge bridge,
        HttpClient http,
        TimeProvider clock
    )
    {
        foreach (var @base in options.Pairs.Select(pair => pair.Base).Distinct())
        {
            var perpetual = $"{@base}/USDT:USDT";
            yield return new FundingHistory(bridge.Exchange(options.FundingExchange), perpetual, clock)
            {
                File = HistoryLayout.Funding(@base),
                Name = $"funding rates {perpetual}",
                Source = options.FundingExchange,
            };
            yield return new OpenInterestHistory(bridge.Exchange(OpenInterestExchange), perpetual, clock)
            {
                File = HistoryLayout.OpenInterest(@base),
                Name = $"open interest {perpetual}",
                Source = OpenInterestExchange,
            };
        }
        yield return Daily(FearGreed.Past, "value", pauses: false, "fear and greed", FearGreed.Source.Name)(
            HistoryLayout.FearGreed
        );
        yield return Daily(YahooChart.VixPast, "close", pauses: true, "VIX", YahooChart.Vix.Name)(HistoryLayout.Vix);
        yield return Daily(
            YahooChart.DollarPast,
            "close",
            pauses: true,
            "US dollar index",
            YahooChart.DollarIndex.Name
        )(HistoryLayout.Dollar);

        Func<string, DailyHistory> Daily(HttpPast past, string column, bool pauses, string name, string source) =>
            file =>
                new(
                    past,
                    column,
                    pauses,
                    longestPage: pauses ? TimeSpan.FromDays(5 * 365) : TimeSpan.MaxValue,
                    http,
                    new() { BaseUrl = options.BaseUrl, MaxResponseBytes = 8 << 20 },
                    clock
                )
                {
                    File = file,
                    Name = name,
                    Source = source,
                };
    }

    private async Task<HistoryOutcome> FetchAsync(HistorySeries series, CancellationToken cancellation)
    {
        var path = Path.Combine(_options.Folder, series.File);
        HistoryOutcome Outcome(HistoryState state, HistoryEntry? entry = null, long added = 0) =>
            new(series.File, series.Name, series.Source, state, added, null, null, entry);
        HistoryOutcome Failed(string kind, string problem) =>
            Outcome(HistoryState.Failed) with
            {
                Problem = problem,
                Error = kind,
            };

        var known = _manifest.Find(series.File);
        // Without a part, the file is not about to be replaced.
        if (File.Exists(path) && !File.Exists(HistoryFile.PartOf(path)))
        {
            if (known is null)
                return Outcome(HistoryState.Kept) with
                {
                    Problem = "it was not written by 'history fetch' and stays as it is",
                };
            if (HistoryFile.HashOf(path) != known.Sha256)
                return Failed("changed", "it was changed after it was fetched: delete it to fetch it again");
        }
        else if (!File.Exists(path) || HistoryFile.HashOf(path) != known?.Sha256)
        {
            known = null;
        }
        if (known is not null && known.Source != series.Source)
            return Failed(
                "other_source",
                $"it was fetched from {known.Source}: use another folder for {series.Source}, or delete it"
            );

        var settled = series.SettledAt(_clock.Now());
        var until = Latest(_options.Until is { } end && end < settled ? end : settled, known?.Until);
        var from = Earliest(_options.From, known?.From, HistoryFile.BeginningOf(path, series));
        if (known is not null && known.From == from && known.Until == until)
        {
            File.Delete(HistoryFile.PartOf(path)); // left by an interruption just before the end
            return Outcome(HistoryState.Complete, known);
        }
        if (from >= until)
            return Failed("bad_request", $"no value from {from} on is final yet");
        if (_away.TryGetValue(series.Source, out var away))
            return Failed(away.Kind, away.Message);
        try
        {
            using var file = HistoryFile.Open(path, series, from);
            await FillAsync(file, series, from, until, known, path, cancellation);
            if (file.Rows == 0)
                return Outcome(HistoryState.Unavailable) with
                {
                    Problem = $"{series.Source} has no values from {from} until {until}",
                };
            var entry = file.Finish(Latest(until, series.After(file.Last!.Value)), _clock.Now(), _options.Version);
            _manifest = _manifest.With(entry);
            _manifest.Write(_options.Folder);
            file.Delete();
            return Outcome(HistoryState.Fetched, entry, entry.Rows - (known?.Rows ?? 0));
        }
        catch (HistoryException e)
        {
            return Failed("bad_request", e.Message);
        }
        catch (Exception e) when (SourceException.Of(e) is { } failure)
        {
            if (failure.Kind is "bad_symbol" or "not_supported" && series is not CandleHistory)
                return Outcome(HistoryState.Unavailable) with { Problem = failure.Message };
            if (failure.Kind is not ("bad_symbol" or "bad_response" or "bad_request" or "not_supported"))
                _away[series.Source] = failure;
            return Failed(failure.Kind, failure.Message);
        }
    }

    /// <summary>Appends all rows from the last one to the end of the span.</summary>
    private async Task FillAsync(
        HistoryFile file,
        HistorySeries series,
        Instant from,
        Instant until,
        HistoryEntry? known,
        string path,
        CancellationToken cancellation
    )
    {
        var next = file.Last is { } last ? series.After(last) : from;
        while (next < until)
        {
            cancellation.ThrowIfCancellationRequested();
            Report(series, file, (next - from) / (until - from), next);
            if (known is not null && next >= known.From && next < known.Until)
            {
                file.Append(HistoryFile.Read(path, next));
                next = known.Until;
                continue;
            }
            var end = known is not null && next < known.From ? known.From : until;
            var page = await RequestAsync(series, file, next, end, cancellation);
            file.Append(page.Rows);
            next = page.Next < end ? page.Next : end;
        }
        Report(series, file, 1, until);
    }

    private async Task<HistoryPage> RequestAsync(
        HistorySeries series,
        HistoryFile file,
        Instant next,
        Instant end,
        CancellationToken cancellation
    )
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await series.PageAsync(next, end, file.Last, cancellation);
            }
            catch (Exception e) when (SourceException.Of(e) is { } failure)
            {
                var isFinal =
                    !failure.IsRetryable
                    || FinalKinds.Contains(failure.Kind)
                    || failure.RetryAfter > LongestPause
                    || failures >= _options.Tries;
                if (isFinal)
                    throw;
                var delay = _options.Backoff.After(failures, requested: failure.RetryAfter);
                _progress?.Report(
                    new(
                        series.Name,
                        double.NaN,
                        file.Rows,
                        next,
                        $"{series.Source}: {failure.Kind}: {failure.Message}; next try in {delay.TotalSeconds:0} s"
                    )
                );
                await Task.Delay(delay, _clock, cancellation);
            }
        }
    }

    private void Report(HistorySeries series, HistoryFile file, double ratio, Instant at) =>
        _progress?.Report(new(series.Name, ratio, file.Rows, at, null));

    private static Instant Earliest(Instant one, params ReadOnlySpan<Instant?> others)
    {
        foreach (var other in others)
            if (other < one)
                one = other.Value;
        return one;
    }

    private static Instant Latest(Instant one, Instant? other) => other > one ? other.Value : one;

    private static FileStream Lock(string folder)
    {
        var path = Path.Combine(folder, HistoryLayout.Manifest + ".lock");
        try
        {
            return new(
                path,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new HistoryException($"another 'history fetch' is running in {folder} ({e.Message})", e);
        }
    }
}
