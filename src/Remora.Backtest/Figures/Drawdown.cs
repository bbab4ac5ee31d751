using Remora.Backtest.Trading;

namespace Remora.Backtest.Figures;

/// <summary>
/// The fall of the account from its peak, evaluated after each closed trade in order of closing, as
/// in Freqtrade.
/// </summary>
/// <param name="Deepest">The deepest fall, in money.</param>
/// <param name="AtDeepest">The deepest fall divided by the peak before it, a ratio.</param>
/// <param name="MaxRelative">The largest fall relative to its peak, a ratio.</param>
public readonly record struct Drawdown(double Deepest, double AtDeepest, double MaxRelative)
{
    /// <summary>
    /// Computes the drawdown of a list of trades. What depends on an unknown profit or starting
    /// balance is NaN.
    /// </summary>
    public static Drawdown Of(IReadOnlyList<Trade> trades, double startingBalance)
    {
        if (trades.Any(trade => double.IsNaN(trade.Profit)))
            return new(double.NaN, double.NaN, double.NaN);
        var gauge = new DrawdownGauge(startingBalance);
        // Trades that close at the same moment have no order: they count as one step.
        foreach (var step in trades.GroupBy(t => t.CloseTime.UnixMilliseconds).OrderBy(g => g.Key))
            gauge.Add(step.Sum(t => t.Profit));
        return gauge.Value;
    }
}

/// <summary>Computes a drawdown from profits that are added one by one.</summary>
internal struct DrawdownGauge(double startingBalance)
{
    private double _sum;
    private double _peak;
    private double _deepest;
    private double _atDeepest;
    private double _maxRelative;

    public readonly Drawdown Value => new(_deepest, _atDeepest, _maxRelative);

    /// <summary>Adds a closed trade; the unrealised profit is that of what remains open.</summary>
    public void Add(double profit, double unrealised = 0) => Look((_sum += profit) + unrealised);

    /// <summary>Values the account during an open trade.</summary>
    public void Mark(double unrealised) => Look(_sum + unrealised);

    private void Look(double sum)
    {
        _peak = Math.Max(_peak, sum); // the start counts as a peak
        var fall = _peak - sum;
        var relative = fall / (startingBalance + _peak);
        if (fall > _deepest)
            (_deepest, _atDeepest) = (fall, relative);
        _maxRelative = Math.Max(_maxRelative, relative);
    }
}
