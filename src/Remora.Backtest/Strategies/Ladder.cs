namespace Remora.Backtest.Strategies;

/// <summary>
/// The buy orders of a trade that enters in several equal steps. The first order fills at the open
/// of the entry, each other order rests one spacing below the order above it. An order fills only
/// when the price trades through it, and an order that filled on a candle is sold on a later one at
/// the earliest, because the order of prices within a candle is unknown.
/// </summary>
/// <param name="Orders">The number of orders; each buys for the same part of the stake.</param>
/// <param name="Spacing">The distance of each order from the one above it, a ratio.</param>
/// <param name="Target">With <paramref name="Restocks"/>, the rise from an order's own price at
/// which it is sold; otherwise the profit after fees, relative to the filled orders, at which the
/// whole trade is closed. A ratio.</param>
/// <param name="Stop">The fall from the first price at which the whole trade is closed, a ratio; 1
/// for never.</param>
/// <param name="Restocks">Whether each order is sold alone and then rests at its price again: a
/// grid.</param>
public sealed record Ladder(int Orders, double Spacing, double Target, double Stop, bool Restocks);
