namespace Remora.Markets;

/// <summary>Prices and volume of one closed span of time. Read from the outside only through <see cref="Check"/>.</summary>
/// <param name="OpenTime">When the span begins, a multiple of its timeframe.</param>
/// <param name="Open">First price, above 0.</param>
/// <param name="High">Highest price, not below any other.</param>
/// <param name="Low">Lowest price, above 0, not above any other.</param>
/// <param name="Close">Last price, above 0.</param>
/// <param name="Volume">Traded amount in the base currency, 0 or more.</param>
public readonly record struct Candle(Instant OpenTime, double Open, double High, double Low, double Close, double Volume)
{
    /// <summary>What is wrong with these values for a market of this timeframe; <see cref="CandleFault.None"/> when nothing is.</summary>
    /// <param name="timeframe">The timeframe the candle claims to be of.</param>
    /// <param name="now">The present: a candle that has not closed by then is refused.</param>
    public CandleFault Check(Timeframe timeframe, Instant now)
    {
        // Written so that NaN fails every comparison it should fail.
        if (!double.IsFinite(Open) || !double.IsFinite(High) || !double.IsFinite(Low) || !double.IsFinite(Close) || !double.IsFinite(Volume))
            return CandleFault.NotFinite;
        if (Open <= 0 || High <= 0 || Low <= 0 || Close <= 0) return CandleFault.NotPositive;
        if (Volume < 0) return CandleFault.NegativeVolume;
        if (High < Low || Open > High || Open < Low || Close > High || Close < Low) return CandleFault.Inverted;
        if (OpenTime.Floor(timeframe.Length) != OpenTime) return CandleFault.Unaligned;
        if (OpenTime > now) return CandleFault.InTheFuture;
        return OpenTime + timeframe.Length > now ? CandleFault.NotClosed : CandleFault.None;
    }
}

/// <summary>Why a candle was refused at the edge.</summary>
public enum CandleFault
{
    /// <summary>Nothing is wrong.</summary>
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

    /// <summary>The candle has not closed yet. The last one an exchange sends usually has not; that is no fault of anyone.</summary>
    NotClosed,
}
