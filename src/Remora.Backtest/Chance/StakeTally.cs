using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>
/// Compares sizes (of a gate: 0 or 1) with a smaller constant stake over the trades of the ungated
/// run. Any size below 1 takes risk away, and so does a smaller stake; only what goes beyond that
/// is a merit of the sizes.
/// </summary>
internal sealed class StakeTally
{
    // Profits after the entry on a full stake, the worst first, and what belongs to them.
    private readonly double[] _ratios;
    private readonly int[] _rows;
    private readonly int[] _known;
    private readonly int[] _place; // position in time of each
    private readonly long _allRows;
    private readonly double _mean;
    private readonly double _shortfall;
    private readonly double[] _sizes;
    private readonly PriorityQueue<bool, double> _worst = new(Comparer<double>.Create((a, b) => b.CompareTo(a)));

    /// <param name="trades">The trades in the order of their entries.</param>
    public StakeTally(IReadOnlyList<BaselineTrade> trades)
    {
        _place = [.. Enumerable.Range(0, trades.Count).OrderBy(i => trades[i].ProfitRatio)];
        _ratios = [.. _place.Select(i => trades[i].ProfitRatio)];
        _rows = [.. _place.Select(i => trades[i].Rows)];
        _known = [.. _place.Select(i => trades[i].Known)];
        _allRows = _rows.Sum(rows => (long)rows);
        _sizes = new double[_ratios.Length];
        if (_ratios.Length == 0)
            return;
        _mean = _ratios.Average();
        _shortfall = _ratios.Take(Worst(_ratios.Length)).Average();
    }

    /// <summary>The names of the tested figures; a higher value is better.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["gain_at_exposure_pct", "gain_at_shortfall_pct", "shortfall_gain_at_exposure_pct"];

    /// <summary>Compares the sizes of a gate.</summary>
    public StakeFigures Of<TGate>(in TGate gate)
        where TGate : struct, IEntryGate
    {
        for (var i = 0; i < _sizes.Length; i++)
            _sizes[i] = gate.At(_known[i]);
        if (_sizes.Length == 0)
            return StakeFigures.None;
        var (sum, exposure) = (0.0, 0.0);
        for (var i = 0; i < _sizes.Length; i++)
        {
            sum += _sizes[i] * _ratios[i];
            exposure += _sizes[i] * _rows[i];
        }
        return StakeFigures.Of(exposure / _allRows, sum / _sizes.Length, SizedShortfall(), _mean, _shortfall);
    }

    /// <summary>Compares the sizes with rotated ones, and resamples the trades.</summary>
    /// <param name="simulation">The simulation of the trades.</param>
    /// <param name="gate">The gate with the sizes.</param>
    /// <param name="shifts">The number of rotations.</param>
    /// <param name="resamples">The number of resamples of the bootstrap.</param>
    /// <param name="seed">The seed of both.</param>
    public StakeComparison Compare(Simulation simulation, Gate gate, int shifts, int resamples, ulong seed)
    {
        var real = Of(simulation.Rotate(gate, 0));
        var intervals = Intervals(resamples, seed + 1); // of the sizes that Of has read
        var drawn = Names.Select(_ => new List<double>(shifts)).ToArray();
        var draws = new Draws(seed);
        Span<double> values = stackalloc double[Names.Count];
        for (var i = 0; i < shifts; i++)
        {
            Of(simulation.Rotate(gate, Placebo.DrawShift(simulation, ref draws))).CopyTo(values);
            for (var figure = 0; figure < values.Length; figure++)
                if (!double.IsNaN(values[figure]))
                    drawn[figure].Add(values[figure]);
        }
        real.CopyTo(values);
        var tests = new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal);
        var named = new SortedDictionary<string, Interval>(StringComparer.Ordinal);
        for (var figure = 0; figure < values.Length; figure++)
        {
            tests[Names[figure]] = PlaceboTest.Of(values[figure], drawn[figure], lessIsBetter: false);
            named[Names[figure]] = intervals[figure];
        }
        return new(real, tests, named);
    }

    private Interval[] Intervals(int resamples, ulong seed)
    {
        var sized = _ratios.Zip(_sizes, (ratio, size) => ratio * size).ToArray();
        var fromWorstSized = Enumerable.Range(0, sized.Length).OrderBy(i => sized[i]).ToArray();
        var fromWorst = Enumerable.Range(0, sized.Length).ToArray();
        var ofTime = new int[sized.Length];
        for (var i = 0; i < ofTime.Length; i++)
            ofTime[_place[i]] = i;
        var times = new int[sized.Length];
        return BlockBootstrap.Of(
            sized.Length,
            Names.Count,
            (at, values) =>
            {
                Array.Clear(times);
                var (mean, plain, exposure, rows) = (0.0, 0.0, 0.0, 0L);
                foreach (var time in at)
                {
                    var i = ofTime[time];
                    times[i]++;
                    mean += sized[i];
                    plain += _ratios[i];
                    exposure += _sizes[i] * _rows[i];
                    rows += _rows[i];
                }
                StakeFigures
                    .Of(
                        exposure / rows,
                        mean / at.Length,
                        Shortfall(sized, fromWorstSized, times),
                        plain / at.Length,
                        Shortfall(_ratios, fromWorst, times)
                    )
                    .CopyTo(values);
            },
            resamples,
            seed
        );
    }

    private static double Shortfall(double[] values, int[] fromWorst, int[] times)
    {
        var wanted = Worst(values.Length);
        var (left, sum) = (wanted, 0.0);
        foreach (var i in fromWorst)
        {
            var taken = Math.Min(left, times[i]);
            sum += taken * values[i];
            left -= taken;
            if (left == 0)
                break;
        }
        return sum / wanted;
    }

    // The mean of the worst twentieth of the sized profits. As sizes are at most 1, a profit whose
    // full value is above the worst ones so far cannot belong to them.
    private double SizedShortfall()
    {
        var wanted = Worst(_ratios.Length);
        _worst.Clear();
        var sum = 0.0;
        for (var i = 0; i < _ratios.Length; i++)
        {
            var value = _sizes[i] * _ratios[i];
            if (_worst.Count < wanted)
            {
                _worst.Enqueue(true, value);
                sum += value;
                continue;
            }
            _worst.TryPeek(out _, out var least);
            if (least <= 0 && _ratios[i] >= least)
                break;
            if (value >= least)
                continue;
            _worst.DequeueEnqueue(true, value);
            sum += value - least;
        }
        return sum / wanted;
    }

    private static int Worst(int count) => Math.Max(1, count / 20);
}

