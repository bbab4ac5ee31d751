using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Data;
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
    private readonly IProgress<double>? _progress;
    private readonly CancellationToken _cancellation;
    private int _done;
    private int _steps;

    private StudyRun(StudyFile study, CandleReader reader, IProgress<double>? progress, CancellationToken cancellation)
    {
        _study = study;
        _reader = reader;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>Runs a study.</summary>
    /// <param name="study">The definition of the study.</param>
    /// <param name="dataFolder">The folder of its files.</param>
    /// <param name="reader">Reads its candle files.</param>
    /// <param name="progress">Receives the share that is done, [0, 1].</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <exception cref="BacktestException">A file is missing or invalid.</exception>
    public static StudyFigures Run(
        StudyFile study,
        string dataFolder,
        CandleReader? reader = null,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    ) => new StudyRun(study, reader ?? CandleFile.Read, progress, cancellation).Run(dataFolder);

    private StudyFigures Run(string folder)
    {
        var plans = _study.Strategies.Select(StrategyCatalog.Find).ToArray();
        var pairs = Enumerable
            .Range(0, plans.Length)
            .SelectMany(plan => _study.Periods.Select(period => (plan, period)))
            .ToArray();
        _steps = _study.Markets.Count + pairs.Length + plans.Length + (_study.Markets.Count * _study.Periods.Count);

        var policies = _study.LoadPolicies(folder);
        var markets = Load(folder, policies);
        var homes = plans.Select(plan => MarketFor(markets, plan)).ToArray();

        var cells = new IReadOnlyList<Cell>[pairs.Length];
        var skipped = new string?[pairs.Length];
        SideBySide.For(
            pairs.Length,
            i =>
            {
                var (plan, period) = pairs[i];
                try
                {
                    cells[i] = new CellMaker(_study, plans[plan], period, homes[plan]).Make(_cancellation);
                }
                catch (BacktestException e)
                {
                    (cells[i], skipped[i]) = ([], $"{plans[plan].Name}, {period.Name}: {e.Message}");
                }
                Step();
            },
            _cancellation
        );
        if (cells.All(c => c.Count == 0))
            throw new BacktestException($"no strategy could be run; the first error: {skipped[0]}");
        var (judged, verdict) = Judge([.. cells.SelectMany(c => c)]);
        var pooled = EntryPool.Of(
            [.. judged.Select(c => c.Entered).OfType<GatedTrades>()],
            _study.Shifts,
            _study.Resamples,
            Draws.SeedFor(_study.Seed, "pool")
        );

        var walks = new WalkForwardFigures?[plans.Length];
        var details = new StrategyDetail?[plans.Length];
        SideBySide.For(
            plans.Length,
            i =>
            {
                if (judged.Any(c => c.Strategy == plans[i].Name && c.Period == _study.Periods[0].Name))
                    (walks[i], details[i]) = DetailMaker.Make(_study, plans[i], homes[i]);
                Step();
            },
            _cancellation
        );

        var calibrations = new List<CalibrationFigures>();
        foreach (var market in markets)
        {
            var calibration = new CalibrationStudy(market.History, market.Series);
            var results = new CalibrationFigures[_study.Periods.Count];
            SideBySide.For(
                results.Length,
                i =>
                {
                    var period = _study.Periods[i];
                    var seed = Draws.SeedFor(_study.Seed, $"{market.Id}|{period.Name}|calibration");
                    var result = calibration.Run(period.From, period.To, _study.Resamples, seed);
                    results[i] = new(market.Id.ToString(), period.Name, result);
                    Step();
                },
                _cancellation
            );
            calibrations.AddRange(results);
        }

        return new()
        {
            Name = _study.Name,
            Policy = policies[0].Name,
            PolicyId = policies[0].Id,
            Seed = _study.Seed,
            Shifts = _study.Shifts,
            Markets = [.. markets.Select(m => m.Figures)],
            GateConclusion = verdict,
            Cells = judged,
            Pooled = pooled,
            Skipped = [.. skipped.OfType<string>()],
            WalkForward = [.. walks.OfType<WalkForwardFigures>()],
            Details = [.. details.OfType<StrategyDetail>()],
            Calibration = [.. calibrations.Where(c => c.Result.Deciles[0].Observations > 0)],
        };
    }

    private StudyData[] Load(string folder, IReadOnlyList<RiskPolicy> policies)
    {
        var all = new HistoryOptions { Policies = [.. policies, .. Ablations.Of(policies[0])] };
        Observation[] observations =
        [
            .. _study.Outside.SelectMany(o => OutsideFile.Read(Path.Combine(folder, o.File), o.Kind, o.Base, o.Until)),
        ];
        var loaded = new StudyData[_study.Markets.Count];
        SideBySide.For(
            loaded.Length,
            i =>
            {
                var market = _study.Markets[i];
                var series = _reader(Path.Combine(folder, market.Candles), market.Timeframe);
                var id = new MarketId(market.Exchange, market.Pair, series.Timeframe);
                loaded[i] = new(
                    _study,
                    id,
                    series,
                    HistoryBuilder.Build(new Tape(id, series.Candles, observations), all),
                    policies.Count
                );
                Step();
            },
            _cancellation
        );
        return loaded;
    }

    private static StudyData MarketFor(StudyData[] markets, StrategyPlan plan) =>
        Array.Find(markets, m => m.Series.Timeframe == plan.Timeframe)
        ?? throw new BacktestException($"markets: {plan.Name} requires candles of {plan.Timeframe}");

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
}
