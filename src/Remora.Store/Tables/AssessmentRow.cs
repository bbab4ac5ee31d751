using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>
/// A past assessment in columns, named as in history files for backtests. Unknown values are null.
/// </summary>
public sealed record AssessmentRow
{
    /// <summary>The time of the assessment, at which it became knowable.</summary>
    public required Instant Time { get; init; }

    /// <summary>The close time of the last candle it used.</summary>
    public required Instant? AsOf { get; init; }

    /// <summary>The close price of that candle.</summary>
    public double? Close { get; init; }

    /// <summary>Whether entries were safe.</summary>
    public required bool SafeToTrade { get; init; }

    /// <summary>The recommendation: entry_ok, caution or no_entry.</summary>
    public required string Recommendation { get; init; }

    /// <summary>The risk score, [0, 1].</summary>
    public double? RiskScore { get; init; }

    /// <summary>The class of the risk score.</summary>
    public string? RiskClass { get; init; }

    /// <summary>The confidence, [0, 1].</summary>
    public double? RiskConfidence { get; init; }

    /// <summary>The position scale, [0, 1].</summary>
    public double? PositionScale { get; init; }

    /// <summary>The reasons for a block.</summary>
    public required IReadOnlyList<string> BlockedBy { get; init; }

    /// <summary>The regime.</summary>
    public string? Regime { get; init; }

    /// <summary>The volatility, [0, 1].</summary>
    public double? Volatility { get; init; }

    /// <summary>The event flags that are set.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>The id of the policy.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The state: ok, warming_up, stale or unknown; null in rows from before it was recorded.
    /// </summary>
    public string? State { get; init; }

    /// <summary>Returns the columns to read for a side.</summary>
    internal static string Columns(Side side) => side == Side.Long
        ? Columns("safe_to_trade", "recommendation", "")
        : Columns("assumeNotNull(short_safe_to_trade)", "assumeNotNull(short_recommendation)", "short_");

    private static string Columns(string safe, string recommendation, string prefix) =>
        $"assessed_at AS time, as_of, close, {safe} AS safe_to_trade, {recommendation} AS recommendation, {prefix}risk_score AS risk_score, {prefix}risk_class AS risk_class, risk_confidence, " +
        $"{prefix}position_scale AS position_scale, arrayStringConcat({prefix}blocked_by, '|') AS blocked_by, regime, volatility, arrayStringConcat(flags, '|') AS flags, policy_id, model, state";

    internal static AssessmentRow Read(RowReader row) => new()
    {
        Time = Instant.From(row.DateTime64()),
        AsOf = row.Nullable(value => Instant.From(value.DateTime64())),
        Close = Number(row),
        SafeToTrade = row.Bool(),
        Recommendation = row.String(),
        RiskScore = Number(row),
        RiskClass = row.NullableString(),
        RiskConfidence = Number(row),
        PositionScale = Number(row),
        BlockedBy = List(row.String()),
        Regime = row.NullableString(),
        Volatility = Number(row),
        Flags = List(row.String()),
        PolicyId = row.String(),
        Model = row.String(),
        State = row.NullableString(),
    };

    private static double? Number(RowReader row) => row.Nullable(value => value.Float64());

    private static string[] List(string names) => names.Split('|', StringSplitOptions.RemoveEmptyEntries);
}
