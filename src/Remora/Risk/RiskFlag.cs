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
}

/// <summary>All flags: raised, not raised, or null while an input is unknown.</summary>
public readonly record struct EventFlags
{
    private static readonly string[] Names = [.. Enum.GetValues<RiskFlag>().Select(f => "flag_" + RemoraJson.NameOf(f))];
    private readonly ushort _raised;
    private readonly ushort _known;

    private EventFlags(ushort raised, ushort known)
    {
        _raised = raised;
        _known = known;
    }

    /// <summary>The fear and greed index is very low.</summary>
    public bool? FlagExtremeFear => this[RiskFlag.ExtremeFear];

    /// <summary>The regime is panic.</summary>
    public bool? FlagPanic => this[RiskFlag.Panic];

    /// <summary>The volatility score is extreme.</summary>
    public bool? FlagHighVolatility => this[RiskFlag.HighVolatility];

    /// <summary>Daily candles are bearish, or the price is far below its 200-day average.</summary>
    public bool? FlagBearMarket => this[RiskFlag.BearMarket];

    /// <summary>The regime is bear.</summary>
    public bool? FlagDowntrend => this[RiskFlag.Downtrend];

    /// <summary>The fear and greed index is very high.</summary>
    public bool? FlagExtremeGreed => this[RiskFlag.ExtremeGreed];

    /// <summary>The size of the funding rate is very large, positive or negative.</summary>
    public bool? FlagFundingExtreme => this[RiskFlag.FundingExtreme];

    /// <summary>Liquidations exceed the usual size of the last month.</summary>
    public bool? FlagLiquidationCascade => this[RiskFlag.LiquidationCascade];

    /// <summary>The news is bad.</summary>
    public bool? FlagNegativeNews => this[RiskFlag.NegativeNews];

    /// <summary>The VIX is high.</summary>
    public bool? FlagMacroStress => this[RiskFlag.MacroStress];

    /// <summary>
    /// The moment is within an event window of the calendar; null without a calendar.
    /// </summary>
    public bool? FlagScheduledEvent => this[RiskFlag.ScheduledEvent];

    /// <summary>Whether a flag is raised; null while unknown.</summary>
    public bool? this[RiskFlag flag] => (_known & Bit(flag)) == 0 ? null : (_raised & Bit(flag)) != 0;

    internal bool Any => _raised != 0;

    internal EventFlags With(RiskFlag flag, bool? raised) => raised switch
    {
        null => this,
        true => new((ushort)(_raised | Bit(flag)), (ushort)(_known | Bit(flag))),
        false => new(_raised, (ushort)(_known | Bit(flag))),
    };

    /// <summary>Returns the name of a flag in answers: <c>flag_panic</c>.</summary>
    public static string NameOf(RiskFlag flag) => Names[(int)flag];

    private static int Bit(RiskFlag flag) => 1 << (int)flag;
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
