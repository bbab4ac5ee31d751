using Remora.Backtest.Strategies;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Decisions;

/// <summary>An entry that a bot wanted, with the rules that would have closed it.</summary>
public sealed record WantedEntry
{
    /// <summary>Bot, strategy and pair: one trade at a time is open in each.</summary>
    public required string Slot { get; init; }

    /// <summary>The candles that it is followed on.</summary>
    public required MarketId Market { get; init; }

    /// <summary>When it was decided.</summary>
    public required Instant At { get; init; }

    /// <summary>The side of the trade.</summary>
    public required Side Side { get; init; }

    /// <summary>Whether it was refused.</summary>
    public required bool IsRefused { get; init; }

    /// <summary>The stake in money; NaN while unknown.</summary>
    public double Stake { get; init; } = double.NaN;

    /// <summary>Multiplies the moves of the price.</summary>
    public double Leverage { get; init; } = 1;

    /// <summary>The fee on each side, a ratio.</summary>
    public double Fee { get; init; } = 0.001;

    /// <summary>
    /// The loss at which the trade is closed, a ratio of the stake below 0; minus infinity for
    /// none.
    /// </summary>
    public double StopLoss { get; init; } = double.NegativeInfinity;

    /// <summary>The profits at which it is closed, by its age; ascending.</summary>
    public IReadOnlyList<RoiStep> Roi { get; init; } = [];
}

/// <summary>What became of an entry, or would have become of it.</summary>
public enum EntryState
{
    /// <summary>Nothing is known: no candle follows it within an hour.</summary>
    Unknown,

    /// <summary>Neither stop nor target is reached yet.</summary>
    Open,

    /// <summary>Stop or target was reached.</summary>
    Ended,

    /// <summary>Neither was reached within 14 days; it is valued then.</summary>
    TimeLimit,

    /// <summary>Neither a stop nor a target was reported: only horizons are known.</summary>
    NoExit,
}

/// <summary>
/// What became of an entry, or would have become of it. Profits are ratios of the stake after both
/// fees, leverage included; NaN while unknown.
/// </summary>
public sealed record EntryOutcome
{
    /// <summary>The outcome of an entry without candles.</summary>
    public static EntryOutcome Unknown { get; } = new() { State = EntryState.Unknown };

    /// <summary>What became of it.</summary>
    public required EntryState State { get; init; }

    /// <summary>The open of the first candle after the decision; null while unknown.</summary>
    public Instant? EnteredAt { get; init; }

    /// <summary>The price of that open.</summary>
    public double EntryPrice { get; init; } = double.NaN;

    /// <summary>The profit after each horizon, by its name: 1h, 4h, 24h.</summary>
    public IReadOnlyDictionary<string, double> Horizons { get; init; } =
        Horizon.All.ToDictionary(horizon => horizon.Name, _ => double.NaN, StringComparer.Ordinal);

    /// <summary>When stop or target was reached, or the limit; null while open.</summary>
    public Instant? ExitedAt { get; init; }

    /// <summary>The price of the exit.</summary>
    public double ExitPrice { get; init; } = double.NaN;

    /// <summary>
    /// Why it was closed, with Freqtrade's names <c>stop_loss</c>, <c>roi</c>, <c>liquidation</c>;
    /// null while open and at the limit.
    /// </summary>
    public string? ExitReason { get; init; }

    /// <summary>The profit at the exit.</summary>
    public double Profit { get; init; } = double.NaN;

    /// <summary>The worst price against the trade until its exit, relative to the entry.</summary>
    public double Excursion { get; init; } = double.NaN;

    /// <summary>The number of candles that are missing until the exit, or until now.</summary>
    public int MissingCandles { get; init; }

    /// <summary>Whether the profit is known.</summary>
    public bool IsOver => State is EntryState.Ended or EntryState.TimeLimit;
}
