using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Remora.Client;

/// <summary>
/// Asks a Remora service; one for a whole program. What does not answer with 200 and a plain assessment never counts as safe by accident: it follows
/// <see cref="RemoraClientOptions.OnError"/>, within <see cref="RemoraClientOptions.Timeout"/>, and the log has a line when an outage begins and one when it is over.
/// </summary>
public sealed class RemoraClient : IDisposable
{
    private const int LargestBatch = 250;
    private const int LargestMemory = 4096;

    private readonly ConcurrentDictionary<Question, Memory> _memory = new();
    private readonly ConcurrentDictionary<string, bool> _said = new();
    private readonly RemoraClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Endpoint _endpoint;
    private readonly Breaker _breaker;

    /// <param name="options">Where the service is, and how to go on without it; null for the defaults.</param>
    /// <param name="log">Told of outages, once each.</param>
    /// <param name="clock">The time that answers age by; null for the machine's.</param>
    /// <exception cref="ArgumentException">An option cannot be used.</exception>
    public RemoraClient(RemoraClientOptions? options = null, ILogger<RemoraClient>? log = null, TimeProvider? clock = null)
    {
        _options = options ?? new();
        if (_options.Check() is { Count: > 0 } complaints) throw new ArgumentException(string.Join("; ", complaints), nameof(options));
        _clock = clock ?? TimeProvider.System;
        _log = log ?? NullLogger<RemoraClient>.Instance;
        _endpoint = new(_options, _clock);
        _breaker = new(_endpoint.Url, _options, _clock, _log);
    }

    /// <summary>Where the service is.</summary>
    public string Url => _endpoint.Url;

