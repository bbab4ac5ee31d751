using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>An assessment of the past in columns, named as in a history file: what a backtest needs. What is not known is null.</summary>
public sealed record SaidRow
{
    /// <summary>When it was said, and so from when on it could be known.</summary>
    public required Instant Time { get; init; }

    /// <summary>The close of the last candle it was worked out from.</summary>
    public required Instant? AsOf { get; init; }

    /// <summary>That candle's close.</summary>
    public double? Close { get; init; }

    /// <summary>The verdict.</summary>
    public required bool SafeToTrade { get; init; }

    /// <summary>What it comes to: entry_ok, caution, no_entry.</summary>
    public required string Recommendation { get; init; }

    /// <summary>The score, [0, 1].</summary>
    public double? RiskScore { get; init; }

    /// <summary>Its class.</summary>
    public string? RiskClass { get; init; }

    /// <summary>How sure it is, [0, 1].</summary>
    public double? RiskConfidence { get; init; }

    /// <summary>The part of a position it leaves, [0, 1].</summary>
    public double? PositionScale { get; init; }

    /// <summary>What blocks.</summary>
    public required IReadOnlyList<string> BlockedBy { get; init; }

    /// <summary>The regime.</summary>
    public string? Regime { get; init; }

    /// <summary>The volatility, [0, 1].</summary>
    public double? Volatility { get; init; }

    /// <summary>The flags that are raised.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>The policy's id.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Whether it could be relied on: ok, warming_up, stale, unknown; null in rows of before this was recorded.</summary>
    public string? State { get; init; }

    /// <summary>What is read of an assessment for a side.</summary>
    internal static string Columns(Side side) => side == Side.Long
        ? Columns("safe_to_trade", "recommendation", "")
        : Columns("assumeNotNull(short_safe_to_trade)", "assumeNotNull(short_recommendation)", "short_");

    private static string Columns(string safe, string recommendation, string prefix) =>
        $"assessed_at AS time, as_of, close, {safe} AS safe_to_trade, {recommendation} AS recommendation, {prefix}risk_score AS risk_score, {prefix}risk_class AS risk_class, risk_confidence, " +
        $"{prefix}position_scale AS position_scale, arrayStringConcat({prefix}blocked_by, '|') AS blocked_by, regime, volatility, arrayStringConcat(flags, '|') AS flags, policy_id, model, state";

    internal static SaidRow Read(RowReader row) => new()
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
