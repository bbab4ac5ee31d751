using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>
/// The placebo of equal count: the blocked entries are rotated along the list of trades by random
/// offsets. So each placebo blocks exactly as many entries as the gate, in runs as long, but other
/// entries. A strategy that seldom trades in blocked time cannot gain from that here.
/// </summary>
internal static class EntryChance
{
    private static readonly (string Name, Func<EntryComparison, double> Value)[] s_figures =
    [
        ("edge_pct", c => c.EdgePct),
        ("excursion_gain_pct", c => c.ExcursionGainPct),
        ("loser_lift", c => c.LoserLift),
        ("shortfall_gain_pct", c => c.ShortfallGainPct),
        ("worst_lift", c => c.WorstLift),
    ];

    /// <summary>Names of the tested figures; a higher value is better for the gate.</summary>
    public static IEnumerable<string> Names => s_figures.Select(figure => figure.Name);

    /// <summary>Compares each figure with the placebos.</summary>
    /// <param name="tally">The trades.</param>
    /// <param name="blocked">Whether the gate blocks each of them.</param>
    /// <param name="runs">The number of placebos.</param>
    /// <param name="seed">The seed of the offsets.</param>
    /// <param name="each">Whether each offset is used once where there are at most
    /// <paramref name="runs"/>. With few trades, repeated offsets would make p-values too
    /// small.</param>
    public static IReadOnlyDictionary<string, PlaceboTest> Test(
        EntryTally tally,
        bool[] blocked,
        int runs,
        ulong seed,
        bool each = false
    )
    {
        var isEach = each && blocked.Length - 1 <= runs;
        if (isEach)
            runs = Math.Max(0, blocked.Length - 1);
        var real = tally.Compare(blocked, double.NaN);
        var drawn = s_figures.Select(_ => new List<double>(runs)).ToArray();
        var draws = new Draws(seed);
        var rotated = new bool[blocked.Length];
        for (var run = 0; run < runs && blocked.Length > 1; run++)
        {
            var by = 1 + (isEach ? run : draws.Below(blocked.Length - 1));
            blocked.AsSpan(by).CopyTo(rotated);
            blocked.AsSpan(0, by).CopyTo(rotated.AsSpan(blocked.Length - by));
            var placebo = tally.Compare(rotated, double.NaN);
            for (var i = 0; i < s_figures.Length; i++)
                if (s_figures[i].Value(placebo) is var value && !double.IsNaN(value))
                    drawn[i].Add(value);
        }
        var tests = new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal);
        for (var i = 0; i < s_figures.Length; i++)
            tests[s_figures[i].Name] = PlaceboTest.Of(s_figures[i].Value(real), drawn[i], lessIsBetter: false);
        return tests;
    }

    /// <summary>Computes the bootstrap interval of each figure.</summary>
    /// <param name="tally">The trades.</param>
    /// <param name="blocked">Whether the gate blocks each of them.</param>
    /// <param name="samples">The number of resamples.</param>
    /// <param name="seed">The seed of the resamples.</param>
    public static IReadOnlyDictionary<string, Interval> Intervals(
        EntryTally tally,
        bool[] blocked,
        int samples,
        ulong seed
    )
    {
        var times = new int[blocked.Length];
        var figures = s_figures.Append(("blocked_mean_pct", c => 100 * c.BlockedMean)).ToArray();
        var intervals = BlockBootstrap.Of(
            blocked.Length,
            figures.Length,
            (at, values) =>
            {
                Array.Clear(times);
                foreach (var i in at)
                    times[i]++;
                var sample = tally.Compare(blocked, times, double.NaN);
                for (var i = 0; i < figures.Length; i++)
                    values[i] = figures[i].Item2(sample);
            },
            samples,
            seed
        );
        return new SortedDictionary<string, Interval>(
            figures.Zip(intervals).ToDictionary(pair => pair.First.Item1, pair => pair.Second),
            StringComparer.Ordinal
        );
    }
}
