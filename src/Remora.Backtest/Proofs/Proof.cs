using Remora.Markets;

namespace Remora.Backtest.Proofs;

/// <summary>The result of computing an answer again.</summary>
/// <param name="Market">The market of the answer.</param>
/// <param name="AssessedAt">The moment of the answer.</param>
/// <param name="Cause">What differs.</param>
/// <param name="Explanation">What differs, in one sentence.</param>
/// <param name="Difference">The first field that differs, with both values; null if none does, or
/// the answer was not computed again.</param>
public sealed record Proof(
    MarketId Market,
    Instant AssessedAt,
    ProofCause Cause,
    string Explanation,
    FieldDifference? Difference
)
{
    /// <summary>Whether the answer is equal, digit for digit.</summary>
    public bool IsEqual => Cause == ProofCause.None;
}

/// <summary>A field with two values, as JSON.</summary>
/// <param name="Field">The path of the field, such as <c>external.vix.value</c>.</param>
/// <param name="Answered">The value in the answer; null if the field is missing there.</param>
/// <param name="Computed">The computed value; null if the field is missing there.</param>
public sealed record FieldDifference(string Field, string? Answered, string? Computed);

/// <summary>Why an answer is not what is computed now.</summary>
public enum ProofCause
{
    /// <summary>It is equal.</summary>
    None,

    /// <summary>The policy has other rules now.</summary>
    Policy,

    /// <summary>The program computes differently from the one that answered.</summary>
    Version,

    /// <summary>The forecast used other coefficients.</summary>
    Coefficients,

    /// <summary>A candle is missing, or not the one that was used.</summary>
    Candles,

    /// <summary>A candle of the forecast before the others is missing or another one.</summary>
    ForecastCandles,

    /// <summary>An outside value is not the one that was used.</summary>
    OutsideValue,

    /// <summary>The calendar of scheduled events is not the one that was used.</summary>
    Calendar,

    /// <summary>The answer saw a move of an unfinished candle, which nothing records.</summary>
    UnfinishedCandle,

    /// <summary>All inputs are equal and the answer is not.</summary>
    Answer,
}
