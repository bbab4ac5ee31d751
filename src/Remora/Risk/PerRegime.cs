using Remora.Regimes;

namespace Remora.Risk;

/// <summary>A number for each regime.</summary>
public abstract record PerRegime
{
    /// <summary>In a bull market.</summary>
    public double Bull { get; init; }

    /// <summary>In a sideways market.</summary>
    public double Sideways { get; init; }

    /// <summary>In a bear market.</summary>
    public double Bear { get; init; }

    /// <summary>In a choppy market.</summary>
    public double Choppy { get; init; }

    /// <summary>At extreme volatility.</summary>
    public double HighVol { get; init; }

    /// <summary>In a panic.</summary>
    public double Panic { get; init; }

    internal double Of(Regime regime) => regime switch
    {
        Regime.Bull => Bull,
        Regime.Sideways => Sideways,
        Regime.Bear => Bear,
        Regime.Choppy => Choppy,
        Regime.HighVol => HighVol,
        _ => Panic,
    };
}
