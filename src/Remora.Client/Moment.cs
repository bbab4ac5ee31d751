namespace Remora.Client;

/// <summary>
/// A moment by two clocks. The steady clock stops while the machine sleeps; the wall clock can be
/// set back. The longer of the two spans is therefore never too short.
/// </summary>
internal readonly record struct Moment(long Steady, long WallTicks)
{
    public static Moment Now(TimeProvider clock) => new(clock.GetTimestamp(), clock.GetUtcNow().Ticks);

    public TimeSpan Since(TimeProvider clock)
    {
        var steady = clock.GetElapsedTime(Steady);
        var wall = TimeSpan.FromTicks(clock.GetUtcNow().Ticks - WallTicks);
        return steady >= wall ? steady : wall;
    }
}
