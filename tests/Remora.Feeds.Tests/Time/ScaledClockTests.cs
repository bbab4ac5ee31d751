using System.Diagnostics;
using Remora.Feeds.Time;

namespace Remora.Feeds.Tests.Time;

public sealed class ScaledClockTests
{
    private static readonly DateTimeOffset Start = new(2022, 6, 13, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_starts_where_it_was_told_and_runs_at_its_speed()
    {
        var real = new JumpingClock();
        var clock = new ScaledClock(Start, 300, real);
        Assert.InRange(clock.GetUtcNow() - Start, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        var before = clock.GetUtcNow();
        var stamp = clock.GetTimestamp();
        real.Jump(TimeSpan.FromSeconds(10));
        Assert.InRange(clock.GetUtcNow() - before, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(55));
        Assert.InRange(clock.GetElapsedTime(stamp), TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(55));
    }

    [Fact]
    public async Task A_wait_is_shortened_by_the_speed()
    {
        var clock = new ScaledClock(Start, 1000);
        foreach (var minutes in (double[])[0.2, 1, 3])
        {
            var before = clock.GetUtcNow();
            var started = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromMinutes(minutes), clock);
            // The resolution of the system's timers is some milliseconds.
            var slack = TimeSpan.FromSeconds(5);
            Assert.True(
                clock.GetUtcNow() - before >= TimeSpan.FromMinutes(minutes) - slack,
                $"{minutes} minutes cut short"
            );
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, (minutes * 0.06) + 2);
        }
    }

    [Fact]
    public async Task Its_timers_repeat_and_can_be_changed()
    {
        var clock = new ScaledClock(Start, 1000);
        var ticks = 0;
        await using var timer = clock.CreateTimer(
            _ => Interlocked.Increment(ref ticks),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        await Task.Delay(50);
        Assert.Equal(0, ticks);
        Assert.True(timer.Change(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        await Eventually.True(() => ticks >= 5, "ticks every 5 ms");
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(1000, 1)]
    [InlineData(3000, 1)]
    [InlineData(0.5, 2000)]
    public void Spans_are_rounded_up_to_a_millisecond(double speed, double expected) =>
        Assert.Equal(expected, new ScaledClock(Start, speed).ToReal(TimeSpan.FromSeconds(1)).TotalMilliseconds);

    [Fact]
    public void Never_stays_never_and_long_is_cut_to_what_a_timer_can()
    {
        var clock = new ScaledClock(Start, 1e-9);
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.ToReal(Timeout.InfiniteTimeSpan));
        using var timer = clock.CreateTimer(_ => { }, null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
        Assert.NotNull(timer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_speed_that_is_none_is_refused(double speed) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScaledClock(Start, speed));
}
