namespace Remora.Volatility;

/// <summary>The class of a volatility score.</summary>
public enum VolatilityClass
{
    /// <summary>Among the lowest of the market's own last 30 days.</summary>
    Low,

    /// <summary>In the usual range.</summary>
    Normal,

    /// <summary>Among the highest.</summary>
    High,

    /// <summary>At or near the highest of the last 30 days.</summary>
    Extreme,
}
