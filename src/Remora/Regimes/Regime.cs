namespace Remora.Regimes;

/// <summary>The market's condition.</summary>
public enum Regime
{
    /// <summary>
    /// Rising in order: close above SMA 50 above SMA 200, and a strong trend upward.
    /// </summary>
    Bull,

    /// <summary>Without a trend, and not choppy.</summary>
    Sideways,

    /// <summary>
    /// Falling in order: close below SMA 50 below SMA 200, and a strong trend downward.
    /// </summary>
    Bear,

    /// <summary>Volatile without a direction, or a trend against its averages.</summary>
    Choppy,

    /// <summary>Extreme volatility.</summary>
    HighVol,

    /// <summary>Extreme volatility while the price falls hard.</summary>
    Panic,
}

/// <summary>Direction of the trend, from ADX and the directional indicators.</summary>
public enum TrendClass
{
    /// <summary>ADX is high enough and -DI leads.</summary>
    Down,

    /// <summary>ADX is too low for a trend.</summary>
    Sideways,

    /// <summary>ADX is high enough and +DI leads.</summary>
    Up,
}

/// <summary>Momentum, from RSI and the sign of MACD's histogram.</summary>
public enum MomentumClass
{
    /// <summary>RSI far down and MACD below its signal.</summary>
    StrongBearish,

    /// <summary>RSI down and MACD below its signal.</summary>
    Bearish,

    /// <summary>RSI and MACD disagree, or RSI is in the middle.</summary>
    Neutral,

    /// <summary>RSI up and MACD above its signal.</summary>
    Bullish,

    /// <summary>RSI far up and MACD above its signal.</summary>
    StrongBullish,
}
