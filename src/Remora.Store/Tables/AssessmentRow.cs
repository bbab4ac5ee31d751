using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>
/// A past assessment in columns, named as in history files for backtests. Unknown values are null.
/// </summary>
public sealed class AssessmentRow
{
    private readonly NamedRow _row;

    internal AssessmentRow(NamedRow row) => _row = row;

    /// <summary>The time of the assessment, at which it became knowable.</summary>
    public Instant Time => _row.Time("time")!.Value;

    /// <summary>The close time of the last candle it used.</summary>
    public Instant? AsOf => _row.Time("as_of");

    /// <summary>The close price of that candle.</summary>
    public double? Close => _row.Number("close");

    /// <summary>Whether entries were safe.</summary>
    public bool SafeToTrade => _row.Boolean("safe_to_trade");

    /// <summary>The recommendation: entry_ok, caution or no_entry.</summary>
    public string Recommendation => _row.Text("recommendation")!;

    /// <summary>The risk score, [0, 1].</summary>
    public double? RiskScore => _row.Number("risk_score");

    /// <summary>The class of the risk score.</summary>
    public string? RiskClass => _row.Text("risk_class");

    /// <summary>The confidence, [0, 1].</summary>
    public double? RiskConfidence => _row.Number("risk_confidence");

    /// <summary>The position scale, [0, 1].</summary>
    public double? PositionScale => _row.Number("position_scale");

    /// <summary>The reasons for a block.</summary>
    public IReadOnlyList<string> BlockedBy => _row.List("blocked_by");

    /// <summary>The regime.</summary>
    public string? Regime => _row.Text("regime");

    /// <summary>The volatility, [0, 1].</summary>
    public double? Volatility => _row.Number("volatility");

    /// <summary>The event flags that are set.</summary>
    public IReadOnlyList<string> Flags => _row.List("flags");

    /// <summary>The id of the policy.</summary>
    public string PolicyId => _row.Text("policy_id")!;

    /// <summary>The model.</summary>
    public string Model => _row.Text("model")!;

    /// <summary>
    /// The state: ok, warming_up, stale or unknown; null in rows from before it was recorded.
    /// </summary>
    public string? State => _row.Text("state");

    /// <summary>
    /// The standard deviation of the log return that was forecast for the next hour.
    /// </summary>
    public double? ForecastVolatility_1h => _row.Number("forecast_volatility_1h");

    /// <summary>The same for the next 4 hours.</summary>
    public double? ForecastVolatility_4h => _row.Number("forecast_volatility_4h");

    /// <summary>The same for the next 24 hours.</summary>
    public double? ForecastVolatility_24h => _row.Number("forecast_volatility_24h");

    /// <summary>The rank of the forecast for one hour in 180 days, [0, 1].</summary>
    public double? ForecastPercentile_1h => _row.Number("forecast_percentile_1h");

    /// <summary>The same for 4 hours.</summary>
    public double? ForecastPercentile_4h => _row.Number("forecast_percentile_4h");

    /// <summary>The same for 24 hours.</summary>
    public double? ForecastPercentile_24h => _row.Number("forecast_percentile_24h");

    /// <summary>The confidence of the forecast, [0, 1].</summary>
    public double? ForecastConfidence => _row.Number("forecast_confidence");

    /// <summary>The coefficients of the forecast; null without one.</summary>
    public string? ForecastCoefficients => _row.Text("forecast_coefficients");
}
