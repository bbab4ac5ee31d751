using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Evidence;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Lab;

/// <summary>
/// The past of one market, computed once, in which any policy can be tried. Holds about 150 bytes a
/// candle.
/// </summary>
internal sealed class LabMarket
{
    private const double WorstShare = 0.05;
    private const int Resamples = 1000;
    private const int TailResamples = 400;
    private const ulong Seed = 24;
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(4);
    private static readonly TimeSpan Block = TimeSpan.FromDays(7);

    private readonly Instant _from;
    private readonly Instant _until;
    private readonly DecisionTape _tape;
    private readonly double[] _atr;
    private readonly int _first;
    private readonly Hour[] _hours;
    private readonly int _blocks;
    private readonly SampleTrades[] _samples;
    private readonly int[] _byAtr;
    private (TapeDecisions Decisions, int[] Order)? _today;

    private LabMarket(
        Tape tape,
        CoefficientVintages? coefficients,
        Instant from,
        Instant until,
        CancellationToken cancellation
    )
    {
        (_from, _until) = (from, until);
        var candles = tape.Candles;
        _tape = new(tape.Market, candles.Count);
        _atr = new double[candles.Count];
        var engine = new RemoraEngine([RiskPolicy.Default], tape.Signals, coefficients);
        foreach (var next in tape.Events())
        {
            if (engine.Apply(next) is not { } assessment)
                continue;
            _atr[_tape.Count] = assessment.GetReadings().AtrRatio;
            _tape.Add(assessment);
            if (_tape.Count % 8192 == 0)
                cancellation.ThrowIfCancellationRequested();
        }
        var length = tape.Market.Timeframe.Length;
        _first = CandleFrame.LowerBound(candles, from - length);
        var series = new CandleTape(tape.Market.Timeframe, candles, 0);
        _blocks = (int)Math.Ceiling((until - from) / Block);
        _hours = HoursOf(series);
        _samples = series.Timeframe == Timeframe.FiveMinutes ? [.. SamplesOf(series)] : [];
        _byAtr = Order(_ => false, _atr);
    }

    /// <summary>Whether outside values are known.</summary>
    public required bool HasOutside { get; init; }

    /// <summary>The number of hours that are compared.</summary>
    public int Hours => _hours.Length;

    /// <summary>Whether the sample strategies can be computed.</summary>
    public bool HasSamples => _samples.Length > 0;

    /// <summary>Computes what does not depend on a policy.</summary>
    /// <param name="tape">The candles up to <paramref name="until"/>, and what was known.</param>
    /// <param name="coefficients">The coefficients of forecasts; null for none.</param>
    /// <param name="from">The first moment of an entry.</param>
    /// <param name="until">The end of the last outcome.</param>
    /// <param name="cancellation">Cancels the work.</param>
    public static LabMarket Of(
        Tape tape,
        CoefficientVintages? coefficients,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) => new(tape, coefficients, from, until, cancellation) { HasOutside = tape.Observations.Count > 0 };

    /// <summary>Compares a policy with today's.</summary>
    public LabComparison Compare(RiskPolicy policy, RiskPolicy today, CancellationToken cancellation)
    {
        if (_today?.Decisions.Policy.Equals(today) != true)
        {
            var known = _tape.Under(today, _first);
            _today = (known, Order(candle => known.Blocked[candle], known.Score));
        }
        cancellation.ThrowIfCancellationRequested();
        var (decisions, order) = _today.Value;
        var tried = policy.Equals(today) ? decisions : _tape.Under(policy, _first);
        cancellation.ThrowIfCancellationRequested();
        var wanted = tried.Blocked.AsSpan(_first).Count(true);
        var equal = Highest(order, wanted);
        var atr = Highest(_byAtr, wanted);

        bool[][] gates = [tried.Blocked, decisions.Blocked, equal, atr];
        var counts = Array.ConvertAll(gates, CountsOf);
        var (intervals, advantage) = Resample(counts);
        LabFigures Figures(int gate, string name, TapeDecisions? sizes)
        {
            var blocked = gates[gate].AsSpan(_first);
            var sum = counts[gate].Sum(Enumerable.Range(0, _blocks));
            return new(
                name,
                blocked.Count(true) / (double)blocked.Length,
                sum.Met,
                intervals[gate].Met,
                sum.Lift,
                intervals[gate].Lift,
                sizes is null ? [] : [.. _samples.Select(sample => TailOf(sample, gates[gate], sizes.Scale))]
            );
        }
        var result = new LabComparison(
            _from,
            _until,
            _hours.Length,
            _hours.Count(hour => hour.IsWorst),
            Figures(0, policy.Name, tried),
            Figures(1, today.Name, null),
            Figures(2, today.Name, decisions),
            Figures(3, "atr", null),
            advantage
        );
        cancellation.ThrowIfCancellationRequested();
        return result;
    }

