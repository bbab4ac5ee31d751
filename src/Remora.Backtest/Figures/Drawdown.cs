using Remora.Backtest.Trading;

namespace Remora.Backtest.Figures;

/// <summary>How far the account fell from its peak, looked at after each closed trade in order of closing, as Freqtrade does it.</summary>
/// <param name="Deepest">The deepest fall, in money.</param>
/// <param name="AtDeepest">That fall against the peak before it, a ratio.</param>
/// <param name="MaxRelative">The largest fall against a peak, a ratio.</param>
public readonly record struct Drawdown(double Deepest, double AtDeepest, double MaxRelative)
{
    /// <summary>Works it out for a list of trades.</summary>
    public static Drawdown Of(IReadOnlyList<Trade> trades, double startingBalance)
    {
        var gauge = new DrawdownGauge(startingBalance);
        // Of trades that close at the same moment none is first: they count as one step.
        foreach (var step in trades.GroupBy(t => t.CloseTime.UnixMilliseconds).OrderBy(g => g.Key)) gauge.Add(step.Sum(t => t.Profit));
        return gauge.Value;
    }
}

/// <summary>Takes profits one by one.</summary>
internal struct DrawdownGauge(double startingBalance)
{
    private double _sum;
    private double _peak;
    private double _deepest;
    private double _atDeepest;
    private double _maxRelative;

    public readonly Drawdown Value => new(_deepest, _atDeepest, _maxRelative);

    public void Add(double profit) => Look(_sum += profit);

    /// <summary>Looks at the account in the middle of a trade.</summary>
    public void Mark(double unrealised) => Look(_sum + unrealised);

    private void Look(double sum)
    {
        _peak = Math.Max(_peak, sum); // the start is a peak too
        var fall = _peak - sum;
        var relative = fall / (startingBalance + _peak);
        if (fall > _deepest) (_deepest, _atDeepest) = (fall, relative);
        _maxRelative = Math.Max(_maxRelative, relative);
    }
}
