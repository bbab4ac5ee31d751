using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>How sure an assessment is, [0, 1]: warm-up times freshness times outside coverage times agreement.</summary>
public static class Confidence
{
    /// <summary>Candles are fresh up to this many timeframes after their close: the next one is due after one, and may be late.</summary>
    public const int FreshTimeframes = 2;

    /// <summary>From this many timeframes on they say nothing any more.</summary>
    public const int WorthlessTimeframes = 12;

    private const double LeastOutside = 0.5;

    /// <summary>The product; 0 before the first candle.</summary>
    public static double Of(
        MarketReadings market, in RegimeState regime, OutsideView outside, IReadOnlyList<Signal> configured, ExternalRules rules, Timeframe timeframe, Instant now)
    {
        if (market.AsOf is null) return 0;
        var agreement = double.IsNaN(regime.Agreement) ? 0 : regime.Agreement;
        return Millionths.Round(market.WarmUp * Freshness(market.AsOf.Value, timeframe, now) * Outside(outside, configured, rules, now) * (0.7 + (0.3 * agreement)));
    }

    /// <summary>1 up to two timeframes after the close, then falling in a straight line to 0 at twelve.</summary>
    public static double Freshness(Instant asOf, Timeframe timeframe, Instant now)
    {
        var age = (now - asOf) / timeframe.Length;
        return Math.Clamp((WorthlessTimeframes - age) / (WorthlessTimeframes - FreshTimeframes), 0, 1);
    }

    /// <summary>The share of the configured outside weight that is fresh, at least 0.5; 1 when nothing is configured.</summary>
    private static double Outside(OutsideView outside, IReadOnlyList<Signal> configured, ExternalRules rules, Instant now)
    {
        double all = 0, fresh = 0;
        for (var i = 0; i < configured.Count; i++)
        {
            var weight = RiskScorer.Weight(configured[i], rules);
            all += weight;
            if (!double.IsNaN(outside.At(configured[i], now))) fresh += weight;
        }
        return all > 0 ? Math.Max(LeastOutside, fresh / all) : 1;
    }
}
