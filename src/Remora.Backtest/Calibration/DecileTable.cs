namespace Remora.Backtest.Calibration;

/// <summary>Outcomes after low and high values of a measure.</summary>
/// <param name="Measure">The measure: <c>score</c>, <c>volatility</c>, or a part of the
/// score.</param>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="Observations">The number of moments.</param>
/// <param name="VolatilityCorrelation">Rank correlation with realised volatility.</param>
/// <param name="DrawdownCorrelation">Rank correlation with the worst drawdown.</param>
/// <param name="ReturnCorrelation">Rank correlation with the return.</param>
/// <param name="TopLift">Mean volatility after the highest bin, divided by the mean of all.</param>
/// <param name="Bins">Ten bins, the lowest first. There are fewer when many values are equal,
/// because equal values stay in one bin.</param>
public sealed record DecileTable(
    string Measure,
    double HorizonHours,
    int Observations,
    double VolatilityCorrelation,
    double DrawdownCorrelation,
    double ReturnCorrelation,
    double TopLift,
    IReadOnlyList<DecileBin> Bins
)
{
    private const int BinCount = 10;

    /// <summary>Builds the table from the moments at which measure and outcome are known.</summary>
    /// <param name="measure">The measure's name.</param>
    /// <param name="values">Its value after each candle.</param>
    /// <param name="outcomes">The outcome after each candle.</param>
    /// <param name="moments">The positions of the candles to use.</param>
    public static DecileTable Of(string measure, double[] values, Outcomes outcomes, IReadOnlyList<int> moments)
    {
        int[] known = [.. moments.Where(i => !double.IsNaN(values[i]) && !double.IsNaN(outcomes.Volatility[i]))];
        var x = Array.ConvertAll(known, i => values[i]);
        var order = (int[])known.Clone();
        Array.Sort((double[])x.Clone(), order);
        var bins = new List<DecileBin>();
        for (var start = 0; start < order.Length; )
        {
            var end = Math.Min(
                order.Length,
                (int)Math.Ceiling(order.Length * ((bins.Count == 0 ? 0 : bins[^1].UpTo) + (1.0 / BinCount)) - 1e-9)
            );
            while (end < order.Length && values[order[end]] == values[order[end - 1]])
                end++;
            bins.Add(Bin(order.AsSpan(start, end - start), values, outcomes, end / (double)order.Length));
            start = end;
        }
        var volatility = Array.ConvertAll(known, i => outcomes.Volatility[i]);
        var all = volatility.Length == 0 ? double.NaN : volatility.Average();
        return new(
            measure,
            outcomes.Horizon.TotalHours,
            known.Length,
            Ranks.Correlation(x, volatility),
            Ranks.Correlation(x, Array.ConvertAll(known, i => outcomes.Drawdown[i])),
            Ranks.Correlation(x, Array.ConvertAll(known, i => outcomes.Return[i])),
            bins.Count > 1 ? bins[^1].Volatility / all : double.NaN,
            bins
        );
    }

    private static DecileBin Bin(ReadOnlySpan<int> moments, double[] values, Outcomes outcomes, double upTo)
    {
        var (volatility, drawdown, change) = (0.0, 0.0, 0.0);
        var returns = new double[moments.Length];
        for (var i = 0; i < moments.Length; i++)
        {
            volatility += outcomes.Volatility[moments[i]];
            drawdown += outcomes.Drawdown[moments[i]];
            change += returns[i] = outcomes.Return[moments[i]];
        }
        Array.Sort(returns);
        var tail = Math.Max(1, returns.Length / 20);
        var count = moments.Length;
        return new(
            values[moments[0]],
            values[moments[^1]],
            upTo,
            count,
            volatility / count,
            drawdown / count,
            -returns.AsSpan(0, tail).ToArray().Average(),
            change / count
        );
    }
}

/// <summary>
/// The moments with similar values of a measure, and their mean outcomes, as ratios.
/// </summary>
/// <param name="Low">Lowest value.</param>
/// <param name="High">Highest value.</param>
/// <param name="UpTo">The share of all moments in this bin and the bins below it, [0, 1].</param>
/// <param name="Count">The number of moments.</param>
/// <param name="Volatility">Mean realised volatility.</param>
/// <param name="Drawdown">Mean worst drawdown.</param>
/// <param name="TailLoss">Mean loss of the worst 5 % of the returns.</param>
/// <param name="Return">Mean return.</param>
public sealed record DecileBin(
    double Low,
    double High,
    double UpTo,
    int Count,
    double Volatility,
    double Drawdown,
    double TailLoss,
    double Return
);
