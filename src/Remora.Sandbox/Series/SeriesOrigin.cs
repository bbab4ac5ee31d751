namespace Remora.Sandbox.Series;

/// <summary>The origin of a market's candles.</summary>
public enum SeriesOrigin
{
    /// <summary>Generated from a seed.</summary>
    Simulated,

    /// <summary>Recorded earlier and replayed.</summary>
    Replay,
}

/// <summary>
/// The names of the origins in the header of every response and in the sandbox's state.
/// </summary>
internal static class SeriesOrigins
{
    public static string Name(this SeriesOrigin origin) => origin == SeriesOrigin.Simulated ? "simulated" : "replay";
}
