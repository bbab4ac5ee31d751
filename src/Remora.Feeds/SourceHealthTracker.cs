using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds;

/// <summary>
/// Tracks the health of an outside source. Its feed writes it; any thread can read it. The state is
/// the first of these that applies:
/// <list type="bullet">
/// <item>unreachable: three consecutive failures, or one before the first success;</item>
/// <item>degraded: the last request failed;</item>
/// <item>starting: no request has completed;</item>
/// <item>degraded: a part of the source failed, a delivered value has expired, or a source of
/// signals responds without any value;</item>
/// <item>live.</item>
/// </list>
/// </summary>
internal sealed class SourceHealthTracker
{
    private readonly TimeProvider _clock;
    private readonly Dictionary<(Signal, string?), Observation> _latest = [];
    private volatile Facts _facts;

    /// <summary>Creates a tracker of a source that has not been polled.</summary>
    public SourceHealthTracker(string name, IReadOnlyList<Signal> signals, TimeProvider clock)
    {
        _clock = clock;
        _facts = new(
            new()
            {
                Name = name,
                Signals = signals,
                State = FeedState.Starting,
                Latest = [],
            }
        );
    }

    /// <summary>The name of the source.</summary>
    public string Name => _facts.Health.Name;

    /// <summary>Whether a valid response has arrived.</summary>
    public bool HasSucceeded => _facts.Health.LastSuccess is not null;

    /// <summary>Returns the health now.</summary>
    public SourceHealth Read()
    {
        var facts = _facts;
        return facts.Health with { State = facts.StateAt(_clock.Now()) };
    }

    /// <summary>Returns the last observation of a signal; null before the first.</summary>
    public Observation? Latest(Signal signal, string? @base) => _latest.GetValueOrDefault((signal, @base));

    /// <summary>
    /// Adds a delivered or stored observation. The one that describes the latest time is kept.
    /// </summary>
    public void Delivered(Observation observation)
    {
        var key = (observation.Signal, observation.Base);
        if (_latest.TryGetValue(key, out var latest) && latest.HeldAt > observation.HeldAt)
            return;
        _latest[key] = observation;
        Change(health => health with { Latest = [.. _latest.Values] });
    }

    /// <summary>A valid response had arrived before a restart.</summary>
    public void SucceededBefore(Instant time) => Change(health => health with { LastSuccess = time });

    /// <summary>A valid response has arrived.</summary>
    /// <param name="failedPart">The error of a part of the source that failed, for example of the
    /// preferred exchange; null if there is none.</param>
    public void Succeeded(FeedError? failedPart = null)
    {
        var health = _facts.Health with
        {
            LastSuccess = _clock.Now(),
            ConsecutiveFailures = 0,
            Requests = _facts.Health.Requests + 1,
            Errors = failedPart is null ? _facts.Health.Errors : Counted(failedPart),
            LastError = failedPart ?? _facts.Health.LastError,
        };
        _facts = _facts with { Health = health, IsPartial = failedPart is not null };
    }

    /// <summary>A request failed. Returns the number of consecutive failures.</summary>
    public int Failed(FeedError error)
    {
        var failures = _facts.Health.ConsecutiveFailures + 1;
        Change(health =>
            health with
            {
                LastError = error,
                ConsecutiveFailures = failures,
                Requests = health.Requests + 1,
                Errors = Counted(error),
            }
        );
        return failures;
    }

    /// <summary>A part of the source failed. It is degraded until the next success.</summary>
    public void PartFailed(FeedError error) =>
        _facts = _facts with
        {
            Health = _facts.Health with { LastError = error, Errors = Counted(error) },
            IsPartial = true,
        };

    /// <summary>The connection of a source that sends by itself is open.</summary>
    public void Connected() =>
        _facts = _facts with { Health = _facts.Health with { NextTry = null }, IsConnected = true, IsPartial = false };

    /// <summary>The connection has been open for long enough to end a series of failures.</summary>
    public void ConnectionIsSteady() => Change(health => health with { ConsecutiveFailures = 0 });

    /// <summary>Sets the health of a source that is healthy while one of its parts is.</summary>
    public void Follow(IReadOnlyCollection<SourceHealth> parts)
    {
        var health = _facts.Health with
        {
            LastSuccess = parts.Max(part => part.LastSuccess),
            LastError = parts.Select(part => part.LastError).OfType<FeedError>().MaxBy(error => error.At),
            NextTry = parts.Min(part => part.NextTry),
            ConsecutiveFailures = parts.Min(part => part.ConsecutiveFailures),
            Requests = parts.Sum(part => part.Requests),
            Errors = parts
                .SelectMany(part => part.Errors)
                .GroupBy(error => error.Key, StringComparer.Ordinal)
                .ToDictionary(same => same.Key, same => same.Sum(error => error.Value), StringComparer.Ordinal),
        };
        _facts = _facts with { Health = health, IsPartial = parts.Any(part => part.ConsecutiveFailures > 0) };
    }

    /// <summary>The next request is due at this time.</summary>
    public void TriesNextAt(Instant time) => Change(health => health with { NextTry = time });

    // A new dictionary, because other threads read the health.
    private Dictionary<string, long> Counted(FeedError error)
    {
        var errors = _facts.Health.Errors.ToDictionary(StringComparer.Ordinal);
        errors[error.Kind] = errors.GetValueOrDefault(error.Kind) + 1;
        return errors;
    }

    private void Change(Func<SourceHealth, SourceHealth> change) =>
        _facts = _facts with { Health = change(_facts.Health) };

    private sealed record Facts(SourceHealth Health)
    {
        public bool IsConnected { get; init; }

        public bool IsPartial { get; init; }

        public FeedState StateAt(Instant now)
        {
            var hasSucceeded = Health.LastSuccess is not null;
            if (FailureRule.StateAfter(Health.ConsecutiveFailures, hasSucceeded) is { } failing)
                return failing;
            if (!hasSucceeded && !IsConnected)
                return FeedState.Starting;
            var hasNoValue = hasSucceeded && Health.Signals.Count > 0 && Health.Latest.Count == 0;
            var hasExpired = Health.Latest.Any(value => value.ExpiresAt <= now);
            return IsPartial || hasNoValue || hasExpired ? FeedState.Degraded : FeedState.Live;
        }
    }
}
