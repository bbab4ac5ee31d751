using Remora.Markets;

namespace Remora.Backtest.Chance;

/// <summary>
/// Pools the trades of several strategies and markets. The gate blocks all of them at the same
/// times, so their results are not independent. The bootstrap therefore draws days, with the trades
/// of every strategy that were entered on them, and the placebo rotates all lists of trades by the
/// same share of their length.
/// </summary>
internal static class EntryPool
{
    /// <summary>The name of the row of strategies with a profit.</summary>
    public const string Profitable = "all with a profit";

    private const int Figures = 6;

    // With fewer expected blocked trades, resampling them does not show how uncertain a lift is: if
    // none is blocked, none is in any resample.
    private const int LeastExpected = 5;

    /// <summary>Names of the figures, in the order in which they are computed.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "worst_lift",
        "loser_lift",
        "edge_pct",
        "excursion_gain_pct",
        "gain_pct_per_year",
        "gain_at_shortfall_pct_per_year",
    ];

    /// <summary>
    /// Pools trades: first all of them, then those of strategies that have a profit in their pair
    /// without the gate, then those of each pair if there are several, then those of each strategy.
    /// </summary>
    /// <param name="parts">The trades.</param>
    /// <param name="runs">The number of placebos.</param>
    /// <param name="samples">The number of resamples.</param>
    /// <param name="seed">The seed of placebos and resamples.</param>
    public static IReadOnlyList<PooledEntries> Of(IReadOnlyList<GatedTrades> parts, int runs, int samples, ulong seed)
    {
        Part[] known =
        [
            .. parts
                .Where(part => part.Trades.Count > 0)
                .GroupBy(part => (part.Strategy, part.Pair))
                .Select(group => new Part([.. group.OrderBy(part => part.Entries[0])])),
        ];
        if (known.Length == 0)
            return [];
        var all = Enumerable.Range(0, known.Length).ToArray();
        var pairs = all.GroupBy(i => known[i].Pair).ToArray();
        int[] profitable = [.. all.Where(i => known[i].IsProfitable)];
        (string Name, int[] Members)[] groups =
        [
            ("all", all),
            .. profitable.Length > 0 ? [(Profitable, profitable)] : Array.Empty<(string, int[])>(),
            .. pairs.Where(_ => pairs.Length > 1).Select(group => (group.Key, group.ToArray())),
            .. all.GroupBy(i => known[i].Strategy).Select(group => (group.Key, group.ToArray())),
        ];
        var real = new double[groups.Length * Figures];
        Fill(real, groups, [.. known.Select(part => part.Sample(part.Blocked, part.Once))]);
        List<double>[] drawn = [];
        Interval[] intervals = [];
        SideBySide.For(
            2,
            i =>
            {
                if (i == 0)
                    drawn = Placebos(known, groups, runs, seed);
                else
                    intervals = Intervals(known, groups, samples, seed + 1);
            },
            CancellationToken.None
        );
        return
        [
            .. groups.Select((group, i) => Pooled(group.Name, [.. group.Members.Select(member => known[member])], i)),
        ];

        PooledEntries Pooled(string name, Part[] members, int group)
        {
            Sample whole = default;
            foreach (var member in members)
                whole = whole.Plus(member.Sample(member.Blocked, member.Once));
            bool[] isTooRare = [whole.ExpectedWorst < LeastExpected, whole.ExpectedLosers < LeastExpected];
            var tests = new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal);
            var bounds = new SortedDictionary<string, Interval>(StringComparer.Ordinal);
            for (var figure = 0; figure < Figures; figure++)
            {
                var at = (group * Figures) + figure;
                tests[Names[figure]] = PlaceboTest.Of(real[at], drawn[at], lessIsBetter: false);
                bounds[Names[figure]] = figure < isTooRare.Length && isTooRare[figure] ? Interval.None : intervals[at];
            }
            var trades = members.Sum(member => member.Blocked.Length);
            var blocked = members.Sum(member => member.Blocked.Count(isBlocked => isBlocked));
            return new(name, trades, blocked / (double)trades, tests, bounds);
        }
    }

    private static List<double>[] Placebos(Part[] parts, (string, int[])[] groups, int runs, ulong seed)
    {
        var drawn = Enumerable.Range(0, groups.Length * Figures).Select(_ => new List<double>(runs)).ToArray();
        var draws = new Draws(seed);
        var (values, samples) = (new double[drawn.Length], new Sample[parts.Length]);
        for (var run = 0; run < runs; run++)
        {
            var share = draws.Unit();
            for (var i = 0; i < parts.Length; i++)
                samples[i] = parts[i].Sample(parts[i].Rotated(share), parts[i].Once);
            Fill(values, groups, samples);
            for (var i = 0; i < values.Length; i++)
                if (!double.IsNaN(values[i]))
                    drawn[i].Add(values[i]);
        }
        return drawn;
    }

    private static Interval[] Intervals(Part[] parts, (string, int[])[] groups, int samples, ulong seed)
    {
        var first = parts.Min(part => part.FirstDay);
        var days = parts.Max(part => part.LastDay) - first + 1;
        var times = new int[days];
        var drawn = new Sample[parts.Length];
        return BlockBootstrap.Of(
            days,
            groups.Length * Figures,
            (at, values) =>
            {
                Array.Clear(times);
                foreach (var day in at)
                    times[day]++;
                for (var i = 0; i < parts.Length; i++)
                    drawn[i] = parts[i].Sample(parts[i].Blocked, parts[i].Times(times, first));
                Fill(values, groups, drawn);
            },
            samples,
            seed
        );
    }

    private static void Fill(double[] values, (string Name, int[] Members)[] groups, Sample[] samples)
    {
        for (var i = 0; i < groups.Length; i++)
        {
            Sample sum = default;
            foreach (var member in groups[i].Members)
                sum = sum.Plus(samples[member]);
            sum.CopyTo(values.AsSpan(i * Figures, Figures));
        }
    }

    /// <summary>
    /// What the figures are made of. Each part adds what a gate would give that blocks as many of
    /// its trades without regard to their results, so that strategies with other results or more
    /// blocked time are not mixed up.
    /// </summary>
    private readonly record struct Sample(
        double BlockedWorst,
        double ExpectedWorst,
        double BlockedLosers,
        double ExpectedLosers,
        double Edge,
        double Excursion,
        int Compared,
        double Gain,
        double StakeGain,
        double Years
    )
    {
        public Sample Plus(in Sample other) =>
            new(
                BlockedWorst + other.BlockedWorst,
                ExpectedWorst + other.ExpectedWorst,
                BlockedLosers + other.BlockedLosers,
                ExpectedLosers + other.ExpectedLosers,
                Edge + other.Edge,
                Excursion + other.Excursion,
                Compared + other.Compared,
                Gain + other.Gain,
                StakeGain + other.StakeGain,
                Years + other.Years
            );

        public void CopyTo(Span<double> values)
        {
            values[0] = ExpectedWorst > 0 ? BlockedWorst / ExpectedWorst : double.NaN;
            values[1] = ExpectedLosers > 0 ? BlockedLosers / ExpectedLosers : double.NaN;
            values[2] = 100 * Edge / Compared;
            values[3] = 100 * Excursion / Compared;
            values[4] = 100 * Gain / Years;
            values[5] = 100 * StakeGain / Years;
        }
    }

    private sealed class Part
    {
        private readonly EntryTally _tally;
        private readonly int[] _days;
        private readonly int[] _times;
        private readonly bool[] _rotated;
        private readonly double _years;

        /// <param name="periods">The trades of one strategy and pair, by period.</param>
        public Part(GatedTrades[] periods)
        {
            (Strategy, Pair) = (periods[0].Strategy, periods[0].Pair);
            Blocked = [.. periods.SelectMany(period => period.Blocked)];
            _years = periods.Sum(period => period.Years);
            IsProfitable = periods.Sum(period => period.Trades.Sum(trade => trade.ProfitRatio)) > 0;
            _tally = new([.. periods.SelectMany(period => period.Trades)]);
            _days =
            [
                .. periods
                    .SelectMany(period => period.Entries)
                    .Select(entry => (int)(entry.UnixMilliseconds / 86_400_000)),
            ];
            (FirstDay, LastDay) = (_days.Min(), _days.Max());
            (_times, Once, _rotated) = (new int[_days.Length], new int[_days.Length], new bool[_days.Length]);
            Array.Fill(Once, 1);
        }

        public string Strategy { get; }

        public string Pair { get; }

        /// <summary>Whether the trades have a profit without the gate.</summary>
        public bool IsProfitable { get; }

        public bool[] Blocked { get; }

        /// <summary>Each trade once.</summary>
        public int[] Once { get; }

        public int FirstDay { get; }

        public int LastDay { get; }

        /// <summary>Returns how many times each trade is in a sample of days.</summary>
        public int[] Times(int[] days, int first)
        {
            for (var i = 0; i < _days.Length; i++)
                _times[i] = days[_days[i] - first];
            return _times;
        }

        /// <summary>Rotates the blocked trades along the list by a share of its length.</summary>
        public bool[] Rotated(double share)
        {
            var by = Blocked.Length < 2 ? 0 : 1 + (int)(share * (Blocked.Length - 1));
            Blocked.AsSpan(by).CopyTo(_rotated);
            Blocked.AsSpan(0, by).CopyTo(_rotated.AsSpan(Blocked.Length - by));
            return _rotated;
        }

        public Sample Sample(bool[] blocked, int[] times)
        {
            var counts = _tally.Sum(blocked, times);
            var (gone, kept) = (counts.Blocked, counts.Allowed);
            if (counts.Trades == 0)
                return new() { Years = _years };
            var share = gone.Trades / (double)counts.Trades;
            var isCompared = gone.Trades > 0 && kept.Trades > 0;
            var ungated = _tally.Shortfall(blocked, times, counts.Trades, withBlocked: true);
            var gated = _tally.Shortfall(blocked, times, counts.Trades, withBlocked: false, atMost: 0);
            // The constant stake with the same expected shortfall.
            var stake = ungated < 0 ? gated / ungated : 1;
            return new(
                gone.Worst,
                share * counts.Worst,
                gone.Losers,
                share * counts.Losers,
                isCompared ? (gone.Trades * kept.Mean(kept.Ratio)) - gone.Ratio : 0,
                isCompared ? (gone.Trades * kept.Mean(kept.Excursion)) - gone.Excursion : 0,
                isCompared ? gone.Trades : 0,
                -gone.Ratio,
                kept.Ratio - (stake * (kept.Ratio + gone.Ratio)),
                _years
            );
        }
    }
}

