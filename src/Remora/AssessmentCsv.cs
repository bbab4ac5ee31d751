using System.Globalization;
using System.Text;
using Remora.Risk;

namespace Remora;

/// <summary>
/// Writes assessments as rows of CSV for data frames: one row per candle, numbers at full
/// precision, an empty field for an unknown value.
/// </summary>
public static class AssessmentCsv
{
    /// <summary>The header line.</summary>
    public const string Header =
        "date,as_of,close,safe_to_trade,recommendation,risk_score,risk_class,risk_confidence,position_scale,blocked_by,regime,regime_since,volatility,volatility_classification," +
        "trend_classification,momentum_classification,risk_volatility,risk_regime,risk_trend_strength,risk_momentum,risk_external,flags,atr_ratio,rsi,adx,day_return,day_drawdown,gaps,policy,policy_id,model,state";

    private static readonly RiskFlag[] Flags = Enum.GetValues<RiskFlag>();

    /// <summary>
    /// Appends one row and a newline. <c>date</c> is the candle's open time, as in data frames of
    /// candles. <c>as_of</c> is its close time, at which the row became knowable.
    /// </summary>
    public static void Append(StringBuilder row, Assessment assessment)
    {
        var market = assessment.GetReadings();
        var parts = assessment.RiskBreakdown;
        Text(row, assessment.AsOf is { } asOf ? (asOf - assessment.Timeframe.Length).ToString() : "");
        Text(row, assessment.AsOf?.ToString());
        Number(row, market.Close);
        Text(row, assessment.SafeToTrade ? "true" : "false");
        Text(row, RemoraJson.NameOf(assessment.Recommendation));
        Number(row, assessment.RiskScore);
        Name(row, assessment.RiskClass);
        Number(row, assessment.RiskConfidence);
        Number(row, assessment.PositionScale);
        Text(row, string.Join('|', assessment.BlockedBy));
        Name(row, assessment.Regime);
        Text(row, assessment.RegimeSince?.ToString());
        Number(row, assessment.Volatility);
        Name(row, assessment.VolatilityClassification);
        Name(row, assessment.TrendClassification);
        Name(row, assessment.MomentumClassification);
        Number(row, parts.Volatility);
        Number(row, parts.Regime);
        Number(row, parts.TrendStrength);
        Number(row, parts.Momentum);
        Number(row, parts.External);
        Raised(row, assessment.EventFlags);
        Number(row, market.AtrRatio);
        Number(row, market.Rsi);
        Number(row, market.Trend.Adx);
        Number(row, market.DayReturn);
        Number(row, market.DayDrawdown);
        row.Append(market.Gaps).Append(',');
        Text(row, assessment.Policy);
        Text(row, assessment.PolicyId);
        Text(row, assessment.Model);
        row.Append(RemoraJson.NameOf(assessment.State)).Append('\n');
    }

    private static void Number(StringBuilder row, double value)
    {
        if (double.IsFinite(value)) row.Append(CultureInfo.InvariantCulture, $"{value}");
        row.Append(',');
    }

    private static void Text(StringBuilder row, string? text) => row.Append(text).Append(',');

    private static void Name<T>(StringBuilder row, T? value) where T : struct, Enum => Text(row, value is { } known ? RemoraJson.NameOf(known) : null);

    private static void Raised(StringBuilder row, EventFlags flags)
    {
        var first = true;
        foreach (var flag in Flags)
        {
            if (flags[flag] != true) continue;
            if (!first) row.Append('|');
            row.Append(EventFlags.NameOf(flag));
            first = false;
        }
        row.Append(',');
    }
}
