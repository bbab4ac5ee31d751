using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Evidence;

/// <summary>
/// Compares gates at equal blocked time by the share of the worst entries that they meet:
/// docs/decisions/0100, which also has the rule that chooses the default policy.
/// </summary>
internal sealed class GateComparison
{
    private const int LowestStep = 2; // q in percent
    private const int HighestStep = 30;
    private const int Steps = HighestStep - LowestStep + 1;
    private const double BlockedShare = 0.10;
    private const double BadShare = 0.05;
    private const int Resamples = 2000;
    private const int LookBackHours = 180 * 24;
    private const int LeastHours = 30 * 24;
    private static readonly TimeSpan Block = TimeSpan.FromDays(7);
    private static readonly Horizon[] Horizons = [Horizon.FourHours, Horizon.OneDay];

    private readonly List<(string Market, Horizon Horizon, int Entries, Counts[] Gates)> _cells = [];

    /// <summary>
    /// The gates; the first is compared with the second by the rule, and with each other one.
    /// </summary>
    public static IReadOnlyList<string> Gates { get; } =
    [ForecastCoefficients.Model, "remora-1", "atr", "realised_volatility"];

    /// <summary>Adds a market.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="hours">Its hours.</param>
    /// <param name="numbers">The number of each gate at the begin of each hour; NaN while
    /// unknown.</param>
    /// <param name="from">The first moment of an entry.</param>
    /// <param name="until">The end of the last outcome.</param>
    public void Add(string name, MarketHours hours, IReadOnlyList<double[]> numbers, Instant from, Instant until)
    {
        var shares = new double[numbers.Count][];
        SideBySide.For(
            numbers.Count,
            gate => shares[gate] = SmallerShares(numbers[gate], LookBackHours, LeastHours),
            CancellationToken.None
        );
        var blocks = (int)Math.Ceiling((until - from) / Block);
        foreach (var horizon in Horizons)
        {
            int[] entries =
            [
                .. Enumerable
                    .Range(1, Math.Max(0, hours.Count - 1))
                    .Where(hour =>
                        hours.BeginOf(hour) >= from
                        && hours.BeginOf(hour) + horizon.Length <= until
                        && hours.AreWhole(hour, hour + horizon.Hours)
                    ),
            ];
            if (entries.Length * BadShare < 1)
                continue;
            var bad = entries
                .OrderByDescending(hour => hours.Fall(hour, hour + horizon.Hours))
                .ThenBy(hour => hour)
                .Take((int)(entries.Length * BadShare))
                .ToHashSet();
            var counts = shares.Select(_ => new Counts(blocks)).ToArray();
            foreach (var hour in entries)
            {
                var block = (int)((hours.BeginOf(hour) - from) / Block);
                for (var gate = 0; gate < counts.Length; gate++)
                    counts[gate].Add(block, shares[gate][hour], bad.Contains(hour));
            }
            _cells.Add((name, horizon, entries.Length, counts));
        }
    }

    /// <summary>Returns the comparison; null without entries.</summary>
    public GateComparisonFigures? Compare(ulong seed)
    {
        if (_cells.Count == 0)
            return null;
        var blocks = _cells[0].Gates[0].Blocks;
        int[] whole = [.. Enumerable.Range(0, blocks)];
        GateCell[] cells =
        [
            .. _cells.Select(cell => new GateCell(
                cell.Market,
                cell.Horizon.Name,
                cell.Entries,
                [.. cell.Gates.Select(gate => gate.MetAt(BlockedShare, whole))]
            )),
        ];
        double[] means = [.. Gates.Select((_, gate) => cells.Average(cell => cell.Met[gate]))];
        var draws = new Draws(seed);
        var samples = Gates.Select(_ => new List<double>(Resamples)).ToArray();
        var drawn = new int[blocks];
        for (var sample = 0; sample < Resamples; sample++)
        {
            // The same blocks for all gates and markets.
            for (var i = 0; i < blocks; i++)
                drawn[i] = draws.Below(blocks);
            double[] resampled =
            [
                .. Gates.Select((_, gate) => _cells.Average(c => c.Gates[gate].MetAt(BlockedShare, drawn))),
            ];
            for (var gate = 1; gate < samples.Length; gate++)
                if (double.IsFinite(resampled[0] - resampled[gate]))
                    samples[gate].Add(resampled[0] - resampled[gate]);
        }
        var differences = Enumerable
            .Range(1, Gates.Count - 1)
            .Select(gate => new GateDifference(
                Gates[gate],
                means[0] - means[gate],
                MiddleOf(samples[gate]),
                cells.Count(cell => cell.Met[0] < cell.Met[gate])
            ))
            .ToArray();
        return new(
            BlockedShare,
            Gates,
            cells,
            means,
            differences,
            differences.All(d => d.Mean > 0) && differences[0].Interval.Low > 0 && differences[0].CellsBelow <= 1
        );
    }