/// <summary>The trades of a strategy in a market and period, in order of entry.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Trades">The trades without the gate.</param>
/// <param name="Blocked">Whether the gate blocks the entry of each trade.</param>
/// <param name="Entries">When each was entered.</param>
/// <param name="Years">The length of the period in years.</param>
internal sealed record GatedTrades(
    string Strategy,
    string Pair,
    IReadOnlyList<BaselineTrade> Trades,
    bool[] Blocked,
    IReadOnlyList<Instant> Entries,
    double Years
);

/// <summary>
/// Trades without the gate, pooled over periods that do not overlap, and split by whether the gate
/// blocks their entry.
/// </summary>
/// <param name="Name">The strategy or the pair; <c>all</c> for all trades, <c>all with a
/// profit</c> for those of strategies that have a profit in their pair without the gate.</param>
/// <param name="Trades">The number of trades.</param>
/// <param name="BlockedShare">The share of them whose entry is blocked, [0, 1].</param>
/// <param name="EqualCount">Each figure compared with placebos that block as many trades:
/// <c>worst_lift</c> and <c>loser_lift</c>, the number of blocked trades among the worst tenth and
/// among the losing trades, divided by the number expected if results did not matter;
/// <c>edge_pct</c> and <c>excursion_gain_pct</c>, the mean profit and worst excursion of allowed
/// trades minus those of blocked trades, in percent of the stake; <c>gain_pct_per_year</c> and
/// <c>gain_at_shortfall_pct_per_year</c>, the profit with the gate minus that without it and minus
/// that of a constant stake with the same expected shortfall, in percent of the stake per strategy,
/// pair and year.</param>
/// <param name="Intervals">The 95 % interval of each figure, from resampled days; NaN for a lift if
/// fewer than 5 blocked trades are expected.</param>
public sealed record PooledEntries(
    string Name,
    int Trades,
    double BlockedShare,
    IReadOnlyDictionary<string, PlaceboTest> EqualCount,
    IReadOnlyDictionary<string, Interval> Intervals
);