    /// <summary>The assessment of a pair. Look at <see cref="Risk.Answered"/> to know whether the service said it. From memory while that is younger than <see cref="RemoraClientOptions.CacheFor"/>.</summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>; null for the whole market.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">By which rules to judge; null for the service's default.</param>
    /// <param name="exchange">Which one, where the pair is tracked on several.</param>
    /// <param name="timeframe">Which one, where the pair is tracked at several.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The question makes no sense: a bug of the caller.</exception>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    public ValueTask<Risk> RiskAsync(
        string? pair = null, string? side = null, string? policy = null, string? exchange = null, string? timeframe = null, CancellationToken cancellation = default)
    {
        var question = new Question(pair, side, policy, exchange, timeframe);
        return Remembered(question, _options.CacheFor) is { } known ? new(known) : AskAsync(question, cancellation);
    }

    /// <summary>Whether to enter. Never throws: whatever goes wrong follows <see cref="RemoraClientOptions.OnError"/>.</summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>; null for the whole market.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">By which rules to judge; null for the service's default.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public ValueTask<bool> IsSafeAsync(string? pair = null, string? side = null, string? policy = null, CancellationToken cancellation = default)
    {
        var question = new Question(pair, side, policy, null, null);
        return Remembered(question, _options.CacheFor) is { } known ? new(known.SafeToTrade) : AskSafelyAsync(question, cancellation);
    }

    /// <summary>Many pairs, by the names they were asked for, in one request for each 250 of them.</summary>
    /// <param name="pairs">Pairs such as <c>BTC/USDT</c>; one that is not tracked follows <see cref="RemoraClientOptions.OnError"/> and takes no other with it.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">By which rules to judge; null for the service's default.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    public async Task<IReadOnlyDictionary<string, Risk>> BatchAsync(
        IEnumerable<string> pairs, string? side = null, string? policy = null, CancellationToken cancellation = default)
    {
        new Question(null, side, policy, null, null).Check();
        var wanted = pairs.Distinct().ToList();
        var found = new Dictionary<string, Risk>(wanted.Count);
        var missing = new RemoraException(RemoraFault.NotTracked, "the service does not track this pair");
        foreach (var part in wanted.Where(Question.IsPair).Chunk(LargestBatch))
        {
            try
            {
                foreach (var (pair, risk) in await FetchBatchAsync(part, side, policy, cancellation)) found[pair] = risk;
            }
            catch (RemoraException e)
            {
                missing = e;
                break; // the breaker is open now, or the question is wrong for the rest as well
            }
        }
        return wanted.ToDictionary(pair => pair, pair => found.GetValueOrDefault(pair) ?? Fallback(new(pair, side, policy, null, null), missing));
    }

    /// <summary>What was said of a pair, rolled up, oldest first; page after page is asked for as it is read.</summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>.</param>
    /// <param name="from">The first moment; null for a thousand buckets before <paramref name="to"/>.</param>
    /// <param name="to">The first moment after it; null for now.</param>
    /// <param name="interval">How long a bucket is: <c>1m</c>, <c>1h</c>, <c>6h</c>, <c>12h</c> or <c>1d</c>.</param>
    /// <param name="policy">By which rules it was judged; null for the service's default.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long. The short side begins where the service first recorded it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RemoraException">There is no answer, or nothing is kept.</exception>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    public async IAsyncEnumerable<RiskBucket> HistoryAsync(
        string pair, DateTimeOffset? from = null, DateTimeOffset? to = null, string interval = "1h", string? policy = null, string? side = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        new Question(pair, side, policy, null, null).Check();
        var isWhole = from is null; // a thousand buckets are one page
        RiskPage? page = null;
        do
        {
            var path = Question.PathOf("api/v1/history", ("pair", pair), ("from", Written(page?.Next ?? from)), ("to", Written(to)), ("interval", interval), ("side", side), ("policy", policy));
            try
            {
                page = RiskJson.ReadHistory(await _endpoint.GetAsync(path, cancellation)); // past the breaker: a store that is away says nothing of the answers to come
            }
            catch (RemoraException e) when (page is not null && e.Status == 400)
            {
                yield break; // the page before was full to the end, and what follows would be an empty span
            }
            foreach (var bucket in page.Rows) yield return bucket;
        }
        while (page.Next is not null && !isWhole);

        static string? Written(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>The pairs the service tracks.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RemoraException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    public Task<IReadOnlyList<string>> PairsAsync(CancellationToken cancellation = default) => FetchAsync("api/v1/pairs", body => RiskJson.ReadPairs(body), cancellation);

    /// <summary>
    /// Each assessment the moment it changes, beginning with the present ones. Goes on over outages (each is said once) until it is cancelled; what changed meanwhile comes as it is
    /// afterwards. It says nothing while nothing changes: ask <see cref="RiskAsync"/> for what is known now.
    /// </summary>
    /// <param name="pairs">Pairs such as <c>BTC/USDT</c>; none for all.</param>
    /// <param name="side"><c>long</c> or <c>short</c>; null is long.</param>
    /// <param name="policy">By which rules to judge; null for the service's default.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RemoraException">The service is well and refuses: a pair it does not track, or it is a version without a stream.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<Risk> StreamAsync(
        IEnumerable<string>? pairs = null, string? side = null, string? policy = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var named = string.Join(',', pairs ?? []);
        var path = Question.PathOf("api/v1/stream", ("pair", named.Length > 0 ? named : null), ("side", side), ("policy", policy));
        await foreach (var risk in new RiskStream(_endpoint, path, _clock, _log).ReadAsync(cancellation))
            yield return Decide(new(risk.Pair, side, policy, null, null), risk);
    }

    /// <inheritdoc/>
    public void Dispose() => _endpoint.Dispose();

    private async ValueTask<Risk> AskAsync(Question question, CancellationToken cancellation)
    {
        question.Check();
        try
        {
            return Remember(question, await FetchAsync(question.Path, body => RiskJson.Read(body, question.Pair), cancellation));
        }
        catch (RemoraException e)
        {
            return Fallback(question, e);
        }
    }

    /// <summary>An answer that knows nothing of the market's present follows <see cref="RemoraClientOptions.OnError"/>, as no answer does; a "no" of the service stays one.</summary>
    private Risk Decide(in Question question, Risk answer)
    {
        if (!answer.IsBlind || _options.OnError == OnError.Allow) return answer;
        var why = $"nothing is known of {answer.Pair ?? "the whole market"}{(answer.Reasoning.Count > 0 ? ": " + answer.Reasoning[0] : "")}";
        return _options.OnError == OnError.Block
            ? answer with { SafeToTrade = false, Recommendation = "no_entry", PositionScale = 0, Answered = false, Error = why }
            : Last(question, why) ?? answer;
    }

    private async ValueTask<bool> AskSafelyAsync(Question question, CancellationToken cancellation)
    {
        try
        {
            return (await AskAsync(question, cancellation)).SafeToTrade;
        }
        catch (Exception e) // the one promise of this method
        {
            if (e is not OperationCanceledException) SayOnce($"Remora was asked about '{question.Pair}' in vain: {e.Message}");
            return _options.OnError != OnError.Block;
        }
    }

    private async Task<List<(string Pair, Risk Risk)>> FetchBatchAsync(string[] pairs, string? side, string? policy, CancellationToken cancellation)
    {
        var path = Question.PathOf("api/v1/risk/batch", ("pairs", string.Join(',', pairs)), ("side", side), ("policy", policy));
        Dictionary<string, Risk> answers;
        try
        {
            answers = await FetchAsync(path, body => RiskJson.ReadBatch(body), cancellation);
        }
        catch (RemoraException e) when (e.Status == 404)
        {
            return []; // it tracks none of them
        }
        var found = new List<(string, Risk)>(pairs.Length);
        foreach (var pair in pairs)
        {
            if (!answers.TryGetValue(pair.ToUpperInvariant(), out var risk)) continue;
            found.Add((pair, Remember(new(pair, side, policy, null, null), risk)));
        }
        return found;
    }

    /// <summary>One request, past the memory and through the breaker.</summary>
    private async Task<T> FetchAsync<T>(string path, Func<byte[], T> read, CancellationToken cancellation)
    {
        _breaker.Enter();
        try
        {
            var answer = read(await _endpoint.GetAsync(path, cancellation));
            _breaker.Succeed();
            return answer;
        }
        catch (RemoraException e)
        {
            if (e.IsCallersFault) _breaker.Succeed();
            else _breaker.Fail(e);
            throw;
        }
        catch
        {
            _breaker.Abandon();
            throw;
        }
    }

    private Risk Fallback(Question question, RemoraException error)
    {
        if (error.IsCallersFault) SayOnce($"Remora cannot answer for {question.Pair ?? "the whole market"}: {error.Message}; {Consequence.Of(_options.OnError)}");
        return (_options.OnError == OnError.Last ? Last(question, error.Message) : null)
            ?? new() { Pair = question.Pair, Side = question.Side, SafeToTrade = _options.OnError != OnError.Block, Answered = false, Error = error.Message };
    }

    /// <summary>The last answer that knew something, while it is young enough to count.</summary>
    private Risk? Last(in Question question, string why) =>
        _memory.TryGetValue(question, out var memory) && memory.Informed is { } known && known.At.Since(_clock) < _options.LastFor
            ? known.Risk with { Answered = false, Error = $"the last answer, because {why}" }
            : null;

    private Risk? Remembered(in Question question, TimeSpan age) =>
        _memory.TryGetValue(question, out var memory) && memory.Newest.At.Since(_clock) < age ? memory.Newest.Risk : null;

    /// <summary>Keeps an answer, as it was decided on.</summary>
    private Risk Remember(in Question question, Risk answer)
    {
        if (_memory.Count >= LargestMemory) _memory.Clear();
        var known = new Known(Decide(question, answer), Moment.Now(_clock));
        _memory[question] = new(known, answer.IsBlind ? _memory.GetValueOrDefault(question)?.Informed : known);
        return known.Risk;
    }

    private void SayOnce(string text)
    {
        if (_said.Count >= LargestMemory) _said.Clear();
        if (_said.TryAdd(text, true)) _log.LogWarning("{What}", text);
    }

    private sealed record Known(Risk Risk, Moment At);

    /// <summary>What is remembered of a question: the newest answer, and the newest one that was not blind.</summary>
    private sealed record Memory(Known Newest, Known? Informed);
}