    private Hour[] HoursOf(CandleTape series)
    {
        var falls = Outcomes.Of(series, Ahead).Drawdown;
        var length = series.Timeframe.Length;
        var hour = TimeSpan.FromHours(1);
        int[] entries =
        [
            .. Enumerable
                .Range(_first, series.Candles.Count - _first)
                .Where(candle =>
                    _tape.TimeOf(candle) is var close
                    && close.Floor(length > hour ? length : hour) == close
                    && !double.IsNaN(falls[candle])
                ),
        ];
        var worst = entries
            .OrderByDescending(candle => falls[candle])
            .ThenBy(candle => candle)
            .Take((int)(entries.Length * WorstShare))
            .ToHashSet();
        return [.. entries.Select(candle => new Hour(candle, BlockOf(_tape.TimeOf(candle)), worst.Contains(candle)))];
    }

    private IEnumerable<SampleTrades> SamplesOf(CandleTape series)
    {
        foreach (var plan in StrategyCatalog.Samples)
        {
            var trades = Simulation
                .Prepare(
                    plan,
                    CandleFrame.Cut(series, _from, _until - series.Timeframe.Length, plan.StartupCandles),
                    AccountRules.Default
                )
                .Baseline()
                .Where(trade => trade.Known >= _first)
                .ToList();
            if (trades.Count > 1)
                yield return new(
                    plan.Name,
                    [.. trades.Select(trade => trade.Known)],
                    [.. trades.Select(trade => trade.ProfitRatio)],
                    [.. trades.Select(trade => BlockOf(_tape.TimeOf(trade.Known)))]
                );
        }
    }

    private int BlockOf(Instant time) => Math.Min(_blocks - 1, (int)((time - _from) / Block));

    private static LabTail TailOf(SampleTrades sample, bool[] blocked, double[] scales)
    {
        double SizeAt(int candle) =>
            blocked[candle] ? 0
            : double.IsNaN(scales[candle]) ? 1
            : scales[candle];
        var row = SizeComparison.Compare(
            "",
            "",
            sample.Returns,
            Array.ConvertAll(sample.Known, SizeAt),
            sample.Blocks,
            Draws.SeedFor(Seed, sample.Strategy),
            TailResamples
        );
        return new(
            sample.Strategy,
            row.Entries,
            row.Exposure,
            row.ShortfallPct,
            row.Exposure * row.FullShortfallPct,
            row.ShortfallGainPct,
            row.ShortfallGain
        );
    }

    // The candles of the span: those that a gate blocks first, then by falling number. Unknown
    // numbers come last, equal ones by time.
    private int[] Order(Func<int, bool> isBlocked, double[] numbers)
    {
        var order = new int[numbers.Length - _first];
        var keys = new double[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            var candle = order[i] = _first + i;
            // Numbers are ratios, so 2 puts a blocked candle before all others.
            var number = double.IsNaN(numbers[candle]) ? -1 : Math.Min(1, numbers[candle]);
            keys[i] = -(number + (isBlocked(candle) ? 2 : 0));
        }
        Array.Sort(keys, order);
        for (var start = 0; start < order.Length; )
        {
            var end = start + 1;
            while (end < order.Length && keys[end] == keys[start])
                end++;
            Array.Sort(order, start, end - start);
            start = end;
        }
        return order;
    }

