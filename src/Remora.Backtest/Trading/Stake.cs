namespace Remora.Backtest.Trading;

/// <summary>What is put into a trade: an amount of money, or a share of the balance.</summary>
public readonly record struct Stake
{
    private Stake(double amount, bool isShare)
    {
        Amount = amount;
        IsShare = isShare;
    }

    /// <summary>Money, or the share of the balance.</summary>
    public double Amount { get; }

    /// <summary>Whether <see cref="Amount"/> is a share of the balance.</summary>
    public bool IsShare { get; }

    /// <summary>The same money each time.</summary>
    public static Stake Fixed(double money) => new(money, false);

    /// <summary>A share of the balance, so that profits compound.</summary>
    public static Stake Share(double ratio) => new(ratio, true);
}
