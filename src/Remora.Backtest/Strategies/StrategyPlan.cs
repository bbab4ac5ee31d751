using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Strategies;

/// <summary>A strategy with its parameters for a run.</summary>
/// <param name="Name">The name by which it is selected.</param>
/// <param name="Timeframe">The timeframe of its candles.</param>
/// <param name="StartupCandles">The number of warm-up candles before the period.</param>
/// <param name="Create">Creates a new instance of the strategy.</param>
public sealed record StrategyPlan(string Name, Timeframe Timeframe, int StartupCandles, Func<IStrategy> Create)
{
    /// <summary>
    /// The side of its trades. A short trade has no leverage and pays no funding.
    /// </summary>
    public Side Side { get; init; } = Side.Long;

    /// <summary>
    /// The stop-loss: the loss from the entry at which the trade is closed, a ratio below 0; minus
    /// infinity for none.
    /// </summary>
    public double StopLoss { get; init; } = double.NegativeInfinity;

    /// <summary>
    /// The profits at which the trade is closed, by the age of the trade; ascending, empty for
    /// none.
    /// </summary>
    public IReadOnlyList<RoiStep> Roi { get; init; } = [];

    /// <summary>The stake of a trade.</summary>
    public Stake Stake { get; init; } = Stake.Fixed(100);

    /// <summary>
    /// Whether a closed gate also ends an open trade, at the next row with
    /// <see cref="Signals.Enter"/>. For strategies that hold, where a gate on entries alone has no
    /// effect.
    /// </summary>
    public bool GateExits { get; init; }

    /// <summary>
    /// For a plan whose gate exits: the position is changed when the wanted amount differs from the
    /// held amount by more than this share of the held amount. Null for a position that stays as it
    /// was entered.
    /// </summary>
    public double? RebalanceBand { get; init; }

    /// <summary>
    /// The orders of a trade that enters in several steps; null for a single entry. Only for long
    /// trades.
    /// </summary>
    public Ladder? Ladder { get; init; }
}

/// <summary>A step of the table of profits at which a trade is closed.</summary>
/// <param name="After">The age of the trade from which the step applies.</param>
/// <param name="Ratio">The profit, a ratio.</param>
public readonly record struct RoiStep(TimeSpan After, double Ratio);
