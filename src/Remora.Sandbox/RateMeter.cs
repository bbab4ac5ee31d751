namespace Remora.Sandbox;

/// <summary>
/// Counts the weight of requests to one host against its limit per minute, over every span of 60
/// real seconds. It refuses nothing. Thread-safe.
/// </summary>
/// <param name="limit">The limit of the host; null if it has none.</param>
/// <param name="clock">Real time.</param>
internal sealed class RateMeter(int? limit, TimeProvider clock)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Queue<(long At, int Weight)> _recent = new();
    private long _total;
    private int _now;
    private int _most;
    private long _breaches;

    /// <summary>The limit per minute; null if there is none.</summary>
    public int? Limit => limit;

    /// <summary>Counts a request.</summary>
    public void Count(int weight)
    {
        lock (_lock)
        {
            while (_recent.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.At) >= Minute)
                _now -= _recent.Dequeue().Weight;
            _recent.Enqueue((clock.GetTimestamp(), weight));
            _now += weight;
            _total += weight;
            _most = Math.Max(_most, _now);
            if (_now > limit)
                _breaches++;
        }
    }

    /// <summary>Returns what was counted.</summary>
    public RateCount Read()
    {
        lock (_lock)
            return new(_total, _most, _breaches);
    }
}

/// <summary>What a <see cref="RateMeter"/> counted.</summary>
/// <param name="Total">The weight of all requests.</param>
/// <param name="Most">The highest weight within any 60 seconds.</param>
/// <param name="Breaches">The number of requests beyond the limit.</param>
internal sealed record RateCount(long Total, int Most, long Breaches);
