using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>A strategy with all that a run needs to know of it.</summary>
/// <param name="Name">The name it is chosen by.</param>
/// <param name="Timeframe">The candles it is meant for.</param>
/// <param name="StartupCandles">How many candles it warms up on before the period.</param>
/// <param name="Create">Makes a fresh one.</param>
public sealed record StrategyPlan(string Name, Timeframe Timeframe, int StartupCandles, Func<IStrategy> Create)
{
    /// <summary>Exit at this loss from the entry, a ratio below 0; minus infinity for none.</summary>
    public double StopLoss { get; init; } = double.NegativeInfinity;

    /// <summary>Exit at this profit, by how long the trade has lasted; ascending, empty for none.</summary>
    public IReadOnlyList<RoiStep> Roi { get; init; } = [];

    /// <summary>What is put into a trade.</summary>
    public Stake Stake { get; init; } = Stake.Fixed(100);

    /// <summary>Whether a closed gate also ends an open trade, at the next row on which the strategy looks (its <see cref="Signals.Enter"/>). For holding, where entries alone say nothing.</summary>
    public bool GateExits { get; init; }
}

/// <summary>A step of the table of profits to take.</summary>
/// <param name="After">Valid from this age of the trade on.</param>
/// <param name="Ratio">The profit to take, a ratio.</param>
public readonly record struct RoiStep(TimeSpan After, double Ratio);
