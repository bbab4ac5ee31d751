using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Figures;

/// <summary>The figures of a list of trades, with Freqtrade's definitions. Ratios unless the name says percent; NaN where a figure does not exist.</summary>
public sealed record Performance
{
    /// <summary>How many trades.</summary>
    public int Trades { get; init; }

    /// <summary>Trades with a profit.</summary>
    public int Wins { get; init; }

    /// <summary>Trades with a loss.</summary>
    public int Losses { get; init; }

    /// <summary>Trades with neither.</summary>
    public int Draws { get; init; }

    /// <summary>Wins / trades, [0, 1].</summary>
    public double WinRate { get; init; } = double.NaN;

    /// <summary>Profit in money.</summary>
    public double ProfitTotal { get; init; }

    /// <summary>Profit against the starting balance, in percent.</summary>
    public double ProfitTotalPct { get; init; }

    /// <summary>Mean profit of a trade against its cost, in percent.</summary>
    public double ProfitMeanPct { get; init; } = double.NaN;

    /// <summary>Money won / money lost; 0 where nothing was lost, as Freqtrade has it.</summary>
    public double ProfitFactor { get; init; }

    /// <summary>Profit per day over the deviation of trade profits, times the root of 365; -100 where there is no deviation.</summary>
    public double Sharpe { get; init; }

    /// <summary>The same over the deviation of losses alone.</summary>
    public double Sortino { get; init; }

    /// <summary>Profit per day in percent over the maximum relative drawdown, times the root of 365; -100 where there is no drawdown.</summary>
    public double Calmar { get; init; }

    /// <summary>Drawdown of the account at its deepest point in money, in percent of the balance's peak before it.</summary>
    public double MaxDrawdownPct { get; init; }

    /// <summary>The deepest relative drawdown, in percent.</summary>
    public double MaxRelativeDrawdownPct { get; init; }

    /// <summary>The deepest drawdown in money.</summary>
    public double MaxDrawdown { get; init; }

    /// <summary>Mean money put into a trade.</summary>
    public double MeanStake { get; init; } = double.NaN;

    /// <summary>Mean duration in seconds.</summary>
    public double MeanDurationSeconds { get; init; } = double.NaN;

    /// <summary>Share of the period with an open trade, [0, 1]; trades that overlap count twice.</summary>
    public double Exposure { get; init; }

    /// <summary>Money at the end.</summary>
    public double FinalBalance { get; init; }

    /// <summary>How many trades ended for which reason.</summary>
    public IReadOnlyDictionary<string, int> ExitReasons { get; init; } = new SortedDictionary<string, int>();

    /// <summary>Works the figures out.</summary>
    /// <param name="trades">The trades.</param>
    /// <param name="startingBalance">Money at the start.</param>
    /// <param name="from">Where the period begins.</param>
    /// <param name="to">Where it ends.</param>
    public static Performance Of(IReadOnlyList<Trade> trades, double startingBalance, Instant from, Instant to)
    {
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var trade in trades) reasons[trade.ExitReason] = reasons.GetValueOrDefault(trade.ExitReason) + 1;
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
            ProfitFactor = lost > 0 ? won / lost : 0,
            Sharpe = empty ? 0 : PerDeviation(perDay, profits.Select(p => p / startingBalance)),
            Sortino = empty ? 0 : PerDeviation(perDay, profits.Where(p => p < 0).Select(p => p / startingBalance)),
            Calmar = empty ? 0 : drawdown.MaxRelative > 0 ? perDay * 100 / drawdown.MaxRelative * Math.Sqrt(365) : -100,
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
        if (values.Length == 0) return -100;
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length);
        return deviation > 0 ? perDay / deviation * Math.Sqrt(365) : -100;
    }
}
