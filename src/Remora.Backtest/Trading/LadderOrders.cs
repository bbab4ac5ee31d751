using Remora.Backtest.Strategies;
using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// The orders of one <see cref="Ladder"/> trade, updated row by row. On a row the exit signal comes
/// first, then resting buy orders, the stop, and the targets of what was bought on earlier rows.
/// </summary>
internal sealed class LadderOrders
{
    private readonly Ladder _ladder;
    private readonly double _fee;
    private readonly double _stop;
    private readonly double[] _levels;
    private readonly double[] _paid; // the price of each held order; NaN when it is not held
    private double _cash; // relative to the whole stake

    /// <param name="ladder">The orders.</param>
    /// <param name="first">The open of the entry.</param>
    /// <param name="fee">Fee on each side, a ratio.</param>
    public LadderOrders(Ladder ladder, double first, double fee)
    {
        (_ladder, _fee) = (ladder, fee);
        _stop = first * (1 - ladder.Stop);
        _levels = new double[ladder.Orders];
        _levels[0] = first;
        for (var i = 1; i < _levels.Length; i++)
            _levels[i] = _levels[i - 1] * (1 - ladder.Spacing);
        _paid = new double[ladder.Orders];
        Array.Fill(_paid, double.NaN);
        Buy(0, first);
        LastPrice = first;
    }

    /// <summary>The price of the last exit.</summary>
    public double LastPrice { get; private set; }

    /// <summary>The realised profit relative to the cost of all orders, with fees.</summary>
    public double Ratio => _cash / (1 + _fee);

    /// <summary>
    /// Returns what <see cref="Ratio"/> would be if everything were sold at a price.
    /// </summary>
    public double RatioAt(double price) =>
        (_cash + _paid.Where(IsHeld).Sum(paid => Proceeds(paid, price))) / (1 + _fee);

    /// <summary>Returns the reason when the trade ends on the row; null while it goes on.</summary>
    /// <param name="row">The next row, the first of them that of the entry.</param>
    /// <param name="exits">Whether the strategy exits at the open of the row.</param>
    /// <param name="isLast">Whether it is the last row of the period.</param>
    public string? Update(in Candle row, bool exits, bool isLast)
    {
        if (exits || isLast)
            return SellAll(row.Open, exits ? ExitReason.Signal : ExitReason.Forced);
        Span<bool> sellable = stackalloc bool[_paid.Length];
        var bought = false;
        for (var i = 0; i < _levels.Length; i++)
        {
            sellable[i] = IsHeld(_paid[i]);
            if (sellable[i] || row.Low >= _levels[i])
                continue;
            Buy(i, Math.Min(row.Open, _levels[i]));
            bought = true;
        }
        if (row.Low <= _stop)
            return SellAll(Math.Min(row.Open, _stop), ExitReason.StopLoss);
        if (_ladder.Restocks)
        {
            for (var i = 0; i < _levels.Length; i++)
            {
                var target = _levels[i] * (1 + _ladder.Target);
                if (sellable[i] && row.High > target)
                    Sell(i, Math.Max(row.Open, target));
            }
            return null;
        }
        // Buying lowers the target; whether the price rose before or after is unknown.
        var goal = Goal();
        return !bought && row.High > goal ? SellAll(Math.Max(row.Open, goal), ExitReason.Roi) : null;
    }

    // The price at which the held orders have the wanted profit: the sum of price / paid over the
    // orders times (1 - fee) is their number times (1 + fee) times (1 + target).
    private double Goal()
    {
        var (count, inverse) = (0, 0.0);
        foreach (var paid in _paid)
            if (IsHeld(paid))
            {
                count++;
                inverse += 1 / paid;
            }
        return count * (1 + _fee) * (1 + _ladder.Target) / (inverse * (1 - _fee));
    }

    private string SellAll(double price, string reason)
    {
        for (var i = 0; i < _paid.Length; i++)
            if (IsHeld(_paid[i]))
                Sell(i, price);
        LastPrice = price;
        return reason;
    }

    private void Buy(int order, double price)
    {
        _paid[order] = price;
        _cash -= (1 + _fee) / _ladder.Orders;
    }

    private void Sell(int order, double price)
    {
        _cash += Proceeds(_paid[order], price);
        _paid[order] = double.NaN;
        LastPrice = price;
    }

    private double Proceeds(double paid, double price) => price / paid * (1 - _fee) / _ladder.Orders;

    private static bool IsHeld(double paid) => !double.IsNaN(paid);
}
