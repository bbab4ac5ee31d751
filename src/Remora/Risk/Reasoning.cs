using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using static System.FormattableString;

namespace Remora.Risk;

/// <summary>
/// The reasons of an assessment in sentences with their numbers, the deciding one first.
/// </summary>
internal static class Reasoning
{
    public static IReadOnlyList<string> Of(Assessment assessment)
    {
        var sentences = new List<string>();
        foreach (var (block, _) in assessment.Decision.In(assessment.Blocks))
            sentences.Add($"Entries are blocked: {block.Explain(assessment)}.");
        if (assessment.Stale)
            sentences.Add(Staleness(assessment));
        if (assessment.AsOf is null)
            return sentences;

        var market = assessment.GetReadings();
        sentences.Add(assessment.Rules.IsFromForecast ? ForecastScore(assessment) : Score(assessment));
        if (assessment.Rules.IsFromForecast && Position(assessment) is { } position)
            sentences.Add(position);
        if (assessment.RiskBreakdown.External > 0)
            sentences.Add(Outside(assessment));
        if (market.WarmUp < 1)
            sentences.Add(WarmUp(market));
        if (assessment.Regime is { } regime)
            sentences.Add($"The regime is {Words(regime)} since {assessment.RegimeSince}.");
        if (Volatility(assessment) is { } volatility)
            sentences.Add(volatility);
        if (Trend(assessment) is { } trend)
            sentences.Add(trend);
        var blocked = assessment.BlockedBy;
        foreach (var row in FlagTable.All)
            if (assessment.EventFlags[row.Flag] == true && !blocked.Contains(row.Name))
                sentences.Add($"Caution: {row.Words}, {row.Explain(assessment)}.");
        if (Uncounted(assessment) is { } uncounted)
            sentences.Add(uncounted);
        return sentences;
    }

    /// <summary>Returns a name as it is written in a sentence: <c>very high</c>.</summary>
    public static string Words<T>(T value)
        where T : struct, Enum => RemoraJson.NameOf(value).Replace('_', ' ');

    /// <summary>Returns a regime as it is written in a sentence: <c>high volatility</c>.</summary>
    public static string Words(Regime regime) => regime == Regime.HighVol ? "high volatility" : Words<Regime>(regime);

    private static string Staleness(Assessment assessment) =>
        assessment.AsOf is null
            ? $"No candle of {assessment.Pair} has been received from {assessment.Exchange} yet: "
                + "the market's condition is unknown."
            : Invariant($"The last candle closed {assessment.AgeSeconds / 60:0} minutes ago: ")
                + (assessment.AreCandlesUsable ? "the data is stale." : "candles no longer count.");

    private static string Score(Assessment assessment)
    {
        if (assessment.RiskClass is not { } risk)
            return "The risk score is unknown.";
        var parts = assessment.RiskBreakdown;
        return Invariant($"Risk is {Words(risk)} at {assessment.RiskScore:0.00}: volatility {parts.Volatility:0.000}, ")
            + Invariant($"regime {parts.Regime:0.000}, trend {parts.TrendStrength:0.000}, ")
            + Invariant($"momentum {parts.Momentum:0.000}, outside values {parts.External:0.000}.");
    }

    /// <summary>
    /// Returns how the forecast of a horizon ranks, without a full stop: its volatility and the
    /// share of the past that is smaller.
    /// </summary>
    public static string ForecastRank(Assessment assessment, Horizon horizon) =>
        $"the forecast volatility of the next {horizon.Words}, "
        + Invariant($"{assessment.Forecast!.NumbersOf(horizon).Volatility:0.00%}, is higher than in ")
        + $"{Percent(assessment.RiskScore)} of the market's last {assessment.Forecast.ComparedDays} days";

    /// <summary>Returns a percentile without rounding it up to the next whole percent.</summary>
    public static string Percent(double ratio) => Invariant($"{Math.Floor(1000 * ratio) / 10:0.#}%");

    private static string ForecastScore(Assessment assessment)
    {
        if (assessment.RiskClass is { } risk)
            return Invariant($"Risk is {Words(risk)} at {assessment.RiskScore:0.00}: ")
                + $"{ForecastRank(assessment, assessment.Rules.Horizon!)}.";
        var why = assessment.Forecast is { } forecast
            ? Invariant($"forecasts are ranked after {Forecast.DaysOfComparison} days of candles, and there are ")
                + Invariant($"{forecast.HistoryDays:0.0}")
            : assessment.NoForecast switch
            {
                NoForecast.WarmingUp => "forecasts need a day of candles with volume",
                NoForecast.TimeframeTooLong => "there are no forecasts at timeframes of 2h and longer",
                NoForecast.NoMovement => "the price has not moved, so there is no forecast",
                _ => "forecasts are turned off",
            };
        return $"The risk score is unknown, and the forecast does not block: {why}.";
    }

