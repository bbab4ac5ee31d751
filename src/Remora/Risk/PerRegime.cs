using Remora.Regimes;

namespace Remora.Risk;

/// <summary>A value for each regime.</summary>
/// <typeparam name="T">The type of the value: a number, or another regime.</typeparam>
/// <param name="Bull">In a bull market.</param>
/// <param name="Sideways">In a sideways market.</param>
/// <param name="Bear">In a bear market.</param>
/// <param name="Choppy">In a choppy market.</param>
/// <param name="HighVol">At extreme volatility.</param>
/// <param name="Panic">In a panic.</param>
public abstract record PerRegime<T>(T Bull, T Sideways, T Bear, T Choppy, T HighVol, T Panic)
    where T : struct
{
    internal T Of(Regime regime) =>
        regime switch
        {
            Regime.Bull => Bull,
            Regime.Sideways => Sideways,
            Regime.Bear => Bear,
            Regime.Choppy => Choppy,
            Regime.HighVol => HighVol,
            Regime.Panic => Panic,
            _ => throw new ArgumentOutOfRangeException(nameof(regime), regime, "not a regime"),
        };
}
