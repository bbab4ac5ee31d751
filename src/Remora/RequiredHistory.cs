using Remora.Indicators;
using Remora.Markets;
using Remora.Risk;
using Remora.Volatility;

namespace Remora;

/// <summary>
/// How much of the past an engine needs until every reading is defined and compared with its full
/// period. Feeds fetch this much, and the store returns this much.
/// </summary>
public static class RequiredHistory
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The length of the history of base and hourly candles: 30 days.</summary>
    public static TimeSpan Base => VolatilityScorer.LookBack;

    /// <summary>
    /// The length of the history of daily candles: the 200 candles of the longest average, and 20
    /// more for missing days.
    /// </summary>
    public static TimeSpan Daily { get; } = (TrendIndicators.WarmUp + 20) * Day;

    /// <summary>
    /// The age of observations that can still change an answer: 30 days, the longest comparison of
    /// a signal, and 15 more for values that are late.
    /// </summary>
    public static TimeSpan Observations { get; } = SignalTable.LongestReach + (15 * Day);

    /// <summary>
    /// The length of the past of forecasts: 180 days to compare with, and 30 more until the first
    /// of these forecasts is based on its full period.
    /// </summary>
    public static TimeSpan Forecasts { get; } = 210 * Day;

    /// <summary>
    /// Returns how far back candles of a timeframe are needed. A history begins at midnight, so it
    /// is up to a day longer than its length.
    /// </summary>
    public static TimeSpan ReachOf(Timeframe timeframe) => timeframe == Timeframe.OneDay ? Daily : Base + Day;
}
