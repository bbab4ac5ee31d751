using System.Globalization;
using Remora.Markets;
using Remora.Regimes;
using Remora.Volatility;

namespace Remora.Risk;

/// <summary>
/// The reasons of an assessment in sentences with their numbers, the deciding one first.
/// </summary>
internal static class Reasoning
{
    public static IReadOnlyList<string> Of(Assessment assessment)
    {
        var sentences = new List<string>();
        foreach (var name in assessment.BlockedBy) sentences.Add("Entries are blocked: " + Block(name, assessment));
        if (assessment.Stale) sentences.Add(Staleness(assessment));
        if (assessment.AsOf is null) return sentences;

        var market = assessment.GetReadings();
        sentences.Add(Score(assessment));
        if (market.WarmUp < 1) sentences.Add(Warming(market));
        if (Regime(assessment) is { } regime) sentences.Add(regime);
        if (Volatility(assessment) is { } volatility) sentences.Add(volatility);
        if (Trend(assessment) is { } trend) sentences.Add(trend);
        foreach (var flag in Enum.GetValues<RiskFlag>())
            if (assessment.EventFlags[flag] == true && !assessment.BlockedBy.Contains(EventFlags.NameOf(flag)))
                sentences.Add(Text($"Note: {Condition(flag, assessment)}."));
        foreach (var (name, source) in assessment.Sources)
            if (name != SourceState.Candles && source.State != Reliance.Fresh && Weighs(name, assessment))
                sentences.Add(Text($"{name} is {RemoraJson.NameOf(source.State)}: it adds nothing to the score and lowers confidence."));
        foreach (var signal in OutsideView.Signals)
            if (!double.IsNaN(assessment.Outside.RawAt(signal, assessment.AssessedAt)) && double.IsNaN(assessment.Outside.At(signal, assessment.AssessedAt)))
                sentences.Add(Text($"{RemoraJson.NameOf(signal)} has too short a past to say what is usual: it adds nothing to the score and lowers confidence until it has one."));
        return sentences;
    }

    /// <summary>Returns how far the model is warmed up, and what is missing.</summary>
    private static string Warming(in MarketReadings market)
    {
        const double tolerance = 1e-6; // less than the share of one candle
        var trend = Math.Min(1, market.Trend.Candles / (double)Indicators.TrendIndicators.WarmUp);
        var missing = new List<string>();
        if (trend < 1) missing.Add($"{market.Trend.Candles} of {Indicators.TrendIndicators.WarmUp} trend candles");
        if (double.IsNaN(market.Volatility)) missing.Add("too few candles to rank volatility");
        else if (market.WarmUp - (0.5 * trend) < 0.5 - tolerance)
            missing.Add("volatility ranked within less than 30 days");
        return Text($"The model is {market.WarmUp:P0} warmed up: {string.Join(", ", missing)}.");
    }

    /// <summary>
    /// Whether a signal's absence matters. Signals that are only recorded appear among the sources
    /// and need no sentence.
    /// </summary>
    private static bool Weighs(string name, Assessment assessment)
    {
        foreach (var signal in OutsideView.Signals)
            if (RemoraJson.NameOf(signal) == name) return RiskScorer.Weight(signal, assessment.Rules.External) > 0;
        return false;
    }

    private static string Block(string name, Assessment assessment)
    {
        if (name == Decision.StaleData) return "the data is stale and the policy blocks on stale data.";
        if (name == Decision.RiskScore)
            return Text($"the risk score {assessment.RiskScore:0.00} is at or above {assessment.Rules.Decision.BlockingScore:0.00}.");
        var rules = assessment.Rules.Decision;
        if (assessment.Regime is { } regime && name == Decision.NameOf(regime))
            return Text($"the policy blocks in this regime, {RemoraJson.NameOf(regime)} since {assessment.RegimeSince}.");
        foreach (var signal in rules.BlockWithout)
            if (Decision.NameOf(signal) == name) return Text($"the policy will not do without {RemoraJson.NameOf(signal)}, of which there is no fresh value.");
        var flag = rules.BlockingFlags.First(f => EventFlags.NameOf(f) == name);
        return Condition(flag, assessment) + ".";
    }

