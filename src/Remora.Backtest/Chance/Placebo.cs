using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>
/// The circular-shift placebo: the gate is rotated around the period by random offsets. A rotated
/// gate blocks as much, as often and in as long stretches as the real gate, but at other times. So
/// an advantage of the real gate comes from when it blocks.
/// </summary>
public static class Placebo
{
    /// <summary>
    /// The minimum rotation in either direction. A smaller rotation would be nearly the real gate.
    /// </summary>
    public static readonly TimeSpan LeastShift = TimeSpan.FromDays(1);

    /// <summary>Tests a gate on one strategy and period.</summary>
    /// <param name="simulation">The strategy over the period.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="shifts">The number of rotations.</param>
    /// <param name="seed">The seed of the offsets.</param>
    public static PlaceboResult Test(Simulation simulation, Gate gate, int shifts, ulong seed)
    {
        var least = simulation.Plan.Timeframe.CountIn(LeastShift);
        var (_, count) = simulation.Circle;
        if (count <= 2 * least)
            throw new BacktestException(
                $"the period of {count} candles is too short to rotate a gate: expected at least {(2 * least) + 1}"
            );

        var tally = new EntryTally(simulation.Baseline());
        var timeBlocked = simulation.TimeBlocked(gate);
        var real = GatedFigures.Of(simulation, tally, simulation.Rotate(gate, 0), timeBlocked);
        var draws = new Draws(seed);
        var nulls = new Nulls(real, shifts);
        for (var i = 0; i < shifts; i++)
            nulls.Add(
                GatedFigures.Of(
                    simulation,
                    tally,
                    simulation.Rotate(gate, DrawShift(simulation, ref draws)),
                    timeBlocked
                )
            );
        return new(real, timeBlocked, nulls.Tests());
    }

    /// <summary>Draws a rotation of at least <see cref="LeastShift"/> either way.</summary>
    internal static int DrawShift(Simulation simulation, ref Draws draws)
    {
        var least = simulation.Plan.Timeframe.CountIn(LeastShift);
        return least + draws.Below(simulation.Circle.Count - (2 * least));
    }

    /// <summary>
    /// Collects the figures of the placebo runs and ranks the real figures among them.
    /// </summary>
    private sealed class Nulls
    {
        private readonly double[] _real = new double[GatedFigures.Names.Count];
        private readonly List<double>[] _drawn;

        public Nulls(in GatedFigures real, int count)
        {
            real.CopyTo(_real);
            _drawn = [.. _real.Select(_ => new List<double>(count))];
        }

        public void Add(in GatedFigures figures)
        {
            Span<double> values = stackalloc double[_real.Length];
            figures.CopyTo(values);
            for (var i = 0; i < values.Length; i++)
                if (!double.IsNaN(values[i]))
                    _drawn[i].Add(values[i]);
        }

        public SortedDictionary<string, PlaceboTest> Tests()
        {
            var tests = new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal);
            for (var i = 0; i < _real.Length; i++)
                tests[GatedFigures.Names[i]] = PlaceboTest.Of(_real[i], _drawn[i], lessIsBetter: i == 2);
            return tests;
        }
    }
}

/// <summary>A gate's figures and their ranks among those of its placebos.</summary>
/// <param name="Real">The real gate's figures.</param>
/// <param name="TimeBlocked">The share of the period's candles that the gate blocks, [0,
/// 1].</param>
/// <param name="Tests">Each tested figure by name.</param>
public sealed record PlaceboResult(
    GatedFigures Real,
    double TimeBlocked,
    IReadOnlyDictionary<string, PlaceboTest> Tests
);
