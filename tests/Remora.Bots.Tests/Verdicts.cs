using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Bots.Tests;

/// <summary>Creates verdicts for tests.</summary>
internal static class Verdicts
{
    public static PairVerdict Safe(string pair, Side side = Side.Long, Regime regime = Regime.Bull) =>
        new(Pair.Parse(pair), side, SafeToTrade: true, regime, 0.2, [], "", Some.Time);

    public static PairVerdict Unsafe(string pair, Side side = Side.Long, Regime regime = Regime.Bull) =>
        new(
            Pair.Parse(pair),
            side,
            SafeToTrade: false,
            regime,
            0.9,
            ["risk_score"],
            "Risk is extreme at 0.90.",
            Some.Time
        );

    /// <summary>Returns the verdicts of both sides.</summary>
    public static IEnumerable<PairVerdict> Both(bool safe, params IEnumerable<string> pairs) =>
        pairs.SelectMany(pair =>
            new[] { Side.Long, Side.Short }.Select(side => safe ? Safe(pair, side) : Unsafe(pair, side))
        );
}