/// <summary>
/// Sizes compared with constant stakes. Profits are per trade of the ungated run, relative to the
/// full stake, in percent; a trade that is not entered counts as 0. NaN without trades.
/// </summary>
/// <param name="Exposure">The mean size over the time in the market, [0, 1]: the constant stake of
/// equal mean exposure.</param>
/// <param name="StakeOfEqualShortfall">The constant stake with the same expected shortfall; NaN
/// when the full stake has none.</param>
/// <param name="MeanPct">Mean profit with the sizes.</param>
/// <param name="FullMeanPct">Mean profit with the full stake.</param>
/// <param name="ShortfallPct">Expected shortfall with the sizes: the mean of the worst
/// twentieth.</param>
/// <param name="FullShortfallPct">Expected shortfall with the full stake.</param>
public readonly record struct StakeFigures(
    double Exposure,
    double StakeOfEqualShortfall,
    double MeanPct,
    double FullMeanPct,
    double ShortfallPct,
    double FullShortfallPct
)
{
    internal static readonly StakeFigures None = new(
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN
    );

    /// <summary>Mean profit with the constant stake of equal mean exposure.</summary>
    public double MeanAtExposurePct => Exposure * FullMeanPct;

    /// <summary>Mean profit with the constant stake of equal expected shortfall.</summary>
    public double MeanAtShortfallPct => StakeOfEqualShortfall * FullMeanPct;

    /// <summary>Expected shortfall with the constant stake of equal mean exposure.</summary>
    public double ShortfallAtExposurePct => Exposure * FullShortfallPct;

    internal static StakeFigures Of(
        double exposure,
        double mean,
        double shortfall,
        double fullMean,
        double fullShortfall
    ) =>
        new(
            exposure,
            fullShortfall < 0 ? Math.Min(shortfall, 0) / fullShortfall : double.NaN,
            100 * mean,
            100 * fullMean,
            100 * shortfall,
            100 * fullShortfall
        );

    /// <summary>
    /// Copies the tested figures in the order of <see cref="StakeTally.Names"/>: the mean profit
    /// beyond each constant stake's, and the expected shortfall beyond that of equal exposure.
    /// </summary>
    internal void CopyTo(Span<double> values)
    {
        values[0] = MeanPct - MeanAtExposurePct;
        values[1] = MeanPct - MeanAtShortfallPct;
        values[2] = ShortfallPct - ShortfallAtExposurePct;
    }
}

/// <summary>Sizes compared with constant stakes, and with the same sizes at other times.</summary>
/// <param name="Figures">The figures.</param>
/// <param name="Tests">Each difference compared with the circular-shift placebo.</param>
/// <param name="Intervals">The bootstrap interval of each difference.</param>
public sealed record StakeComparison(
    StakeFigures Figures,
    IReadOnlyDictionary<string, PlaceboTest> Tests,
    IReadOnlyDictionary<string, Interval> Intervals
);
