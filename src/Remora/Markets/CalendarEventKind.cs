namespace Remora.Markets;

/// <summary>The kind of a scheduled event.</summary>
public enum CalendarEventKind
{
    /// <summary>US consumer prices are released.</summary>
    Cpi,

    /// <summary>US employment is released.</summary>
    Nfp,

    /// <summary>The US Federal Reserve announces a decision.</summary>
    Fomc,

    /// <summary>A US holiday: its time is 00:00 UTC, and it lasts that UTC day.</summary>
    Holiday,

    /// <summary>Any other event. Forecasts do not use it.</summary>
    Other,
}
