using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Figures;

/// <summary>
/// The figures of a list of trades, by Freqtrade's definitions. They are ratios unless the name
/// ends in Pct; NaN when a figure does not exist.
/// </summary>
public sealed record Performance
{
    /// <summary>The number of trades.</summary>
    public int Trades { get; init; }

    /// <summary>The number of trades with a profit.</summary>
    public int Wins { get; init; }

    /// <summary>The number of trades with a loss.</summary>
    public int Losses { get; init; }

    /// <summary>The number of trades with neither profit nor loss.</summary>
    public int Draws { get; init; }

    /// <summary>Wins / trades, [0, 1].</summary>
    public double WinRate { get; init; } = double.NaN;

    /// <summary>Profit in money.</summary>
    public double ProfitTotal { get; init; }

    /// <summary>Profit relative to the starting balance, in percent.</summary>
    public double ProfitTotalPct { get; init; }

    /// <summary>Mean profit of a trade relative to its cost, in percent.</summary>
    public double ProfitMeanPct { get; init; } = double.NaN;

    /// <summary>Money won divided by money lost; 0 without losses, as in Freqtrade.</summary>
    public double ProfitFactor { get; init; }

    /// <summary>
    /// Profit per day divided by the standard deviation of trade profits, times the square root of
    /// 365; -100 without a deviation.
    /// </summary>
    public double Sharpe { get; init; }

    /// <summary>
    /// Profit per day divided by the standard deviation of losses, times the square root of 365;
    /// -100 without a deviation.
    /// </summary>
    public double Sortino { get; init; }

    /// <summary>
    /// Profit per day in percent divided by the maximum relative drawdown, times the square root of
    /// 365; -100 without a drawdown.
    /// </summary>
    public double Calmar { get; init; }

    /// <summary>
    /// The deepest drawdown in money, in percent of the peak of the balance before it.
    /// </summary>
    public double MaxDrawdownPct { get; init; }

    /// <summary>The deepest relative drawdown, in percent.</summary>
    public double MaxRelativeDrawdownPct { get; init; }

    /// <summary>The deepest drawdown in money.</summary>
    public double MaxDrawdown { get; init; }

    /// <summary>Mean stake of a trade, in money.</summary>
    public double MeanStake { get; init; } = double.NaN;

    /// <summary>Mean duration in seconds.</summary>
    public double MeanDurationSeconds { get; init; } = double.NaN;

    /// <summary>
    /// Share of the period with an open trade, [0, 1]; overlapping trades count separately.
    /// </summary>
    public double Exposure { get; init; }

    /// <summary>Balance at the end, in money.</summary>
    public double FinalBalance { get; init; }

    /// <summary>The number of trades by exit reason.</summary>
    public IReadOnlyDictionary<string, int> ExitReasons { get; init; } = new SortedDictionary<string, int>();

    /// <summary>Computes the figures.</summary>
    /// <param name="trades">The trades.</param>
    /// <param name="startingBalance">Balance at the start, in money; NaN if unknown.</param>
    /// <param name="from">The start of the period.</param>
    /// <param name="to">The end of the period.</param>
    public static Performance Of(IReadOnlyList<Trade> trades, double startingBalance, Instant from, Instant to)
    {
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var trade in trades)
            reasons[trade.ExitReason] = reasons.GetValueOrDefault(trade.ExitReason) + 1;
        var profits = trades.Select(t => t.Profit).ToArray();
        var total = profits.Sum();
        var (won, lost) = (profits.Where(p => p > 0).Sum(), -profits.Where(p => p < 0).Sum());
        var wins = trades.Count(t => t.ProfitRatio > 0);
        var losses = trades.Count(t => t.ProfitRatio < 0);
        var drawdown = Drawdown.Of(trades, startingBalance);
        var perDay = total / startingBalance / Math.Max(1, Math.Floor((to - from).TotalDays));
        var empty = trades.Count == 0;
        return new()
        {
            Trades = trades.Count,
            Wins = wins,
            Losses = losses,
            Draws = trades.Count - wins - losses,
            WinRate = empty ? double.NaN : wins / (double)trades.Count,
            ProfitTotal = total,
            ProfitTotalPct = 100 * total / startingBalance,
            ProfitMeanPct = empty ? double.NaN : 100 * trades.Average(t => t.ProfitRatio),
            ProfitFactor =
                double.IsNaN(total) ? double.NaN
                : lost > 0 ? won / lost
                : 0,
            Sharpe = empty ? 0 : PerDeviation(perDay, profits.Select(p => p / startingBalance)),
            Sortino = empty ? 0 : PerDeviation(perDay, profits.Where(p => p < 0).Select(p => p / startingBalance)),
            Calmar =
                empty ? 0
                : double.IsNaN(perDay) ? double.NaN
                : drawdown.MaxRelative > 0 ? perDay * 100 / drawdown.MaxRelative * Math.Sqrt(365)
                : -100,
            MaxDrawdownPct = 100 * drawdown.AtDeepest,
            MaxRelativeDrawdownPct = 100 * drawdown.MaxRelative,
            MaxDrawdown = drawdown.Deepest,
            MeanStake = empty ? double.NaN : trades.Average(t => t.Stake),
            MeanDurationSeconds = empty ? double.NaN : trades.Average(t => t.Duration.TotalSeconds),
            Exposure = to > from ? trades.Sum(t => t.Duration.TotalSeconds) / (to - from).TotalSeconds : 0,
            FinalBalance = startingBalance + total,
            ExitReasons = reasons,
        };
    }

    private static double PerDeviation(double perDay, IEnumerable<double> profits)
    {
        var values = profits.ToArray();
        if (double.IsNaN(perDay))
            return double.NaN;
        if (values.Length == 0)
            return -100;
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length);
        return deviation > 0 ? perDay / deviation * Math.Sqrt(365) : -100;
    }
}
