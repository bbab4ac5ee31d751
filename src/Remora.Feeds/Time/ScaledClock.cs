namespace Remora.Feeds.Time;

/// <summary>
/// A clock that starts at a chosen moment and runs at a chosen speed: at 300 a day passes in 4.8
/// minutes. Its timers are scaled too, so delays on this clock are that much shorter, but at least
/// one real millisecond.
/// </summary>
public sealed class ScaledClock : TimeProvider
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly DateTimeOffset _start;
    private readonly TimeProvider _real;
    private readonly long _origin;

    /// <summary>Creates a clock that shows <paramref name="start"/> now.</summary>
    /// <param name="start">The moment that it shows now.</param>
    /// <param name="speed">How many of its seconds pass in a real one; above 0.</param>
    /// <param name="real">The real clock; the system clock if null.</param>
    public ScaledClock(DateTimeOffset start, double speed, TimeProvider? real = null)
    {
        if (!double.IsFinite(speed) || speed <= 0)
            throw new ArgumentOutOfRangeException(nameof(speed), speed, "the speed must be above 0");
        Speed = speed;
        _start = start.ToUniversalTime();
        _real = real ?? System;
        _origin = _real.GetTimestamp();
    }

    /// <summary>How many of its seconds pass in a real one.</summary>
    public double Speed { get; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => _real.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp() => (long)((_real.GetTimestamp() - _origin) * Speed);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + GetElapsedTime(0);

    /// <summary>
    /// Returns the real duration of a span of this clock, rounded up to a whole millisecond.
    /// </summary>
    public TimeSpan ToReal(TimeSpan span)
    {
        // Zero and infinite delays mean the same at every speed.
        if (span <= TimeSpan.Zero)
            return span;
        var milliseconds = Math.Ceiling(span.TotalMilliseconds / Speed);
        return milliseconds < LongestTimer.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : LongestTimer;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ScaledTimer(this, _real.CreateTimer(callback, state, ToReal(dueTime), ToReal(period)));

    private sealed class ScaledTimer(ScaledClock clock, ITimer real) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            real.Change(clock.ToReal(dueTime), clock.ToReal(period));

        public void Dispose() => real.Dispose();

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
