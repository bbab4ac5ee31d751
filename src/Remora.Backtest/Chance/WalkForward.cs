using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Chance;

/// <summary>
/// Tunes a threshold on the score with past data only. Each test window uses the threshold with the
/// best profit from the start of the period to the start of the window. The placebo repeats the
/// whole procedure, tuning included, with the scores rotated around the period.
/// </summary>
public static class WalkForward
{
    /// <summary>The candidate thresholds; the last one allows every entry.</summary>
    public static IReadOnlyList<double> Thresholds { get; } =
    [0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, double.PositiveInfinity];

    /// <summary>Runs the walk-forward test.</summary>
    /// <param name="simulation">The strategy over the period.</param>
    /// <param name="scores">The score after each candle of the series; NaN where unknown.</param>
    /// <param name="windows">The number of windows in the period; the first one is only used for
    /// tuning.</param>
    /// <param name="shifts">The number of placebos.</param>
    /// <param name="seed">The seed of the placebos.</param>
    public static WalkForwardResult Run(Simulation simulation, double[] scores, int windows, int shifts, ulong seed)
    {
        var gate = new Gate("score", scores);
        var bounds = Enumerable.Range(0, windows + 1).Select(i => At(simulation, i / (double)windows)).ToArray();
        var chosen = new double[windows - 1];
        var real = Tested(simulation, gate, 0, bounds, chosen);
        var open = OpenProfit(simulation, bounds);

        var draws = new Draws(seed);
        var asGood = 0;
        var sum = 0.0;
        var ignored = new double[windows - 1];
        for (var i = 0; i < shifts; i++)
        {
            var profit = Tested(simulation, gate, Placebo.DrawShift(simulation, ref draws), bounds, ignored);
            sum += profit;
            if (profit >= real - 1e-9)
                asGood++;
        }
        return new(chosen, real, open, sum / shifts, (1 + asGood) / (1.0 + shifts));
    }

    private static Instant At(Simulation simulation, double part) =>
        simulation.Frame.From + ((simulation.Frame.To - simulation.Frame.From) * part);

    private static double Tested(Simulation simulation, Gate scores, int shift, Instant[] bounds, double[] chosen)
    {
        var windows = bounds.Length - 1;
        Span<double> profits = stackalloc double[Thresholds.Count * windows];
        for (var t = 0; t < Thresholds.Count; t++)
        {
            var sink = new PerWindow(simulation, bounds);
            Walk.Go(simulation, new RotatedThreshold(simulation.Rotate(scores, shift), Thresholds[t]), ref sink);
            sink.Profits.CopyTo(profits[(t * windows)..]);
        }
        var total = 0.0;
        for (var window = 1; window < windows; window++)
        {
            var (best, bestPast) = (Thresholds.Count - 1, double.NegativeInfinity);
            for (var t = Thresholds.Count - 1; t >= 0; t--)
            {
                var past = 0.0;
                for (var w = 0; w < window; w++)
                    past += profits[(t * windows) + w];
                if (past > bestPast)
                    (best, bestPast) = (t, past);
            }
            chosen[window - 1] = Thresholds[best];
            total += profits[(best * windows) + window];
        }
        return 100 * total / simulation.Account.StartingBalance;
    }

    private static double OpenProfit(Simulation simulation, Instant[] bounds)
    {
        var sink = new PerWindow(simulation, bounds);
        Walk.Go(simulation, default(AlwaysOpen), ref sink);
        return 100 * sink.Profits.Skip(1).Sum() / simulation.Account.StartingBalance;
    }

    /// <summary>Profit by the window in which a trade was entered.</summary>
    private struct PerWindow(Simulation simulation, Instant[] bounds) : ITradeSink
    {
        private int _window;

        public double[] Profits { get; } = new double[bounds.Length - 1];

        public void Take(in PossibleTrade trade, double amount, double profit, double unrealised)
        {
            var entered = simulation.Frame.Rows[trade.EntryRow].OpenTime;
            while (_window < Profits.Length - 1 && entered >= bounds[_window + 1])
                _window++;
            Profits[_window] += profit;
        }
    }
}

/// <summary>
/// The results of a threshold tuned on the past, in the windows after it. Profits are relative to
/// the starting balance, in percent, and exclude the first window.
/// </summary>
/// <param name="Chosen">The threshold of each window; infinite when allowing every entry had been
/// best.</param>
/// <param name="ProfitPct">Profit with the tuned gate.</param>
/// <param name="UngatedProfitPct">Profit without a gate.</param>
/// <param name="PlaceboMeanPct">Mean profit of the placebos.</param>
/// <param name="P">Share of the placebos that did as well or better: a one-sided p-value.</param>
public sealed record WalkForwardResult(
    IReadOnlyList<double> Chosen,
    double ProfitPct,
    double UngatedProfitPct,
    double PlaceboMeanPct,
    double P
);
