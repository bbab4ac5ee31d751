namespace Remora.Backtest.Trading;

/// <summary>Wallet and exchange: Freqtrade's dry-run defaults and the market BTC/USDT on Binance.</summary>
public sealed record AccountRules
{
    /// <summary>The rules of the published runs.</summary>
    public static AccountRules Default { get; } = new();

    /// <summary>Money at the start.</summary>
    public double StartingBalance { get; init; } = 1000;

    /// <summary>The share of the balance that may be traded, (0, 1].</summary>
    public double TradableShare { get; init; } = 0.99;

    /// <summary>Fee on each side, a ratio.</summary>
    public double Fee { get; init; } = 0.001;

    /// <summary>Amounts are cut down to multiples of this; 0 for none.</summary>
    public double AmountStep { get; init; } = 0.00001;

    /// <summary>Stop prices are rounded up to multiples of this; 0 for none.</summary>
    public double PriceStep { get; init; } = 0.01;

    /// <summary>What of a stake can be bought at a price.</summary>
    public double AmountFor(double stake, double price)
    {
        var amount = stake / price;
        if (AmountStep == 0) return amount;
        var step = (decimal)AmountStep;
        return (double)(Math.Floor((decimal)amount / step) * step);
    }

    /// <summary>The stop price of a long trade.</summary>
    public double StopPrice(double entryPrice, double stopLoss)
    {
        if (double.IsNegativeInfinity(stopLoss)) return 0;
        var stop = entryPrice * (1 + stopLoss);
        if (PriceStep == 0) return stop;
        var step = (decimal)PriceStep;
        return (double)(Math.Ceiling((decimal)stop / step) * step);
    }

    /// <summary>Profit of a trade against its cost, both with their fees: a ratio.</summary>
    public double ProfitRatio(double entryPrice, double exitPrice) => (exitPrice * (1 - Fee) / (entryPrice * (1 + Fee))) - 1;
}
