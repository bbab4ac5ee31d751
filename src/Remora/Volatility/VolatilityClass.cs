namespace Remora.Volatility;

/// <summary>The volatility score in words.</summary>
public enum VolatilityClass
{
    /// <summary>Among the calmest of the market's own last 30 days.</summary>
    Low,

    /// <summary>Nothing special.</summary>
    Normal,

    /// <summary>Among the roughest.</summary>
    High,

    /// <summary>As rough as it has been.</summary>
    Extreme,
}
