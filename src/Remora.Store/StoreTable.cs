using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>A table of the store.</summary>
/// <param name="Name">The name.</param>
/// <param name="Time">The column with the time that a row describes.</param>
/// <param name="Columns">The columns of inserts, in order. Other columns have defaults.</param>
internal sealed record StoreTable(SqlName Name, SqlName Time, IReadOnlyList<SqlName> Columns)
{
    public static StoreTable Candles { get; } = Of("candles", "opened", "exchange pair timeframe opened open high low close volume sequence");

    public static StoreTable Observations { get; } = Of("observations", "knowable_at", "signal base source value held_at knowable_at time_to_live_ms sequence");

    public static StoreTable Assessments { get; } = Of(
        "assessments", "assessed_at",
        "exchange pair timeframe policy policy_id model assessed_at as_of close safe_to_trade recommendation risk_score risk_class risk_confidence position_scale regime volatility " +
        "part_volatility part_regime part_trend_strength part_momentum part_external stale state blocked_by flags short_safe_to_trade short_recommendation short_risk_score short_risk_class " +
        "short_position_scale short_part_regime short_part_trend_strength short_part_momentum short_blocked_by answer sequence");

    public static StoreTable Requests { get; } = Of("api_requests", "at", "at route pair query_hash result_hash unchanged status microseconds client sequence");

    public static IReadOnlyList<StoreTable> All { get; } = [Candles, Observations, Assessments, Requests];

    private static StoreTable Of(string name, string time, string columns) => new(SqlName.Of(name), SqlName.Of(time), [.. columns.Split(' ').Select(SqlName.Of)]);
}
