using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Http;

/// <summary>How an HTTP source is polled.</summary>
public sealed record HttpSourceOptions
{
    /// <summary>
    /// A local server that replaces all sources, with the original host as the first path segment;
    /// null for the real sources.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The maximum duration of a request, body included, in real time.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The maximum size of a body.</summary>
    public int MaxResponseBytes { get; init; } = 1 << 20;

    /// <summary>The delays after failures, on the feed's clock.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(15));

    /// <summary>The number of consecutive failures after which a source is unreachable.</summary>
    public int UnreachableAfterFailures { get; init; } = 3;

    /// <summary>The seed of the jitter.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// The circuit breakers that the feeds of a host share; null for a feed without one.
    /// </summary>
    public HostCircuits? Circuits { get; init; }
}

/// <summary>
/// Polls a source at its interval. Delivers each value once, and again if the source revises it.
/// </summary>
public sealed class HttpSourceFeed : ISourceFeed
{
    private readonly HttpSource _source;
    private readonly HttpSourceOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly BoundedGet _get;
    private readonly Dictionary<(Signal, string?), Observation> _latest = [];
    // Of the last response, to detect revisions.
    private readonly Dictionary<(Signal, string?, Instant), double> _delivered = [];
    private CachedAnswer? _cached;
    private volatile SourceHealth _health;

    /// <summary>Creates a feed of <paramref name="source"/>.</summary>
    public HttpSourceFeed(HttpSource source, HttpClient http, HttpSourceOptions? options = null, TimeProvider? clock = null)
    {
        _source = source;
        _options = options ?? new HttpSourceOptions();
        _clock = clock ?? TimeProvider.System;
        _random = new Random(_options.Seed);
        _get = new(http, source.Url, source.Credential, _options, _clock);
        _health = new() { Name = source.Name, Signals = source.Signals, State = FeedState.Starting, Latest = [] };
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public SourceHealth Health
    {
        get
        {
            var health = _health;
            var now = _clock.Now();
            var isStale = health.State == FeedState.Live && !health.Latest.Any(observation => observation.ExpiresAt > now);
            // The source responds, but without new values.
            return isStale ? health with { State = FeedState.Degraded } : health;
        }
    }

    /// <inheritdoc/>
    public void Recall(IReadOnlyList<Observation> stored)
    {
        foreach (var observation in stored)
            if (observation.Source == Name) Delivered(observation);
        _health = _health with { Latest = [.. _latest.Values] };
    }

    /// <inheritdoc/>
    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _clock.UntilAsync(await AskAsync(events, cancellation), cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancelled.
        }
    }

