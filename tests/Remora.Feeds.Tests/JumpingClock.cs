namespace Remora.Feeds.Tests;

/// <summary>The system clock, which can be moved forward as on a machine that slept.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _jumped;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _jumped);

    public void Jump(TimeSpan span) => Interlocked.Add(ref _jumped, (long)(span.TotalSeconds * TimestampFrequency));
}
