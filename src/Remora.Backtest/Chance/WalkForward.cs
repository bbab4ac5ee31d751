using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Chance;

/// <summary>
/// A threshold on the score, tuned on the past only: for each test window the threshold with the best profit from the start to the window's beginning is used in the window.
/// Its placebo does the whole of it again, tuning included, with the scores turned round the period.
/// </summary>
public static class WalkForward
{
    /// <summary>The thresholds there are to choose from; the last lets everything through.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, double.PositiveInfinity];

    /// <summary>Runs it.</summary>
    /// <param name="simulation">The strategy over the period.</param>
    /// <param name="scores">The score after each candle of the series; NaN where unknown.</param>
    /// <param name="windows">How many windows the period is cut into; the first is only learnt from.</param>
    /// <param name="shifts">How many placebos.</param>
    /// <param name="seed">Their seed.</param>
    public static WalkForwardResult Run(Simulation simulation, double[] scores, int windows, int shifts, ulong seed)
    {
        var gate = new Gate("score", scores);
        var bounds = Enumerable.Range(0, windows + 1).Select(i => At(simulation, i / (double)windows)).ToArray();
        var chosen = new double[windows - 1];
        var real = Tested(simulation, gate, 0, bounds, chosen);
        var open = OpenProfit(simulation, bounds);

        var least = simulation.Plan.Timeframe.CountIn(Placebo.LeastShift);
        var draws = new Draws(seed);
        var asGood = 0;
        var sum = 0.0;
        var ignored = new double[windows - 1];
        for (var i = 0; i < shifts; i++)
        {
            var profit = Tested(simulation, gate, least + draws.Below(simulation.Circle.Count - (2 * least)), bounds, ignored);
            sum += profit;
            if (profit >= real - 1e-9) asGood++;
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
            Walk.Go(simulation, new TurnedThreshold(simulation.Turn(scores, shift), Thresholds[t]), ref sink);
            sink.Profits.CopyTo(profits[(t * windows)..]);
        }
        var total = 0.0;
        for (var window = 1; window < windows; window++)
        {
            var (best, bestPast) = (Thresholds.Count - 1, double.NegativeInfinity);
            for (var t = Thresholds.Count - 1; t >= 0; t--)
            {
                var past = 0.0;
                for (var w = 0; w < window; w++) past += profits[(t * windows) + w];
                if (past > bestPast) (best, bestPast) = (t, past);
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

        public void Take(in PossibleTrade trade, double amount, double profit)
        {
            var entered = simulation.Frame.Rows[trade.EntryRow].OpenTime;
            while (_window < Profits.Length - 1 && entered >= bounds[_window + 1]) _window++;
            Profits[_window] += profit;
        }
    }
}

/// <summary>What a threshold tuned on the past did in the windows after it. Profits are against the starting balance, in percent, and leave out the first window.</summary>
/// <param name="Chosen">The threshold of each window; infinite where letting everything through had been best.</param>
/// <param name="ProfitPct">With the tuned gate.</param>
/// <param name="UngatedProfitPct">Without a gate.</param>
/// <param name="PlaceboMeanPct">Mean of the placebos.</param>
/// <param name="P">How often a placebo did as well or better.</param>
public sealed record WalkForwardResult(IReadOnlyList<double> Chosen, double ProfitPct, double UngatedProfitPct, double PlaceboMeanPct, double P);
