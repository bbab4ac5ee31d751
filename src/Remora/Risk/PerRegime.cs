using Remora.Regimes;

namespace Remora.Risk;

/// <summary>A value for each regime.</summary>
/// <typeparam name="T">The type of the value: a number, or another regime.</typeparam>
public abstract record PerRegime<T> where T : struct
{
    /// <summary>In a bull market.</summary>
    public T Bull { get; init; }

    /// <summary>In a sideways market.</summary>
    public T Sideways { get; init; }

    /// <summary>In a bear market.</summary>
    public T Bear { get; init; }

    /// <summary>In a choppy market.</summary>
    public T Choppy { get; init; }

    /// <summary>At extreme volatility.</summary>
    public T HighVol { get; init; }

    /// <summary>In a panic.</summary>
    public T Panic { get; init; }

    internal T Of(Regime regime) => regime switch
    {
        Regime.Bull => Bull,
        Regime.Sideways => Sideways,
        Regime.Bear => Bear,
        Regime.Choppy => Choppy,
        Regime.HighVol => HighVol,
        _ => Panic,
    };
}
