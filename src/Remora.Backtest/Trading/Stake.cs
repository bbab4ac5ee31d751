namespace Remora.Backtest.Trading;

/// <summary>The stake of a trade: an amount of money, or a share of the balance.</summary>
public readonly record struct Stake
{
    private Stake(double amount, bool isShare)
    {
        Amount = amount;
        IsShare = isShare;
    }

    /// <summary>The money, or the share of the balance.</summary>
    public double Amount { get; }

    /// <summary>Whether <see cref="Amount"/> is a share of the balance.</summary>
    public bool IsShare { get; }

    /// <summary>Creates a stake of the same money for each trade.</summary>
    public static Stake Fixed(double money) => new(money, false);

    /// <summary>Creates a stake of a share of the balance, so that profits compound.</summary>
    public static Stake Share(double ratio) => new(ratio, true);
}
