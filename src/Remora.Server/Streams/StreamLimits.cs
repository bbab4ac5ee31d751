namespace Remora.Server.Streams;

/// <summary>How many may read the stream, and how patient it is. Spans are real time, whatever clock the service goes by.</summary>
internal sealed record StreamLimits
{
    /// <summary>How many readers there may be at once.</summary>
    public int Readers { get; init; } = 5000;

    /// <summary>How long it may be silent.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a reader may take nothing of what waits for it.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often readers and the passing of time are looked at.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);
}
