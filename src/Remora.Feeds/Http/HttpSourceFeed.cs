using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Supervision;

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

    /// <summary>The interval between requests; null for that of the source.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The delays after failures, on the feed's clock.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(15));

    /// <summary>The User-Agent of requests; null for the one of the client.</summary>
    public string? UserAgent { get; init; }

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
    private readonly BoundedGet _get;
    private readonly SourceHealthTracker _health;
    private readonly PollLoop _loop;

    // Of the last response, to detect revisions.
    private readonly Dictionary<(Signal, string?, Instant), double> _delivered = [];
    private CachedAnswer? _cached;

    /// <summary>Creates a feed of <paramref name="source"/>.</summary>
    public HttpSourceFeed(
        HttpSource source,
        HttpClient http,
        HttpSourceOptions? options = null,
        TimeProvider? clock = null
    )
    {
        _source = source;
        _options = options ?? new HttpSourceOptions();
        _clock = clock ?? TimeProvider.System;
        _get = new(http, source.Url, source.Credential, _options, _clock);
        _health = new(source.Name, source.Signals, _clock);
        _loop = new(_health, _options.Interval ?? source.Interval, _options.Backoff, _clock, _options.Seed);
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public SourceHealth Health => _health.Read();

    /// <inheritdoc/>
    public void Recall(IReadOnlyList<Observation> stored)
    {
        foreach (var observation in stored)
            if (observation.Source == Name)
                Delivered(observation);
    }

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        _loop.RunAsync(token => PollAsync(events, token), cancellation);

    /// <summary>
    /// Sends one request and returns the response and the values that are read from it. Delivers
    /// nothing.
    /// </summary>
    public Task<SourceTrial> TryAsync(CancellationToken cancellation)
    {
        var query = _source.QueryAt?.Invoke(_clock.Now());
        return SourceTrial.RunAsync(
            _get.At(query).ToString(),
            origin: null,
            _clock.Now,
            async received =>
            {
                var answer = await _get.SendAsync(null, query, cancellation);
                received(Encoding.UTF8.GetString(answer.Body));
                var now = _clock.Now();
                return Checked(_source.Read(Decoded(answer), now), now);
            }
        );
    }

    /// <summary>Sends one request. Returns the time of the next one.</summary>
    internal Task<Instant> StepAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        _loop.StepAsync(token => PollAsync(events, token), cancellation);

    private async Task PollAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var answer = await FetchAsync(cancellation);
        var now = _clock.Now();
        // An unmodified response may contain more known values than before: a close whose time has
        // come.
        await DeliverAsync(_source.Read(answer.Content, now), now, events, cancellation);
        _cached = answer;
        _health.Succeeded();
    }

    private async Task DeliverAsync(
        IReadOnlyList<SourceReading> readings,
        Instant now,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        // A value that is new or changed since the previous response became knowable now. The
        // values of the first response have been knowable since their date.
        var isFirst = !_health.HasSucceeded;
        var checkedReadings = Checked(readings, now);
        foreach (
            var reading in checkedReadings.GroupBy(KeyOf).Select(same => same.Last()).OrderBy(reading => reading.HeldAt)
        )
        {
            var isRevision = _delivered.TryGetValue(KeyOf(reading), out var before);
            var isKnown = isRevision
                ? before.Equals(reading.Value)
                : _health.Latest(reading.Signal, reading.Base)?.HeldAt >= reading.HeldAt;
            if (isKnown)
                continue;
            var observation = _source.Observe(
                reading,
                knowableAt: isFirst && !isRevision ? reading.KnownBefore(now) : now
            );
            await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
            Delivered(observation);
        }
        var current = checkedReadings
            .Select(KeyOf)
            .Concat(_health.Read().Latest.Select(o => (o.Signal, o.Base, o.HeldAt)))
            .ToHashSet();
        foreach (var key in _delivered.Keys.Where(key => !current.Contains(key)).ToList())
            _delivered.Remove(key);
    }

    private void Delivered(Observation observation)
    {
        _delivered[(observation.Signal, observation.Base, observation.HeldAt)] = observation.Value;
        _health.Delivered(observation);
    }

    private static (Signal, string?, Instant) KeyOf(SourceReading reading) =>
        (reading.Signal, reading.Base, reading.HeldAt);

    private static IReadOnlyList<SourceReading> Checked(IReadOnlyList<SourceReading> readings, Instant now)
    {
        foreach (var reading in readings)
        {
            if (!double.IsFinite(reading.Value))
                throw new FormatException($"{reading.Signal} is not a finite number");
            if (reading.HeldAt > now)
                throw new FormatException($"the time {reading.HeldAt} of {reading.Signal} is in the future");
        }
        return readings;
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
            ? await circuits.SendAsync(_source.Url.Host, token => _get.SendAsync(before, query, token), cancellation)
            : await _get.SendAsync(before, query, cancellation);
        return _cached is { } cached && ReferenceEquals(answer, cached.Answer) ? cached : new(Decoded(answer), answer);
    }

    private JsonElement Decoded(HttpAnswer answer) =>
        _source.Decode?.Invoke(answer.Body) ?? JsonElement.Parse(answer.Body);

    /// <summary>The last valid response.</summary>
    private sealed record CachedAnswer(JsonElement Content, HttpAnswer Answer);
}
