namespace Remora.Backtest.Trading;

/// <summary>
/// Wallet and exchange rules: Freqtrade's dry-run defaults and the market BTC/USDT on Binance.
/// </summary>
public sealed record AccountRules
{
    /// <summary>The rules of the published runs.</summary>
    public static AccountRules Default { get; } = new();

    /// <summary>Balance at the start, in money.</summary>
    public double StartingBalance { get; init; } = 1000;

    /// <summary>The share of the balance that can be traded, (0, 1].</summary>
    public double TradableShare { get; init; } = 0.99;

    /// <summary>Fee on each side, a ratio.</summary>
    public double Fee { get; init; } = 0.001;

    /// <summary>Amounts are rounded down to multiples of this; 0 for no rounding.</summary>
    public double AmountStep { get; init; } = 0.00001;

    /// <summary>Stop prices are rounded up to multiples of this; 0 for no rounding.</summary>
    public double PriceStep { get; init; } = 0.01;

    /// <summary>Returns the amount that a stake buys at a price.</summary>
    public double AmountFor(double stake, double price)
    {
        var amount = stake / price;
        if (AmountStep == 0) return amount;
        var step = (decimal)AmountStep;
        return (double)(Math.Floor((decimal)amount / step) * step);
    }

    /// <summary>Returns the stop price of a long trade.</summary>
    public double StopPrice(double entryPrice, double stopLoss)
    {
        if (double.IsNegativeInfinity(stopLoss)) return 0;
        var stop = entryPrice * (1 + stopLoss);
        if (PriceStep == 0) return stop;
        var step = (decimal)PriceStep;
        return (double)(Math.Ceiling((decimal)stop / step) * step);
    }

    /// <summary>
    /// Returns the profit of a trade relative to its cost, both with fees: a ratio.
    /// </summary>
    public double ProfitRatio(double entryPrice, double exitPrice) => (exitPrice * (1 - Fee) / (entryPrice * (1 + Fee))) - 1;
}
