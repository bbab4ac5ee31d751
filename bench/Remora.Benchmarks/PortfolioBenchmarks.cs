using BenchmarkDotNet.Attributes;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Benchmarks;

/// <summary>
/// Measures the hour of 500 markets: the update of all 124,750 correlations, their snapshot, and
/// the assessment of a book of 20 positions.
/// </summary>
public class PortfolioBenchmarks
{
    private const int Markets = 500;
    private const int Past = 300;
    private readonly CorrelationTracker _tracker = new();
    private readonly StandardizedHours[] _hours = new StandardizedHours[Markets];
    private readonly MarketId[] _ids = new MarketId[Markets];
    private readonly double[] _returns = new double[12];
    private readonly Random _random = new(1);
    private int _hour = 1;
    private PortfolioModel _model = null!;
    private Position[] _book = [];

    [GlobalSetup]
    public void Setup()
    {
        for (var m = 0; m < Markets; m++)
        {
            _ids[m] = new("binance", Pair.Parse($"C{m:000}/USDT"), Timeframe.FiveMinutes);
            _tracker.Track(_ids[m], _hours[m] = new(12));
        }
        for (var hour = 0; hour < Past; hour++)
            UpdateAll();
        var forecaster = new Forecaster(Timeframe.FiveMinutes, CoefficientVintages.Shipped);
        foreach (var candle in Tape.Create())
            forecaster.Apply(candle);
        _model = new(_tracker.Snapshot(), _ids.Select(id => new PortfolioMarket(id, forecaster.Current, 100)));
        _book = [.. Enumerable.Range(0, 20).Select(i => new Position(_ids[i * 7].Pair, i % 3 == 0 ? -0.1 : 0.1))];
    }

    /// <summary>Adds an hour of every market, one after the other.</summary>
    [Benchmark]
    public void UpdateAll()
    {
        for (var m = 0; m < Markets; m++)
        {
            for (var i = 0; i < _returns.Length; i++)
                _returns[i] = _random.NextDouble() - 0.5;
            _hours[m].Add(new(_hour * 3_600_000L), _returns);
            _tracker.Update(_ids[m]);
        }
        _hour++;
    }

    [Benchmark]
    public Correlations Snapshot() => _tracker.Snapshot();

    [Benchmark]
    public PortfolioRisk? AssessTwentyPositions() =>
        _model.Assess(_book, new(Horizon.OneDay) { Limit = 0.04, Candidate = new(_ids[9].Pair, Risk.Side.Long) });
}