    private static string Condition(RiskFlag flag, Assessment assessment)
    {
        var market = assessment.GetReadings();
        var rules = assessment.Rules.Flags;
        double Outside(Signal signal) => assessment.Outside.At(signal, assessment.AssessedAt);
        return flag switch
        {
            RiskFlag.ExtremeFear => Text($"extreme fear, the fear and greed index is {assessment.FearGreedIndex:0.#} ({rules.ExtremeFear:0.#} or below)"),
            RiskFlag.Panic => Text($"panic since {assessment.RegimeSince}, the price moved {market.DayReturn:+0.0%;-0.0%} in 24 hours"),
            RiskFlag.HighVolatility => Text($"extreme volatility, rougher than {market.Volatility:P0} of this market's last 30 days"),
            RiskFlag.BearMarket => Text($"bear market, the price is {(market.Close / market.DailyTrend.Sma200) - 1:+0.0%;-0.0%} from its 200-day average"),
            RiskFlag.Downtrend => Text($"downtrend, the regime is bear since {assessment.RegimeSince}"),
            RiskFlag.ExtremeGreed => Text($"extreme greed, the fear and greed index is {assessment.FearGreedIndex:0.#} ({rules.ExtremeGreed:0.#} or above)"),
            RiskFlag.FundingExtreme => Text($"the funding rate is {assessment.FundingRate:+0.000%;-0.000%} per 8 hours"),
            RiskFlag.LiquidationCascade => Text($"liquidations of the last hour are {Outside(Signal.Liquidations):0.0} times the 99th percentile of 30 days"),
            RiskFlag.NegativeNews => Text($"the news is bad, sentiment {Outside(Signal.NewsSentiment):+0.00;-0.00}"),
            RiskFlag.ScheduledEvent => Events(assessment.Outside.Calendar!.Near(assessment.AssessedAt)),
            _ => Text($"macro stress, the VIX is {assessment.Vix:0.0} ({rules.MacroStress:0.#} or above)"),
        };
    }

    /// <summary>Lists the events whose windows contain the moment, with their times.</summary>
    internal static string Events(IReadOnlyList<ScheduledEvent> near) => "scheduled: " + string.Join("; ", near.Select(e => Text($"{e.Name} at {e.At}")));

    private static string Staleness(Assessment assessment) =>
        assessment.AsOf is null
            ? Text($"No candle of {assessment.Pair} has come from {assessment.Exchange} yet: nothing is known of this market.")
            : Text($"The last candle closed {assessment.AgeSeconds / 60:0} minutes ago: {(Decision.CandlesAreWorthless(assessment) ? "it says nothing about the present" : "the data is getting old")}.");

    private static string Score(Assessment assessment)
    {
        if (assessment.RiskClass is not { } risk) return "The risk score is not known yet.";
        var parts = assessment.RiskBreakdown;
        return Text($"Risk is {RemoraJson.NameOf(risk)} at {assessment.RiskScore:0.00}: volatility {parts.Volatility:0.000}, regime {parts.Regime:0.000}, trend {parts.TrendStrength:0.000}, momentum {parts.Momentum:0.000}, outside {parts.External:0.000}.");
    }

    private static string? Regime(Assessment assessment) =>
        assessment.Regime is { } regime ? Text($"The regime is {RemoraJson.NameOf(regime)} since {assessment.RegimeSince}.") : null;

    private static string? Volatility(Assessment assessment)
    {
        if (assessment.VolatilityClassification is not { } volatility) return null;
        var market = assessment.GetReadings();
        return Text($"Volatility is {RemoraJson.NameOf(volatility)} at {market.Volatility:0.00}: ATR is {market.AtrRatio:0.00%} of the price.");
    }

    private static string? Trend(Assessment assessment)
    {
        if (assessment.TrendClassification is not { } direction) return null;
        var trend = assessment.GetReadings().Trend;
        var momentum = assessment.MomentumClassification is { } m ? Text($", momentum {RemoraJson.NameOf(m)} with RSI {assessment.GetReadings().Rsi:0}") : "";
        return Text($"The trend is {RemoraJson.NameOf(direction)}: ADX {trend.Adx:0.0}, +DI {trend.PlusDi:0.0}, -DI {trend.MinusDi:0.0}{momentum}.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