    /// <summary>
    /// Returns for each number the share of the numbers of a period before it that are smaller; NaN
    /// while it is unknown, or fewer than <paramref name="least"/> of them are known.
    /// </summary>
    internal static double[] SmallerShares(double[] numbers, int lookBack, int least)
    {
        var (shares, sorted) = (new double[numbers.Length], new List<double>(lookBack));
        for (var i = 0; i < numbers.Length; i++)
        {
            if (i > lookBack && numbers[i - lookBack - 1] is var old && !double.IsNaN(old))
                sorted.RemoveAt(LowerBound(sorted, old));
            var number = numbers[i];
            shares[i] = double.NaN;
            if (double.IsNaN(number))
                continue;
            var smaller = LowerBound(sorted, number);
            if (sorted.Count >= least)
                shares[i] = (double)smaller / sorted.Count;
            sorted.Insert(smaller, number);
        }
        return shares;
    }

    private static int LowerBound(List<double> sorted, double value)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static Interval MiddleOf(List<double> values)
    {
        if (values.Count < Resamples / 2)
            return Interval.None;
        values.Sort();
        return new(values[(int)(0.025 * (values.Count - 1))], values[(int)(0.975 * (values.Count - 1))]);
    }

    /// <summary>The entries of one gate in one market and horizon, by blocks of time.</summary>
    internal sealed class Counts(int blocks)
    {
        private readonly int[] _entries = new int[blocks];
        private readonly int[] _bad = new int[blocks];
        private readonly int[] _blocked = new int[blocks * Steps];
        private readonly int[] _met = new int[blocks * Steps];

        /// <summary>The number of blocks.</summary>
        public int Blocks => blocks;

        /// <summary>Adds an entry with the gate's share of smaller numbers.</summary>
        public void Add(int block, double share, bool isBad)
        {
            _entries[block]++;
            _bad[block] += isBad ? 1 : 0;
            for (var step = 0; step < Steps; step++)
            {
                // An unknown number is not among the highest.
                if (!(share >= 1 - ((LowestStep + step) / 100.0)))
                    continue;
                _blocked[(block * Steps) + step]++;
                _met[(block * Steps) + step] += isBad ? 1 : 0;
            }
        }

        /// <summary>
        /// Returns the share of the bad entries that the gate meets at a blocked share of the
        /// entries, linear between the steps of q; NaN when no step reaches it.
        /// </summary>
        public double MetAt(double blockedShare, ReadOnlySpan<int> drawn)
        {
            var (entries, bad) = (0L, 0L);
            Span<long> blocked = stackalloc long[Steps];
            Span<long> met = stackalloc long[Steps];
            blocked.Clear();
            met.Clear();
            foreach (var block in drawn)
            {
                entries += _entries[block];
                bad += _bad[block];
                for (var step = 0; step < Steps; step++)
                {
                    blocked[step] += _blocked[(block * Steps) + step];
                    met[step] += _met[(block * Steps) + step];
                }
            }
            for (var step = 1; step < Steps; step++)
            {
                var (low, high) = ((double)blocked[step - 1] / entries, (double)blocked[step] / entries);
                if (!(low <= blockedShare && blockedShare <= high && low < high))
                    continue;
                var part = (blockedShare - low) / (high - low);
                return (met[step - 1] + (part * (met[step] - met[step - 1]))) / bad;
            }
            return double.NaN;
        }
    }
}

/// <summary>Gates at equal blocked time, by docs/decisions/0100.</summary>
/// <param name="BlockedShare">The share of the entries that each gate blocks, [0, 1].</param>
/// <param name="Gates">The names of the gates: <c>remora-2</c> by the forecast of 4 hours,
/// <c>remora-1</c> by its score, ATR(14) divided by the price, and the standard deviation of the 5m
/// returns of the last 24 hours.</param>
/// <param name="Cells">One cell per market and horizon.</param>
/// <param name="Means">The mean share of the worst entries met, of each gate.</param>
/// <param name="Differences">The first gate compared with each other one.</param>
/// <param name="RuleHolds">Whether the rule makes the first gate the default policy.</param>
public sealed record GateComparisonFigures(
    double BlockedShare,
    IReadOnlyList<string> Gates,
    IReadOnlyList<GateCell> Cells,
    IReadOnlyList<double> Means,
    IReadOnlyList<GateDifference> Differences,
    bool RuleHolds
);

/// <summary>The gates in one market and horizon.</summary>
/// <param name="Market">The pair.</param>
/// <param name="Horizon">The horizon of the outcome: <c>4h</c> or <c>24h</c>.</param>
/// <param name="Entries">The number of entries; the worst twentieth of them counts as bad.</param>
/// <param name="Met">The share of the bad entries that each gate meets, [0, 1].</param>
public sealed record GateCell(string Market, string Horizon, int Entries, IReadOnlyList<double> Met);

/// <summary>The first gate compared with another one.</summary>
/// <param name="Gate">The other gate.</param>
/// <param name="Mean">The mean difference of the shares met over the cells; above 0 the first is
/// better.</param>
/// <param name="Interval">Its 95 % interval, by a bootstrap of blocks of 7 days.</param>
/// <param name="CellsBelow">The number of cells in which the first gate is below the other.</param>
public sealed record GateDifference(string Gate, double Mean, Interval Interval, int CellsBelow);