    /// <summary>
    /// Sends one request and returns the response and the values that are read from it. Delivers
    /// nothing.
    /// </summary>
    public async Task<SourceTrial> TryAsync(CancellationToken cancellation)
    {
        var raw = "";
        var query = _source.QueryAt?.Invoke(_clock.Now());
        var url = _get.At(query);
        // Measures real time, independent of the feed's clock.
        var started = Stopwatch.GetTimestamp();
        try
        {
            var answer = await _get.SendAsync(null, query, cancellation);
            raw = Encoding.UTF8.GetString(answer.Body);
            var took = Stopwatch.GetElapsedTime(started);
            var now = _clock.Now();
            return new(url.ToString(), raw, Checked(_source.Read(Decoded(answer), now), now), null, took);
        }
        catch (SourceException e)
        {
            return new(url.ToString(), raw, [], new(e.Kind, e.Message, _clock.Now()), Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return new(url.ToString(), raw, [], new("bad_response", e.Message, _clock.Now()), Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Sends one request. Returns the time of the next one.</summary>
    internal async Task<Instant> AskAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var next = _clock.Now() + await RequestAsync(events, cancellation);
        _health = _health with { NextTry = next };
        return next;
    }

    private async Task<TimeSpan> RequestAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        try
        {
            var answer = await FetchAsync(cancellation);
            var now = _clock.Now();
            // An unmodified response may contain more known values than before: a close whose time
            // has come.
            var readings = _source.Read(answer.Content, now);
            await DeliverAsync(readings, now, events, cancellation);
            _cached = answer;
            _health = _health with { State = FeedState.Live, LastSuccess = _clock.Now(), ConsecutiveFailures = 0, Latest = [.. _latest.Values] };
            return _source.Interval * (1 + (_random.NextDouble() / 20));
        }
        catch (HostPausedException e)
        {
            // No request was sent, so the health of the source is unchanged.
            return e.RetryAfter * (1 + (_random.NextDouble() / 10));
        }
        catch (SourceException e)
        {
            return Failed(e.Kind, e.Message, e.RetryAfter);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return Failed("bad_response", e.Message, null);
        }
    }

    private async Task DeliverAsync(IReadOnlyList<SourceReading> readings, Instant now, ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        // A value that is new or changed since the previous response became knowable now. The
        // values of the first response have been knowable since their date.
        var isFirst = _health.LastSuccess is null;
        var checkedReadings = Checked(readings, now);
        foreach (var reading in checkedReadings.GroupBy(KeyOf).Select(same => same.Last()).OrderBy(reading => reading.HeldAt))
        {
            var isRevision = _delivered.TryGetValue(KeyOf(reading), out var before);
            if (isRevision ? before.Equals(reading.Value) : _latest.TryGetValue((reading.Signal, reading.Base), out var known) && known.HeldAt >= reading.HeldAt) continue;
            var observation = _source.Observe(reading, knowableAt: isFirst && !isRevision ? reading.KnownBefore(now) : now);
            await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
            Delivered(observation);
        }
        var current = checkedReadings.Select(KeyOf).Concat(_latest.Values.Select(o => (o.Signal, o.Base, o.HeldAt))).ToHashSet();
        foreach (var key in _delivered.Keys.Where(key => !current.Contains(key)).ToList()) _delivered.Remove(key);
    }

    private void Delivered(Observation observation)
    {
        _delivered[(observation.Signal, observation.Base, observation.HeldAt)] = observation.Value;
        var key = (observation.Signal, observation.Base);
        if (!_latest.TryGetValue(key, out var latest) || latest.HeldAt <= observation.HeldAt) _latest[key] = observation;
    }

    private static (Signal, string?, Instant) KeyOf(SourceReading reading) => (reading.Signal, reading.Base, reading.HeldAt);

    private static IReadOnlyList<SourceReading> Checked(IReadOnlyList<SourceReading> readings, Instant now)
    {
        foreach (var reading in readings)
        {
            if (!double.IsFinite(reading.Value)) throw new FormatException($"{reading.Signal} is not a finite number");
            if (reading.HeldAt > now) throw new FormatException($"{reading.Signal} is dated {reading.HeldAt}, in the future");
        }
        return readings;
    }

    private TimeSpan Failed(string kind, string message, TimeSpan? retryAfter)
    {
        var failures = _health.ConsecutiveFailures + 1;
        var lost = _health.LastSuccess is null || failures >= _options.UnreachableAfterFailures;
        _health = _health with
        {
            State = lost ? FeedState.Unreachable : FeedState.Degraded,
            LastError = new(kind, $"{_source.Name}: {message}", _clock.Now()),
            ConsecutiveFailures = failures,
        };
        return _options.Backoff.After(failures, retryable: true, retryAfter, _random);
    }

    /// <summary>
    /// Returns the response; the previous one if the source reports that it is unmodified.
    /// </summary>
    private async Task<CachedAnswer> FetchAsync(CancellationToken cancellation)
    {
        var query = _source.QueryAt?.Invoke(_clock.Now());
        // An unmodified response to another query cannot be reused.
        var before = query is null ? _cached?.Answer : null;
        var answer = _options.Circuits is { } circuits
            ? await circuits.AskAsync(_source.Url.Host, token => _get.SendAsync(before, query, token), cancellation)
            : await _get.SendAsync(before, query, cancellation);
        return _cached is { } cached && ReferenceEquals(answer, cached.Answer) ? cached : new(Decoded(answer), answer);
    }

    private JsonElement Decoded(HttpAnswer answer) => _source.Decode?.Invoke(answer.Body) ?? JsonElement.Parse(answer.Body);

    /// <summary>The last valid response.</summary>
    private sealed record CachedAnswer(JsonElement Content, HttpAnswer Answer);
}