    private bool[] Highest(int[] order, int wanted)
    {
        var blocked = new bool[_atr.Length];
        foreach (var candle in order.AsSpan(0, wanted))
            blocked[candle] = true;
        return blocked;
    }

    private Counts CountsOf(bool[] blocked)
    {
        var counts = new Counts(_blocks);
        foreach (var hour in _hours)
            counts.Add(hour.Block, blocked[hour.Candle], hour.IsWorst);
        return counts;
    }

    // The same weeks for all gates.
    private static ((Interval Met, Interval Lift)[], LabAdvantage) Resample(Counts[] counts)
    {
        var blocks = counts[0].Blocks;
        var (mets, lifts) = (Lists(), Lists());
        var differences = new List<double>();
        var draws = new Draws(Seed);
        var drawn = new int[blocks];
        for (var sample = 0; sample < Resamples && blocks > 1; sample++)
        {
            for (var i = 0; i < blocks; i++)
                drawn[i] = draws.Below(blocks);
            var sums = Array.ConvertAll(counts, gate => gate.Sum(drawn));
            for (var gate = 0; gate < sums.Length; gate++)
            {
                if (!double.IsNaN(sums[gate].Met))
                    mets[gate].Add(sums[gate].Met);
                if (!double.IsNaN(sums[gate].Lift))
                    lifts[gate].Add(sums[gate].Lift);
            }
            if (!double.IsNaN(sums[0].Met))
                differences.Add(sums[0].Met - sums[2].Met);
        }
        int[] all = [.. Enumerable.Range(0, blocks)];
        var mean = differences.Count > 1 ? differences.Average() : double.NaN;
        return (
            [.. mets.Zip(lifts, (met, lift) => (MiddleOf(met), MiddleOf(lift)))],
            new(
                counts[0].Sum(all).Met - counts[2].Sum(all).Met,
                MiddleOf(differences),
                differences.Count > 1
                    ? Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (differences.Count - 1))
                    : double.NaN
            )
        );

        List<double>[] Lists() => [.. counts.Select(_ => new List<double>(Resamples))];
    }

    private static Interval MiddleOf(List<double> values)
    {
        if (values.Count < Resamples / 2)
            return Interval.None;
        values.Sort();
        return new(values[(int)(0.025 * (values.Count - 1))], values[(int)(0.975 * (values.Count - 1))]);
    }

    private readonly record struct Hour(int Candle, int Block, bool IsWorst);

    private sealed record SampleTrades(string Strategy, int[] Known, double[] Returns, int[] Blocks);

    /// <summary>The hours of each week that a gate blocks, and the worst ones among them.</summary>
    private sealed class Counts(int blocks)
    {
        private readonly int[] _hours = new int[blocks];
        private readonly int[] _worst = new int[blocks];
        private readonly int[] _blocked = new int[blocks];
        private readonly int[] _met = new int[blocks];

        public int Blocks => blocks;

        public void Add(int block, bool isBlocked, bool isWorst)
        {
            _hours[block]++;
            _worst[block] += isWorst ? 1 : 0;
            _blocked[block] += isBlocked ? 1 : 0;
            _met[block] += isBlocked && isWorst ? 1 : 0;
        }

        public (double Met, double Lift) Sum(IEnumerable<int> drawn)
        {
            var (hours, worst, blocked, met) = (0, 0, 0, 0);
            foreach (var block in drawn)
            {
                hours += _hours[block];
                worst += _worst[block];
                blocked += _blocked[block];
                met += _met[block];
            }
            var share = worst == 0 ? double.NaN : met / (double)worst;
            return (share, blocked == 0 ? double.NaN : share * hours / blocked);
        }
    }
}
