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

    /// <summary>A US holiday: one day in UTC, from its time on.</summary>
    Holiday,

    /// <summary>Any other event. Forecasts do not use it.</summary>
    Other,
}
