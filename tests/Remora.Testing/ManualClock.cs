namespace Remora.Testing;

/// <summary>
/// A clock that only moves when the test advances it. Timers that become due fire in order.
/// </summary>
public sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _begun = now;
    private DateTimeOffset _now = now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => (GetUtcNow() - _begun).Ticks;

    /// <summary>The time until the next timer is due; null if there is none.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_lock)
                return _timers.Min(timer => timer.Due) - _now;
        }
    }

    /// <summary>
    /// Advances the clock by a time span and fires the timers that become due, each at its own
    /// time.
    /// </summary>
    public void Advance(TimeSpan by) => AdvanceTo(GetUtcNow() + by);

    /// <summary>
    /// Advances the clock to a moment and fires the timers that become due, each at its own time.
    /// </summary>
    public void AdvanceTo(DateTimeOffset time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, GetUtcNow());
        while (true)
        {
            ManualTimer? due;
            lock (_lock)
            {
                due = _timers.Where(timer => timer.Due <= time).MinBy(timer => timer.Due);
                _now =
                    due?.Due > _now ? due.Due.Value
                    : due is null ? time
                    : _now;
                due?.Reschedule();
            }
            if (due is null)
                return;
            due.Fire();
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset? Due { get; private set; }

        public void Fire() => callback(state);

        public void Reschedule() => Due = _period > TimeSpan.Zero ? Due + _period : null;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                Due = dueTime < TimeSpan.Zero ? null : clock._now + dueTime;
                _period = period;
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
