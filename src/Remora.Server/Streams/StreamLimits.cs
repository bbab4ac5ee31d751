namespace Remora.Server.Streams;

/// <summary>
/// The limits of the stream. Durations are in real time, independent of the service's clock.
/// </summary>
internal sealed record StreamLimits
{
    /// <summary>The maximum number of simultaneous readers.</summary>
    public int Readers { get; init; } = 5000;

    /// <summary>The maximum time without data.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a reader may leave waiting data unaccepted.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often readers and time-dependent verdicts are checked.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);
}
