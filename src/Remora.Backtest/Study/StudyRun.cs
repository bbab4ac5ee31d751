using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Data;
using Remora.Backtest.Evidence;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Study;

/// <summary>
/// Runs a study: history, cells, walk-forward tests, calibration, verdict. The same file, data and
/// seed give the same figures with any number of processors.
/// </summary>
public sealed class StudyRun
{
    private readonly StudyFile _study;
    private readonly CandleReader _reader;
    private readonly ReplayCalendar _calendar;
    private readonly IProgress<double>? _progress;
    private readonly CancellationToken _cancellation;
    private int _done;
    private int _steps;

    private StudyRun(
        StudyFile study,
        CandleReader reader,
        ReplayCalendar calendar,
        IProgress<double>? progress,
        CancellationToken cancellation
    )
    {
        _study = study;
        _reader = reader;
        _calendar = calendar;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>Runs a study.</summary>
    /// <param name="study">The definition of the study.</param>
    /// <param name="dataFolder">The folder of its files.</param>
    /// <param name="reader">Reads its candle files.</param>
    /// <param name="calendar">The scheduled events; null for the shipped dates.</param>
    /// <param name="progress">Receives the share that is done, [0, 1].</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <exception cref="BacktestException">A file is missing or invalid.</exception>
    public static StudyFigures Run(
        StudyFile study,
        string dataFolder,
        CandleReader? reader = null,
        ReplayCalendar? calendar = null,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    ) =>
        new StudyRun(study, reader ?? CandleFile.Read, calendar ?? ReplayCalendar.Shipped, progress, cancellation).Run(
            dataFolder
        );

    private StudyFigures Run(string folder)
    {
        var plans = _study.Strategies.Select(StrategyCatalog.Find).ToArray();
        var policies = _study.LoadPolicies(folder);
        Observation[] observations =
        [
            .. _study.Outside.SelectMany(o => OutsideFile.Read(Path.Combine(folder, o.File), o.Kind, o.Base, o.Until)),
        ];
        var groups = _study.Markets.GroupBy(market => (market.Exchange, market.Pair)).ToArray();
        _steps =
            _study.Markets.Count
            + (groups.Length * plans.Length * (_study.Periods.Count + 1))
            + (_study.Markets.Count(market => market.Calibrate) * (_study.Periods.Count + 1))
            + _study.ThinMarkets.Count;

        var parts = new Parts();
        // One pair after the other, so that the histories of one are in memory at a time.
        foreach (var group in groups)
            Run(folder, [.. group], plans, policies, observations, parts);
        if (parts.Cells.Count == 0)
            throw new BacktestException($"no strategy could be run; the first error: {parts.Skipped[0]}");
        var thin = new ThinMarketFigures[_study.ThinMarkets.Count];
        SideBySide.For(
            thin.Length,
            i =>
            {
                var market = _study.ThinMarkets[i];
                var series = _reader(Path.Combine(folder, market.Candles), null);
                thin[i] = market.Run(series, observations, policies[0], _study.Seed);
                Step();
            },
            _cancellation
        );

        // The whole last day.
        var until = _study.WholeSpan.To.Floor(Timeframe.OneDay.Length) + Timeframe.OneDay.Length;
        var forecast = ForecastEvidence.Of(
            parts.Evidence,
            _calendar.Dates,
            until,
            _study.Seed,
            _ => Step(),
            _cancellation
        );

        var (judged, verdict) = Judge(parts.Cells);
        var pooled = EntryPool.Of(
            [.. judged.Select(c => c.Entered).OfType<GatedTrades>()],
            _study.Shifts,
            _study.Resamples,
            Draws.SeedFor(_study.Seed, "pool")
        );
        return new()
        {
            Name = _study.Name,
            Policy = policies[0].Name,
            PolicyId = policies[0].Id,
            Seed = _study.Seed,
            Shifts = _study.Shifts,
            Span = _study.WholeSpan.Name,
            Markets = parts.Markets,
            GateConclusion = verdict,
            Cells = judged,
            Pooled = pooled,
            Skipped = parts.Skipped,
            WalkForward = parts.WalkForward,
            Stakes = parts.Stakes,
            Details = parts.Details,
            Calibration = [.. parts.Calibration.Where(c => c.Result.Deciles[0].Observations > 0)],
            AfterHours = [.. parts.AfterHours.Where(a => a.Rows[0].Moments > 0)],
            ThinMarkets = thin,
            Forecast = forecast,
        };
    }

    private void Run(
        string folder,
        StudyMarket[] group,
        StrategyPlan[] plans,
        IReadOnlyList<RiskPolicy> policies,
        IReadOnlyList<Observation> observations,
        Parts parts
    )
    {
        var markets = Load(folder, group, plans, policies, observations);
        parts.Markets.AddRange(markets.Select(m => m.Figures));
        var homes = plans.Select(plan => MarketFor(markets, plan)).ToArray();
        var pairs = Enumerable
            .Range(0, plans.Length)
            .SelectMany(plan => _study.Periods.Select(period => (plan, period)))
            .ToArray();
        var cells = new IReadOnlyList<Cell>[pairs.Length];
        var skipped = new string?[pairs.Length];
        SideBySide.For(
            pairs.Length,
            i =>
            {
                var (plan, period) = pairs[i];
                try
                {
                    homes[plan].RequireHalf(period);
                    cells[i] = new CellMaker(_study, plans[plan], period, homes[plan]).Make(_cancellation);
                }
                catch (BacktestException e)
                {
                    (cells[i], skipped[i]) = ([], $"{homes[plan].Id}, {period.Name}: {e.Message}");
                }
                Step();
            },
            _cancellation
        );
        parts.Cells.AddRange(cells.SelectMany(c => c));
        parts.Skipped.AddRange(skipped.OfType<string>().Distinct());

        var walks = new WalkForwardFigures?[plans.Length];
        var details = new StrategyDetail?[plans.Length];
        var stakes = new IReadOnlyList<StakeRow>[plans.Length];
        SideBySide.For(
            plans.Length,
            i =>
            {
                if (_study.Span is not null || cells[i * _study.Periods.Count].Count > 0)
                    (walks[i], details[i], stakes[i]) = DetailMaker.Make(_study, plans[i], homes[i]);
                Step();
            },
            _cancellation
        );
        parts.WalkForward.AddRange(walks.OfType<WalkForwardFigures>());
        parts.Details.AddRange(details.OfType<StrategyDetail>());
        parts.Stakes.AddRange(stakes.OfType<IReadOnlyList<StakeRow>>().SelectMany(rows => rows));
        foreach (var (market, data) in group.Zip(markets))
        {
            if (!market.Calibrate)
                continue;
            Calibrate(data, parts);
            if (data.Id.Timeframe == Timeframe.FiveMinutes)
                parts.Evidence.Add(EvidenceMarket.Of(data));
        }
    }

    private void Calibrate(StudyData market, Parts parts)
    {
        var calibration = new CalibrationStudy(market.History, market.Series);
        var periods = _study.Periods;
        IReadOnlyList<StudyPeriod> whole = _study.Span is { } span ? [span] : periods;
        var id = market.Id.ToString();
        var results = new CalibrationFigures[whole.Count];
        var after = new AfterHoursFigures[periods.Count];
        SideBySide.For(
            whole.Count,
            i =>
            {
                var seed = Draws.SeedFor(_study.Seed, $"{id}|{whole[i].Name}|calibration");
                var result = calibration.Run(whole[i].From, whole[i].To, _study.Resamples, seed);
                results[i] = new(id, whole[i].Name, result);
            },
            _cancellation
        );
        SideBySide.For(
            periods.Count,
            i =>
            {
                var period = periods[i];
                var seed = Draws.SeedFor(_study.Seed, $"{id}|{period.Name}|after hours");
                after[i] = new(id, period.Name, calibration.After(period.From, period.To, _study.Resamples, seed));
                Step();
            },
            _cancellation
        );
        parts.Calibration.AddRange(results);
        parts.AfterHours.AddRange(after);
    }

    private StudyData[] Load(
        string folder,
        StudyMarket[] group,
        StrategyPlan[] plans,
        IReadOnlyList<RiskPolicy> policies,
        IReadOnlyList<Observation> observations
    )
    {
        var loaded = new StudyData[group.Length];
        SideBySide.For(
            loaded.Length,
            i =>
            {
                var market = group[i];
                var series = _reader(Path.Combine(folder, market.Candles), market.Timeframe);
                if (market.Build is { } longer)
                    series = LongerCandles.Build(series, longer, market.Candles);
                var id = new MarketId(market.Exchange, market.Pair, series.Timeframe);
                var options = new HistoryOptions
                {
                    Policies = [.. policies, .. Ablations.Of(policies[0])],
                    ShortSide = plans.Any(p => p.Side == Side.Short && p.Timeframe == series.Timeframe),
                };
                var tape = new Tape(id, series.Candles, observations) { Calendar = _calendar };
                var history = HistoryBuilder.Build(tape, options);
                loaded[i] = new(_study, id, series, history, policies.Count);
                Step();
            },
            _cancellation
        );
        return loaded;
    }

    private static StudyData MarketFor(StudyData[] markets, StrategyPlan plan) =>
        Array.Find(markets, m => m.Series.Timeframe == plan.Timeframe)
        ?? throw new BacktestException(
            $"markets: {plan.Name} requires candles of {plan.Timeframe} of {markets[0].Id.Pair}"
        );

    private static (IReadOnlyList<Cell> Cells, GateConclusion GateConclusion) Judge(IReadOnlyList<Cell> cells)
    {
        var family = cells.Where(c => c.Role == GateRole.Policy).ToArray();
        var profits = family.Select(c => c.Tests[GatedFigures.Primary].P).ToArray();
        var holm = MultipleTests.Holm(profits);
        var all = family.SelectMany(c => c.Tests.Values.Select(t => t.P)).Where(p => !double.IsNaN(p)).ToArray();
        var verdict = new GateConclusion(
            holm.Any(p => p < 0.05),
            profits.Count(p => !double.IsNaN(p)),
            profits.Count(p => p < 0.05),
            0.05 * profits.Count(p => !double.IsNaN(p)),
            holm.Count(p => p < 0.05),
            profits.Count(p => p > 0.95),
            all.Length,
            all.Count(p => p < 0.05),
            MultipleTests.BenjaminiHochberg(all).Count(p => p < 0.05)
        );
        var next = 0;
        return ([.. cells.Select(c => c.Role == GateRole.Policy ? c with { Holm = holm[next++] } : c)], verdict);
    }

    private void Step()
    {
        _cancellation.ThrowIfCancellationRequested();
        _progress?.Report(Interlocked.Increment(ref _done) / (double)_steps);
    }

    /// <summary>The figures of all pairs, in the order of the study.</summary>
    private sealed class Parts
    {
        public List<MarketFigures> Markets { get; } = [];

        public List<Cell> Cells { get; } = [];

        public List<string> Skipped { get; } = [];

        public List<WalkForwardFigures> WalkForward { get; } = [];

        public List<StrategyDetail> Details { get; } = [];

        public List<StakeRow> Stakes { get; } = [];

        public List<CalibrationFigures> Calibration { get; } = [];

        public List<AfterHoursFigures> AfterHours { get; } = [];

        public List<EvidenceMarket> Evidence { get; } = [];
    }
}
