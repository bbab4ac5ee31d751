namespace Remora.Sandbox.Series;

/// <summary>Where a market's candles come from.</summary>
public enum SeriesOrigin
{
    /// <summary>Invented from a seed.</summary>
    Simulated,

    /// <summary>Recorded earlier and played again.</summary>
    Replay,
}

/// <summary>How the sandbox says it, in the header of every answer and in its state.</summary>
internal static class SeriesOrigins
{
    public static string Name(this SeriesOrigin origin) => origin == SeriesOrigin.Simulated ? "simulated" : "replay";
}
