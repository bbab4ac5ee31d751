namespace Remora.Markets;

/// <summary>
/// Prices and volume of one closed interval. Candles from outside must pass <see cref="Check"/>.
/// </summary>
/// <param name="OpenTime">The start of the interval, a multiple of its timeframe.</param>
/// <param name="Open">First price, above 0.</param>
/// <param name="High">Highest price, at or above every other price.</param>
/// <param name="Low">Lowest price, above 0, at or below every other price.</param>
/// <param name="Close">Last price, above 0.</param>
/// <param name="Volume">Traded amount in the base currency, 0 or more.</param>
public readonly record struct Candle(
    Instant OpenTime,
    double Open,
    double High,
    double Low,
    double Close,
    double Volume
)
{
    /// <summary>
    /// Returns what is wrong with these values for a market of this timeframe, or
    /// <see cref="CandleFault.None"/>.
    /// </summary>
    /// <param name="timeframe">The timeframe that the candle must have.</param>
    /// <param name="now">The current time: a candle that closes later is refused.</param>
    public CandleFault Check(Timeframe timeframe, Instant now)
    {
        // Every comparison is written so that it fails for NaN.
        if (
            !double.IsFinite(Open)
            || !double.IsFinite(High)
            || !double.IsFinite(Low)
            || !double.IsFinite(Close)
            || !double.IsFinite(Volume)
        )
            return CandleFault.NotFinite;
        if (Open <= 0 || High <= 0 || Low <= 0 || Close <= 0)
            return CandleFault.NotPositive;
        if (Volume < 0)
            return CandleFault.NegativeVolume;
        if (High < Low || Open > High || Open < Low || Close > High || Close < Low)
            return CandleFault.Inverted;
        if (OpenTime.Floor(timeframe.Length) != OpenTime)
            return CandleFault.Unaligned;
        if (OpenTime > now)
            return CandleFault.InTheFuture;
        return OpenTime + timeframe.Length > now ? CandleFault.NotClosed : CandleFault.None;
    }
}

/// <summary>The reason why a candle is refused.</summary>
public enum CandleFault
{
    /// <summary>The candle is valid.</summary>
    None,

    /// <summary>A value is NaN or infinite.</summary>
    NotFinite,

    /// <summary>A price is 0 or negative.</summary>
    NotPositive,

    /// <summary>The volume is negative.</summary>
    NegativeVolume,

    /// <summary>High is below low, or open or close lie outside them.</summary>
    Inverted,

    /// <summary>The open time is not a multiple of the timeframe.</summary>
    Unaligned,

    /// <summary>The open time lies in the future.</summary>
    InTheFuture,

    /// <summary>
    /// The candle has not closed yet. This is normal for the last candle that an exchange returns.
    /// </summary>
    NotClosed,
}
