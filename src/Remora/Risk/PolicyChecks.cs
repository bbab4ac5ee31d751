using Remora.Regimes;

namespace Remora.Risk;

/// <summary>Validates a policy. Every error names the field and what is allowed.</summary>
internal static class PolicyChecks
{
    public static void Check(RiskPolicy policy)
    {
        Require(
            policy.Name is { Length: > 0 and <= 64 }
                && policy.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'),
            "name",
            "1 to 64 letters, digits, '-', '_' or '.'",
            policy.Name
        );
        foreach (var (name, section) in Sections(policy))
            if (section is null)
                throw new PolicyException($"{name}: must be an object, not null");

        CheckForecast(policy);
        var weights = policy.Weights;
        Unit("weights.volatility", weights.Volatility);
        Unit("weights.regime", weights.Regime);
        Unit("weights.trend_strength", weights.TrendStrength);
        Unit("weights.momentum", weights.Momentum);
        EachRegime("regime_risk", policy.RegimeRisk);
        CheckRegime(policy.Regime);
        CheckExternal(policy.External);
        CheckFlags(policy.Flags);

        var classes = policy.Classes;
        Ascending(
            "classes.low, medium, high, very_high",
            0,
            classes.Low,
            classes.Medium,
            classes.High,
            classes.VeryHigh,
            1
        );

        var decision = policy.Decision;
        Unit("decision.caution_score", decision.CautionScore);
        Unit("decision.smallest_position", decision.SmallestPosition);
        Ascending(
            "decision.full_position_score, blocking_score",
            0,
            decision.FullPositionScore,
            decision.BlockingScore,
            double.MaxValue
        );
        EachOnce("decision.blocking_flags", decision.BlockingFlags);
        EachOnce("decision.blocking_regimes", decision.BlockingRegimes);
        EachOnce("decision.block_without", decision.BlockWithout);
        if (decision.RegimePosition is not { } position)
            throw new PolicyException("decision.regime_position: must be an object, not null");
        EachRegime("decision.regime_position", position);
    }

    private static void CheckForecast(RiskPolicy policy)
    {
        var (forecast, usual) = (BuiltInPolicies.Forecast, RiskPolicy.Default);
        if (!policy.IsFromForecast)
        {
            Unused("horizon", policy.Horizon is null, forecast);
            Unused("target_volatility", policy.TargetVolatility is null, forecast);
            Unused("block_from", policy.BlockFrom is null, forecast);
            return;
        }
        if (policy.TargetVolatility!.Ratio is var target && !double.IsNaN(target))
            Require(target is > 0 and <= 10, "target_volatility", "'median', or a ratio above 0 to 10", target);
        var from = policy.BlockFrom!.Value;
        Require(from > 0 && double.IsFinite(from), "block_from", "a number above 0", from);
        Unused("weights", policy.Weights == usual.Weights, usual);
        Unused("regime_risk", policy.RegimeRisk == usual.RegimeRisk, usual);
        Unused("mirrored_regime", policy.MirroredRegime == usual.MirroredRegime, usual);
        Unused("external", policy.External == usual.External, usual);
        var (decision, standard) = (policy.Decision, usual.Decision);
        Unused("decision.blocking_score", decision.BlockingScore == standard.BlockingScore, usual);
        Unused("decision.full_position_score", decision.FullPositionScore == standard.FullPositionScore, usual);
        Unused("decision.smallest_position", decision.SmallestPosition == standard.SmallestPosition, usual);
        Unused("decision.regime_position", decision.RegimePosition == standard.RegimePosition, usual);
    }

    /// <summary>Refuses a field that would have no effect.</summary>
    private static void Unused(string field, bool isLeftOut, RiskPolicy user)
    {
        if (!isLeftOut)
            throw new PolicyException(
                $"{field}: has an effect only with score '{RemoraJson.NameOf(user.Score)}' (model '{user.Model}')"
            );
    }

