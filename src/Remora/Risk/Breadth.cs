using Remora.Regimes;

namespace Remora.Risk;

/// <summary>The share of pairs in each regime, each [0, 1]; they sum to 1.</summary>
/// <param name="Bull">Rising.</param>
/// <param name="Sideways">Without a trend, and not choppy.</param>
/// <param name="Bear">Falling.</param>
/// <param name="Choppy">Volatile without a direction.</param>
/// <param name="HighVol">Extreme volatility.</param>
/// <param name="Panic">Extreme volatility and a hard fall.</param>
/// <param name="Unknown">Unknown.</param>
public readonly record struct Breadth(
    double Bull,
    double Sideways,
    double Bear,
    double Choppy,
    double HighVol,
    double Panic,
    double Unknown
)
{
    internal static Breadth Of(IReadOnlyList<Assessment> basket) =>
        new(
            Share(basket, Regime.Bull),
            Share(basket, Regime.Sideways),
            Share(basket, Regime.Bear),
            Share(basket, Regime.Choppy),
            Share(basket, Regime.HighVol),
            Share(basket, Regime.Panic),
            Share(basket, null)
        );

    /// <summary>Returns the share of pairs in a regime; null is unknown.</summary>
    internal static double Share(IReadOnlyList<Assessment> basket, Regime? regime) =>
        basket.Count(a => a.Regime == regime) / (double)basket.Count;
}