    private static string? Position(Assessment assessment)
    {
        var (scale, forecast) = (assessment.PositionScale, assessment.Forecast);
        if (!(scale > 0) || forecast is null)
            return null;
        var (day, target) = (Horizon.OneDay, assessment.Rules.TargetVolatility!);
        var aim =
            target == TargetVolatility.Median
                ? Invariant($"its median of {forecast.ComparedDays} days, {forecast.MedianOf(day):0.00%}")
                : Invariant($"the target, {target.Ratio:0.00%}");
        return Invariant($"The position is {scale:0%} of the usual one: the forecast volatility of the next ")
            + Invariant($"{day.Words} is {forecast.NumbersOf(day).Volatility:0.00%}, {aim}.");
    }

    /// <summary>Returns which outside values raise the score.</summary>
    private static string Outside(Assessment assessment)
    {
        var (rules, sum) = (assessment.Rules.External, 0.0);
        var clauses = new List<string>();
        foreach (var row in SignalTable.All)
        {
            var measure = assessment.Outside.At(row.Signal, assessment.AssessedAt);
            if (row.Contribution(measure, assessment.Pair.Base, rules) is not (> 0 and var addend))
                continue;
            sum += addend;
            clauses.Add(Invariant($"{row.Describe(measure)} ({addend:0.000})"));
        }
        var cap = sum > rules.Cap ? Invariant($", together at most {rules.Cap:0.000}") : "";
        return $"Outside values raise the score: {string.Join(", ", clauses)}{cap}.";
    }

    /// <summary>Returns how far the model is warmed up, and what is missing.</summary>
    private static string WarmUp(MarketReadings market)
    {
        const double tolerance = 1e-6; // less than the share of one candle
        var missing = new List<string>();
        if (market.Trend.WarmUp < 1)
            missing.Add($"{market.Trend.Candles} of {TrendIndicators.WarmUp} trend candles");
        if (double.IsNaN(market.Volatility))
            missing.Add("too few candles to rank volatility");
        else if (market.WarmUp - (0.5 * market.Trend.WarmUp) < 0.5 - tolerance)
            missing.Add($"volatility is ranked within less than {RequiredHistory.Base.Days} days");
        return Invariant($"The model is {market.WarmUp:0%} warmed up: {string.Join(", ", missing)}.");
    }

    private static string? Volatility(Assessment assessment) =>
        assessment.VolatilityClassification is { } volatility
            ? Invariant($"Volatility is {Words(volatility)} at {assessment.Volatility:0.00}: ")
                + Invariant($"ATR is {assessment.GetReadings().AtrRatio:0.00%} of the price.")
            : null;

    private static string? Trend(Assessment assessment)
    {
        if (assessment.TrendClassification is not { } direction)
            return null;
        var market = assessment.GetReadings();
        var momentum = assessment.MomentumClassification is { } m
            ? Invariant($"; momentum is {Words(m)} with RSI {market.Rsi:0}")
            : "";
        return Invariant($"The trend is {Words(direction)}: ADX {market.Trend.Adx:0.0}, ")
            + Invariant($"+DI {market.Trend.PlusDi:0.0}, -DI {market.Trend.MinusDi:0.0}{momentum}.");
    }

    /// <summary>
    /// Returns the signals that the policy counts and that have no usable value, in one sentence;
    /// null without any. They change no decision.
    /// </summary>
    private static string? Uncounted(Assessment assessment)
    {
        if (assessment.Rules.IsFromForecast)
            return null;
        var now = assessment.AssessedAt;
        var signals = new List<string>();
        foreach (var row in SignalTable.All)
        {
            if (row.Weight(assessment.Rules.External) <= 0)
                continue;
            var value = assessment.Outside[row.Signal, now];
            var why =
                value.Latest is null ? (assessment.Configured.Contains(row.Signal) ? "missing" : null)
                : !value.IsFresh(now) ? "stale"
                : double.IsNaN(value.Measure) ? "too little history"
                : null;
            if (why is not null)
                signals.Add($"{row.Label} ({why})");
        }
        return signals.Count == 0 ? null : $"Not in the score, which lowers confidence: {string.Join(", ", signals)}.";
    }
}
