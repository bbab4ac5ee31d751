namespace Remora.Risk;

/// <summary>The event flags: named conditions that are true or false.</summary>
public enum RiskFlag
{
    /// <summary>The fear and greed index is very low.</summary>
    ExtremeFear,

    /// <summary>The regime is panic.</summary>
    Panic,

    /// <summary>The volatility score is extreme.</summary>
    HighVolatility,

    /// <summary>Daily candles are bearish, or the price is far below its 200-day average.</summary>
    BearMarket,

    /// <summary>The regime is bear.</summary>
    Downtrend,

    /// <summary>The fear and greed index is very high.</summary>
    ExtremeGreed,

    /// <summary>The size of the funding rate is very large, positive or negative.</summary>
    FundingExtreme,

    /// <summary>Liquidations exceed the usual size of the last month.</summary>
    LiquidationCascade,

    /// <summary>The news is bad.</summary>
    NegativeNews,

    /// <summary>The VIX is high.</summary>
    MacroStress,

    /// <summary>The moment is within an event window of the calendar.</summary>
    ScheduledEvent,

    /// <summary>
    /// The unfinished candle moved further than is expected once in 30 days.
    /// </summary>
    Shock,
}

/// <summary>The class of a risk score.</summary>
public enum RiskClass
{
    /// <summary>Below 0.20 by default.</summary>
    VeryLow,

    /// <summary>Below 0.40 by default.</summary>
    Low,

    /// <summary>Below 0.55 by default.</summary>
    Medium,

    /// <summary>Below 0.70 by default.</summary>
    High,

    /// <summary>All higher scores.</summary>
    VeryHigh,
}

/// <summary>The recommendation for an entry.</summary>
public enum Recommendation
{
    /// <summary>Nothing advises against an entry.</summary>
    EntryOk,

    /// <summary>A condition advises against an entry, or inputs are unknown.</summary>
    Caution,

    /// <summary>Entries are blocked.</summary>
    NoEntry,
}

/// <summary>The direction of the entry that is assessed.</summary>
public enum Side
{
    /// <summary>Buys first.</summary>
    Long,

    /// <summary>Sells first: trend, momentum and regime risk are mirrored.</summary>
    Short,
}