    private static void EachRegime(string section, PerRegime<double> values)
    {
        foreach (var regime in Enum.GetValues<Regime>())
            Unit($"{section}.{RemoraJson.NameOf(regime)}", values.Of(regime));
    }

    private static void EachOnce<T>(string field, IReadOnlyList<T>? list)
        where T : struct, Enum
    {
        if (list is null)
            throw new PolicyException($"{field}: must be a list, not null");
        foreach (var item in list)
            if (list.Count(other => other.Equals(item)) > 1)
                throw new PolicyException($"{field}: '{RemoraJson.NameOf(item)}' is repeated");
    }

    private static IEnumerable<(string Name, object? Section)> Sections(RiskPolicy policy) =>
        [
            ("description", policy.Description),
            ("weights", policy.Weights),
            ("regime_risk", policy.RegimeRisk),
            ("mirrored_regime", policy.MirroredRegime),
            ("regime", policy.Regime),
            ("external", policy.External),
            ("flags", policy.Flags),
            ("classes", policy.Classes),
            ("decision", policy.Decision),
        ];

    private static void CheckRegime(RegimeRules rules)
    {
        Ascending(
            "regime.normal_volatility, high_volatility, extreme_volatility",
            0,
            rules.NormalVolatility,
            rules.HighVolatility,
            rules.ExtremeVolatility,
            double.MaxValue
        );
        Unit("regime.choppy_volatility", rules.ChoppyVolatility);
        Within("regime.trend_adx", rules.TrendAdx, 0, 100);
        Within("regime.panic_day_return", rules.PanicDayReturn, -1, 0);
        Within("regime.panic_sigmas", rules.PanicSigmas, 0, 100);
        Within("regime.confirm_candles", rules.ConfirmCandles, 1, 1000);
        Ascending(
            "regime.strong_bearish_rsi, bearish_rsi, bullish_rsi, strong_bullish_rsi",
            0,
            rules.StrongBearishRsi,
            rules.BearishRsi,
            rules.BullishRsi,
            rules.StrongBullishRsi,
            100
        );
    }

    private static void CheckExternal(ExternalRules rules)
    {
        Unit("external.cap", rules.Cap);
        foreach (var row in SignalTable.All)
        foreach (var ramp in row.Ramps)
            Ramp("external." + ramp.Field, ramp.Of(rules));
    }

    private static void CheckFlags(FlagRules rules)
    {
        foreach (var row in FlagTable.All)
            if (row.Threshold is { } threshold)
                Within("flags." + threshold.Field, threshold.Of(rules), threshold.Least, threshold.Most);
    }

    private static void Ramp(string field, Ramp? ramp)
    {
        if (ramp is null)
            throw new PolicyException($"{field}: must be an object with weight, from and full, not null");
        Unit(field + ".weight", ramp.Weight);
        Require(double.IsFinite(ramp.From), field + ".from", "a number", ramp.From);
        Require(
            double.IsFinite(ramp.Full) && ramp.Full != ramp.From,
            field + ".full",
            "a number that differs from 'from'",
            ramp.Full
        );
    }

    private static void Unit(string field, double value) => Within(field, value, 0, 1);

    private static void Within(string field, double value, double least, double most) =>
        Require(value >= least && value <= most, field, $"{least} to {most}", value);

    private static void Ascending(string fields, params ReadOnlySpan<double> values)
    {
        for (var i = 1; i < values.Length; i++)
            if (!(values[i - 1] <= values[i]))
                throw new PolicyException(
                    $"{fields}: must ascend from "
                        + $"{values[0]}{(values[^1] < double.MaxValue ? $" to {values[^1]}" : "")}, but {values[i]} "
                        + $"follows {values[i - 1]}"
                );
        if (!(values[1] < values[^2]) && values.Length > 3)
            throw new PolicyException($"{fields}: the first must be below the last");
    }

    private static void Require(bool valid, string field, string allowed, object? value)
    {
        if (!valid)
            throw new PolicyException($"{field}: must be {allowed}, not '{value ?? "null"}'");
    }
}
