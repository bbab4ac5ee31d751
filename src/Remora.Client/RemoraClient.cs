using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Remora.Client;

/// <summary>
/// A client of a Remora service. Use one instance for the whole program. Any response other than a
/// 200 with a valid assessment follows <see cref="RemoraClientOptions.OnError"/>, within
/// <see cref="RemoraClientOptions.Timeout"/>, and never counts as safe by accident. The log
/// receives one line when an outage begins and one when it ends.
/// </summary>
public sealed partial class RemoraClient : IDisposable
{
    private const int LargestBatch = 250;
    private const int LargestMemory = 4096;

    private readonly ConcurrentDictionary<Question, Memory> _memory = new();
    private readonly ConcurrentDictionary<string, bool> _logged = new();
    private readonly RemoraClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ServiceList _services;

    /// <param name="options">
    /// The service's address and the behavior without it; null for the defaults.
    /// </param>
    /// <param name="log">Receives outages, once each.</param>
    /// <param name="clock">The clock that ages answers; null for the system clock.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public RemoraClient(
        RemoraClientOptions? options = null,
        ILogger<RemoraClient>? log = null,
        TimeProvider? clock = null
    )
    {
        _options = options ?? new();
        if (_options.Check() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        _clock = clock ?? TimeProvider.System;
        _log = log ?? NullLogger<RemoraClient>.Instance;
        _services = new(_options, _clock, _log);
    }

    /// <summary>The address of the service in use.</summary>
    public string Url => _services[_services.Current].Url;

    /// <summary>
    /// Returns the assessment of a pair. <see cref="Risk.Answered"/> is whether the service
    /// returned it. Returns the cached answer while it is younger than
    /// <see cref="RemoraClientOptions.CacheFor"/>.
    /// </summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>; null for the whole market.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">The policy; null for the service's default.</param>
    /// <param name="exchange">The exchange, if the pair is tracked on several.</param>
    /// <param name="timeframe">The timeframe, if the pair is tracked at several.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public ValueTask<Risk> RiskAsync(
        string? pair = null,
        string? side = null,
        string? policy = null,
        string? exchange = null,
        string? timeframe = null,
        CancellationToken cancellation = default
    )
    {
        var question = new Question(pair, side, policy, exchange, timeframe);
        return Cached(question, _options.CacheFor) is { } known ? new(known) : AskAsync(question, cancellation);
    }

    /// <summary>
    /// Returns whether to enter. Never throws: every failure follows
    /// <see cref="RemoraClientOptions.OnError"/>.
    /// </summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>; null for the whole market.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">The policy; null for the service's default.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public ValueTask<bool> IsSafeAsync(
        string? pair = null,
        string? side = null,
        string? policy = null,
        CancellationToken cancellation = default
    )
    {
        var question = new Question(pair, side, policy, null, null);
        return Cached(question, _options.CacheFor) is { } known
            ? new(known.SafeToTrade)
            : AskSafelyAsync(question, cancellation);
    }

    /// <summary>
    /// Returns the assessments of many pairs by their requested names, with one request for each
    /// 250 pairs.
    /// </summary>
    /// <param name="pairs">
    /// Pairs such as <c>BTC/USDT</c>. A pair that the service does not track follows
    /// <see cref="RemoraClientOptions.OnError"/> and does not affect the others.
    /// </param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">The policy; null for the service's default.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<IReadOnlyDictionary<string, Risk>> BatchAsync(
        IEnumerable<string> pairs,
        string? side = null,
        string? policy = null,
        CancellationToken cancellation = default
    )
    {
        new Question(null, side, policy, null, null).Check();
        var wanted = pairs.Distinct().ToList();
        var found = new Dictionary<string, Risk>(wanted.Count);
        var missing = new RemoraException(RemoraFault.NotTracked, "the service does not track this pair");
        foreach (var part in wanted.Where(Question.IsPair).Chunk(LargestBatch))
        {
            try
            {
                foreach (var (pair, risk) in await FetchBatchAsync(part, side, policy, cancellation))
                    found[pair] = risk;
            }
            catch (RemoraException e)
            {
                missing = e;
                break; // the breaker is open now, or the question is invalid for the other pairs too
            }
        }
        return wanted.ToDictionary(
            pair => pair,
            pair => found.GetValueOrDefault(pair) ?? Fallback(new(pair, side, policy, null, null), missing)
        );
    }

    /// <summary>
    /// Returns the assessment history of a pair in buckets, oldest first. Requests the pages one
    /// after the other while they are read.
    /// </summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>.</param>
    /// <param name="from">
    /// The first moment; null for a thousand buckets before <paramref name="to"/>.
    /// </param>
    /// <param name="to">The end, exclusive; null for now.</param>
    /// <param name="interval">
    /// The length of a bucket: <c>1m</c>, <c>1h</c>, <c>6h</c>, <c>12h</c> or <c>1d</c>.
    /// </param>
    /// <param name="policy">The policy; null for the service's default.</param>
    /// <param name="side">
    /// <c>long</c> or <c>short</c>; null is long. The history of the short side begins when the
    /// service first recorded it.
    /// </param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">
    /// The service does not answer, or it has no store.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async IAsyncEnumerable<RiskBucket> HistoryAsync(
        string pair,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        string interval = "1h",
        string? policy = null,
        string? side = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        new Question(pair, side, policy, null, null).Check();
        var isWhole = from is null; // a thousand buckets are one page
        RiskPage? page = null;
        do
        {
            var path = Question.PathOf(
                "api/v1/history",
                ("pair", pair),
                ("from", Written(page?.Next ?? from)),
                ("to", Written(to)),
                ("interval", interval),
                ("side", side),
                ("policy", policy)
            );
            try
            {
                page = await FetchStoredAsync(path, body => RiskJson.ReadHistory(body), cancellation);
            }
            catch (RemoraException e) when (page is not null && e.Status == 400)
            {
                yield break; // the previous page ended exactly at the end, so the next span would be empty
            }
            foreach (var bucket in page.Rows)
                yield return bucket;
        } while (page.Next is not null && !isWhole);
    }

    /// <summary>
    /// Returns the forecast of a pair for any horizon and threshold. <see cref="Risk.Forecast"/>
    /// has the usual ones.
    /// </summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>.</param>
    /// <param name="horizon"><c>1h</c>, <c>4h</c> or <c>24h</c>; null for all.</param>
    /// <param name="fall">
    /// The only threshold of <see cref="HorizonForecast.ProbabilityOfDrawdown"/>, a ratio in (0,
    /// 1): 0.03 for 3 %; null for the usual ones.
    /// </param>
    /// <param name="rise">The same of <see cref="HorizonForecast.ProbabilityOfRally"/>.</param>
    /// <param name="exchange">The exchange, if the pair is tracked on several.</param>
    /// <param name="timeframe">The timeframe, if the pair is tracked at several.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    /// <exception cref="RemoraException">The service does not answer, or refuses.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<ForecastAnswer> ForecastAsync(
        string pair,
        string? horizon = null,
        double? fall = null,
        double? rise = null,
        string? exchange = null,
        string? timeframe = null,
        CancellationToken cancellation = default
    )
    {
        var path = new Question(pair, null, null, exchange, timeframe).ForecastPath(horizon, fall, rise);
        return await FetchAsync(path, body => RiskJson.ReadForecast(body, pair), cancellation);
    }

    /// <summary>Returns the pairs that the service tracks.</summary>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">The service does not answer.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public Task<IReadOnlyList<string>> PairsAsync(CancellationToken cancellation = default) =>
        FetchAsync("api/v1/pairs", body => RiskJson.ReadPairs(body), cancellation);

    /// <summary>
    /// Returns each assessment when it changes, beginning with the present ones. Continues after
    /// outages, each of which is logged once, until it is canceled; after an outage it returns the
    /// latest state. It returns nothing while nothing changes: use <see cref="RiskAsync"/> for the
    /// current assessment.
    /// </summary>
    /// <param name="pairs">Pairs such as <c>BTC/USDT</c>; none for all.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">The policy; null for the service's default.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <exception cref="RemoraException">
    /// The service refuses the stream: it does not track a pair, or its version has no stream.
    /// </exception>
    /// <exception cref="OperationCanceledException">The stream was canceled.</exception>
    public async IAsyncEnumerable<Risk> StreamAsync(
        IEnumerable<string>? pairs = null,
        string? side = null,
        string? policy = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var named = string.Join(',', pairs ?? []);
        var path = Question.PathOf(
            "api/v1/stream",
            ("pair", named.Length > 0 ? named : null),
            ("side", side),
            ("policy", policy)
        );
        await foreach (var risk in new RiskStream(_services, path, _clock, _log).ReadAsync(cancellation))
            yield return Decide(new(risk.Pair, side, policy, null, null), risk);
    }

    /// <inheritdoc/>
    public void Dispose() => _services.Dispose();

    private async ValueTask<Risk> AskAsync(Question question, CancellationToken cancellation)
    {
        question.Check();
        try
        {
            return Cache(
                question,
                await FetchAsync(question.Path, body => RiskJson.Read(body, question.Pair), cancellation)
            );
        }
        catch (RemoraException e)
        {
            return Fallback(question, e);
        }
    }

    /// <summary>
    /// Applies <see cref="RemoraClientOptions.OnError"/> to an answer without current market data,
    /// as to a missing answer. An answer that blocks is kept.
    /// </summary>
    private Risk Decide(in Question question, Risk answer)
    {
        if (!answer.LacksMarketData || _options.OnError == OnError.Allow)
            return answer;
        var why =
            $"there is no current market data for "
            + $"{answer.Pair ?? "the whole market"}{(answer.Reasoning.Count > 0 ? ": " + answer.Reasoning[0] : "")}";
        return _options.OnError == OnError.Block
            ? answer with
            {
                SafeToTrade = false,
                Recommendation = "no_entry",
                PositionScale = 0,
                Answered = false,
                Error = why,
            }
            : LastAnswer(question, why) ?? answer;
    }

    private async ValueTask<bool> AskSafelyAsync(Question question, CancellationToken cancellation)
    {
        try
        {
            return (await AskAsync(question, cancellation)).SafeToTrade;
        }
        catch (Exception e) // this method never throws
        {
            if (e is not OperationCanceledException)
                LogOnce($"The request for '{question.Pair}' failed: {e.Message}");
            return _options.OnError != OnError.Block;
        }
    }

    private async Task<List<(string Pair, Risk Risk)>> FetchBatchAsync(
        string[] pairs,
        string? side,
        string? policy,
        CancellationToken cancellation
    )
    {
        var path = Question.PathOf(
            "api/v1/risk/batch",
            ("pairs", string.Join(',', pairs)),
            ("side", side),
            ("policy", policy)
        );
        Dictionary<string, Risk> answers;
        try
        {
            answers = await FetchAsync(path, body => RiskJson.ReadBatch(body), cancellation);
        }
        catch (RemoraException e) when (e.Status == 404)
        {
            return []; // the service tracks none of them
        }
        var found = new List<(string, Risk)>(pairs.Length);
        foreach (var pair in pairs)
        {
            if (!answers.TryGetValue(pair.ToUpperInvariant(), out var risk))
                continue;
            found.Add((pair, Cache(new(pair, side, policy, null, null), risk)));
        }
        return found;
    }

    /// <summary>Sends one request through the breaker, without the cache.</summary>
    private Task<T> FetchAsync<T>(string path, Func<byte[], T> read, CancellationToken cancellation) =>
        _services.FetchAsync((endpoint, timeout) => endpoint.GetAsync(path, timeout, cancellation), read);

    /// <summary>
    /// Sends one request for stored data. It bypasses the breaker: an unavailable store is not
    /// evidence about assessments.
    /// </summary>
    private Task<T> FetchStoredAsync<T>(string path, Func<byte[], T> read, CancellationToken cancellation) =>
        _services.FetchAsync(
            (endpoint, timeout) => endpoint.GetAsync(path, timeout, cancellation),
            read,
            isEvidence: false
        );

    private Risk Fallback(Question question, RemoraException error)
    {
        if (error.IsCallersFault)
            LogOnce(
                $"No assessment of {question.Pair ?? "the whole market"}: {error.Message}; "
                    + $"{Consequence.Of(_options.OnError)}"
            );
        return (_options.OnError == OnError.Last ? LastAnswer(question, error.Message) : null)
            ?? new()
            {
                Pair = question.Pair,
                Side = question.Side,
                SafeToTrade = _options.OnError != OnError.Block,
                Answered = false,
                Error = error.Message,
            };
    }

    /// <summary>Returns the last answer with market data while it is young enough to use.</summary>
    private Risk? LastAnswer(in Question question, string why) =>
        _memory.TryGetValue(question, out var memory)
        && memory.WithMarketData is { } known
        && known.At.Since(_clock) < _options.LastFor
            ? known.Risk with
            {
                Answered = false,
                Error = $"the last answer, because {why}",
            }
            : null;

    private Risk? Cached(in Question question, TimeSpan age) =>
        _memory.TryGetValue(question, out var memory) && memory.Newest.At.Since(_clock) < age
            ? memory.Newest.Risk
            : null;

    /// <summary>Caches an answer after the decision on it.</summary>
    private Risk Cache(in Question question, Risk answer)
    {
        if (_memory.Count >= LargestMemory)
            _memory.Clear();
        var known = new Known(Decide(question, answer), Moment.Now(_clock));
        _memory[question] = new(
            known,
            answer.LacksMarketData ? _memory.GetValueOrDefault(question)?.WithMarketData : known
        );
        return known.Risk;
    }

    private void LogOnce(string text)
    {
        if (_logged.Count >= LargestMemory)
            _logged.Clear();
        if (_logged.TryAdd(text, true))
            _log.LogWarning("{What}", text);
    }

    private sealed record Known(Risk Risk, Moment At);

    /// <summary>
    /// The cached answers to a question: the newest one, and the newest one with market data.
    /// </summary>
    private sealed record Memory(Known Newest, Known? WithMarketData);
}
