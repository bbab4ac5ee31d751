using System.Text;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Tests.Risk;

namespace Remora.Tests.Columns;

/// <summary>
/// Programs read these files by name and by position: names, order and digits must not change.
/// </summary>
public sealed class AssessmentCsvTests
{
    private const string Header =
        "date,as_of,close,safe_to_trade,recommendation,risk_score,risk_class,risk_confidence,position_scale,blocked_by,regime,regime_since,volatility,volatility_classification,trend_classification,momentum_classification,risk_volatility,risk_regime,risk_trend_strength,risk_momentum,risk_external,flags,atr_ratio,rsi,adx,day_return,day_drawdown,gaps,policy,policy_id,model,state,forecast_volatility_1h,forecast_volatility_4h,forecast_volatility_24h,forecast_percentile_1h,forecast_percentile_4h,forecast_percentile_24h,forecast_confidence,forecast_coefficients";

    [Fact]
    public void The_header_is_exactly_this() => Assert.Equal(Header, AssessmentCsv.Header);

    [Fact]
    public void Unknown_values_are_empty() =>
        Assert.Equal(
            "2022-06-13T07:55:00Z,2022-06-13T08:00:00Z,,true,caution,,,0,,,,,,,,,,,,,0,,,,,,,0,remora-1,157c34c51681,remora-1,warming_up,,,,,,,,\n",
            RowOf(SomeAssessment.Of(MarketReadings.Unknown with { AsOf = SomeAssessment.AsOf }, regime: null))
        );

    [Fact]
    public void Known_values_have_all_their_digits()
    {
        var readings = SomeAssessment.Calm with
        {
            Volatility = 0.0474,
            Rsi = 56.1,
            AtrRatio = 0.1 + 0.2,
            DayReturn = -1e-7,
            Gaps = 3,
        };
        Observation[] outside = [SomeAssessment.Value(Signal.FearGreed, 15), SomeAssessment.Value(Signal.Vix, 60)];
        Assert.Equal(
            "2022-06-13T07:55:00Z,2022-06-13T08:00:00Z,100,false,no_entry,0.83244,very_high,1,0,flag_extreme_fear|flag_panic|risk_score,panic,2022-06-13T08:00:00Z,0.0474,low,sideways,neutral,0.01659,0.3,0.1,0.06585,0.35,flag_extreme_fear|flag_panic|flag_macro_stress,0.30000000000000004,56.1,10,-1E-07,-0.01,3,remora-1,157c34c51681,remora-1,ok,,,,,,,,\n",
            RowOf(SomeAssessment.Of(readings, Regime.Panic, outside, configured: [Signal.FearGreed]))
        );
    }

    private static string RowOf(Assessment assessment)
    {
        var row = new StringBuilder();
        AssessmentCsv.Append(row, assessment);
        return row.ToString();
    }
}
