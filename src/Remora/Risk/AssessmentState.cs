namespace Remora.Risk;

/// <summary>Whether an assessment can be relied on. Of several states that apply, the last one in this list counts.</summary>
public enum AssessmentState
{
    /// <summary>The candles are fresh, the model has its whole past, and the score is known.</summary>
    Ok,

    /// <summary>The candles are fresh, but the model does not have its whole past yet, or the score cannot be worked out from it.</summary>
    WarmingUp,

    /// <summary>The last candle is older than two timeframes and younger than twelve: the last verdict stands, with less confidence.</summary>
    Stale,

    /// <summary>Nothing is known of the market's present: no candle has ever come, or the last one is twelve timeframes old or older. No candle counts for the verdict.</summary>
    Unknown,
}
