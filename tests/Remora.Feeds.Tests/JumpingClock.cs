namespace Remora.Feeds.Tests;

/// <summary>The system's clock, which can be put forward: as a machine that slept sees it.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _jumped;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _jumped);

    public void Jump(TimeSpan span) => Interlocked.Add(ref _jumped, (long)(span.TotalSeconds * TimestampFrequency));
}
