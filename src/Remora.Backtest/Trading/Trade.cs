using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// A closed trade. A trade of a <see cref="Strategies.Ladder"/> has the price of its first order,
/// the amount and stake of all its orders at that price, and the price of its last exit.
/// </summary>
/// <param name="Pair">The pair; null when the file does not state it.</param>
/// <param name="OpenTime">When the trade was entered.</param>
/// <param name="CloseTime">When the trade was exited.</param>
/// <param name="OpenRate">The entry price.</param>
/// <param name="CloseRate">The exit price.</param>
/// <param name="Amount">The amount of the base currency.</param>
/// <param name="Stake">The stake in money, without the fee.</param>
/// <param name="ProfitRatio">Profit relative to cost, with fees.</param>
/// <param name="Profit">Profit in money.</param>
/// <param name="ExitReason">The exit reason, with Freqtrade's names exit_signal, stop_loss, roi,
/// liquidation and force_exit, or gate or rebalance.</param>
/// <param name="Short">Whether the trade is short.</param>
public sealed record Trade(
    string? Pair,
    Instant OpenTime,
    Instant CloseTime,
    double OpenRate,
    double CloseRate,
    double Amount,
    double Stake,
    double ProfitRatio,
    double Profit,
    string ExitReason,
    bool Short = false
)
{
    /// <summary>The CCXT id of the exchange; null when the file does not state it.</summary>
    public string? Exchange { get; init; }

    /// <summary>The name that the strategy gave its entry; null without one.</summary>
    public string? Tag { get; init; }

    /// <summary>
    /// The entry orders after the first one, by time; null when the file does not state orders.
    /// </summary>
    public IReadOnlyList<TradeAddition>? Additions { get; init; }

    /// <summary>The time from entry to exit.</summary>
    public TimeSpan Duration => CloseTime - OpenTime;
}

/// <summary>A filled order that added to an open trade.</summary>
/// <param name="Time">When it was filled.</param>
/// <param name="Rate">Its price.</param>
/// <param name="Amount">The amount of the base currency.</param>
public sealed record TradeAddition(Instant Time, double Rate, double Amount);

/// <summary>Freqtrade's names of the exit reasons.</summary>
public static class ExitReason
{
    /// <summary>The strategy's exit signal.</summary>
    public const string Signal = "exit_signal";

    /// <summary>The stop-loss.</summary>
    public const string StopLoss = "stop_loss";

    /// <summary>The table of profits at which a trade is closed.</summary>
    public const string Roi = "roi";

    /// <summary>The end of the period.</summary>
    public const string Forced = "force_exit";

    /// <summary>A closed gate, for strategies that exit then.</summary>
    public const string Gate = "gate";

    /// <summary>The loss of the whole stake of a short trade.</summary>
    public const string Liquidation = "liquidation";

    /// <summary>A smaller position, for strategies that change its size.</summary>
    public const string Rebalance = "rebalance";
}
