namespace PaperBot;

/// <summary>A paper-trading account with a fee of 0.1 % per side.</summary>
internal sealed class PaperAccount(double money)
{
    private const double Fee = 0.001;
    private double _cash = money;
    private double _held;
    private double _lastPrice;

    public bool IsIn => _held > 0;

    public int Trades { get; private set; }

    public double Worth => _cash + (_held * _lastPrice);

    public string Enter(double price, double scale)
    {
        var stake = _cash * Math.Clamp(scale, 0, 1);
        (_cash, _held, _lastPrice, Trades) = (_cash - stake, stake * (1 - Fee) / price, price, Trades + 1);
        return $"enters at {price:0.##} with {scale:0.00} of the stake";
    }

    public string Leave(double price)
    {
        (_cash, _held, _lastPrice) = (_cash + (_held * price * (1 - Fee)), 0, price);
        return $"exits at {price:0.##}, balance {_cash:0.00}";
    }
}
