namespace Remora.Risk;

/// <summary>Conditions that a trader would want to be told of by name.</summary>
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

    /// <summary>The funding rate is very large, whichever its sign.</summary>
    FundingExtreme,

    /// <summary>Liquidations exceed what the last month was used to.</summary>
    LiquidationCascade,

    /// <summary>The news is bad.</summary>
    NegativeNews,

    /// <summary>The VIX is high.</summary>
    MacroStress,

    /// <summary>An event of the calendar is near.</summary>
    ScheduledEvent,
}

/// <summary>All flags at once: raised, not raised, or null where what it needs is unknown.</summary>
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

    /// <summary>The funding rate is very large, whichever its sign.</summary>
    public bool? FlagFundingExtreme => this[RiskFlag.FundingExtreme];

    /// <summary>Liquidations exceed what the last month was used to.</summary>
    public bool? FlagLiquidationCascade => this[RiskFlag.LiquidationCascade];

    /// <summary>The news is bad.</summary>
    public bool? FlagNegativeNews => this[RiskFlag.NegativeNews];

    /// <summary>The VIX is high.</summary>
    public bool? FlagMacroStress => this[RiskFlag.MacroStress];

    /// <summary>An event of the calendar is near; null without a calendar.</summary>
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

    /// <summary>The name a flag has in answers: <c>flag_panic</c>.</summary>
    public static string NameOf(RiskFlag flag) => Names[(int)flag];

    private static int Bit(RiskFlag flag) => 1 << (int)flag;
}

/// <summary>The score in words.</summary>
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

    /// <summary>The rest.</summary>
    VeryHigh,
}

/// <summary>What to do about an entry.</summary>
public enum Recommendation
{
    /// <summary>Nothing speaks against it.</summary>
    EntryOk,

    /// <summary>Something does, or too little is known.</summary>
    Caution,

    /// <summary>It is blocked.</summary>
    NoEntry,
}

/// <summary>The side of the trade that is asked about.</summary>
public enum Side
{
    /// <summary>Buying first.</summary>
    Long,

    /// <summary>Selling first: trend, momentum and regime risk are mirrored.</summary>
    Short,
}
