namespace Remora.Risk;

/// <summary>
/// Whether an assessment can be relied on. When several states apply, the last one in this list
/// counts.
/// </summary>
public enum AssessmentState
{
    /// <summary>The candles are fresh, the model is warmed up, and the score is known.</summary>
    Ok,

    /// <summary>
    /// The candles are fresh, but the model is still warming up, or the score cannot be computed
    /// yet.
    /// </summary>
    WarmingUp,

    /// <summary>
    /// The last candle is older than two timeframes and younger than twelve. The last verdict stays
    /// in force with lower confidence.
    /// </summary>
    Stale,

    /// <summary>
    /// The market's present condition is unknown: no candle has arrived, or the last one is at
    /// least twelve timeframes old. Candles do not count for the verdict.
    /// </summary>
    Unknown,
}
