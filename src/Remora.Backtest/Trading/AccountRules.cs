using Remora.Risk;

namespace Remora.Backtest.Trading;

/// <summary>
/// Wallet and exchange rules. The defaults are those of Freqtrade's dry run on Binance spot.
/// </summary>
public sealed record AccountRules
{
    /// <summary>The default rules.</summary>
    public static AccountRules Default { get; } = new();

    /// <summary>Balance at the start, in money.</summary>
    public double StartingBalance { get; init; } = 1000;

    /// <summary>The share of the balance that can be traded, (0, 1].</summary>
    public double TradableShare { get; init; } = 0.99;

    /// <summary>Fee on each side, a ratio.</summary>
    public double Fee { get; init; } = 0.001;

    /// <summary>
    /// Amounts are rounded down to multiples of this, in the base currency; 0 for no rounding. Null
    /// derives it from the decimals of the volumes (see <see cref="DecimalSteps.OfVolumes"/>).
    /// </summary>
    public double? AmountStep { get; init; }

    /// <summary>
    /// Returns the amount that a stake buys at a price. Without an amount step, the amount is not
    /// rounded.
    /// </summary>
    public double AmountFor(double stake, double price) => DecimalSteps.Down(stake / price, AmountStep ?? 0);

    /// <summary>
    /// Returns the stop price of a trade, rounded to the price tick towards the entry: up for a
    /// long trade, down for a short one. Without a stop-loss it is 0, or infinity for a short
    /// trade.
    /// </summary>
    /// <param name="entryPrice">The price of the entry.</param>
    /// <param name="stopLoss">The loss at which the trade is closed, a ratio below 0.</param>
    /// <param name="tick">The price tick; 0 for no rounding.</param>
    /// <param name="side">The side of the trade.</param>
    public static double StopPrice(double entryPrice, double stopLoss, double tick, Side side = Side.Long)
    {
        if (double.IsNegativeInfinity(stopLoss))
            return side == Side.Short ? double.PositiveInfinity : 0;
        return side == Side.Short
            ? DecimalSteps.Down(entryPrice * (1 - stopLoss), tick)
            : DecimalSteps.Up(entryPrice * (1 + stopLoss), tick);
    }

    /// <summary>
    /// Returns the price at which a trade has a profit of <paramref name="ratio"/> after both fees.
    /// For a long trade it is computed as in Freqtrade 2026.
    /// </summary>
    public double PriceOfProfit(double entryPrice, double ratio, Side side = Side.Long) =>
        side == Side.Short
            ? entryPrice * (1 - ratio) * (1 - Fee) / (1 + Fee)
            : entryPrice * (1 + ratio) * (1 + Fee) / (1 - Fee);

    /// <summary>
    /// Returns the profit of a trade relative to its value at the entry, both with fees: a ratio.
    /// </summary>
    public double ProfitRatio(double entryPrice, double exitPrice, Side side = Side.Long) =>
        side == Side.Short
            ? 1 - (exitPrice * (1 + Fee) / (entryPrice * (1 - Fee)))
            : (exitPrice * (1 - Fee) / (entryPrice * (1 + Fee))) - 1;

    /// <summary>
    /// Returns the value of a trade at its entry, to which its profit is relative: the cost with
    /// the fee, or the proceeds without the fee for a short trade.
    /// </summary>
    public double ValueAtEntry(double amount, double entryPrice, Side side = Side.Long) =>
        amount * entryPrice * (1 + (side == Side.Short ? -Fee : Fee));
}
