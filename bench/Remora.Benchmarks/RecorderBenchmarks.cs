using BenchmarkDotNet.Attributes;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Benchmarks;

/// <summary>What recording costs the pump: the engine alone is the yardstick, then a candle and its assessment are handed over besides. Per candle; nobody takes them.</summary>
public class RecorderBenchmarks
{
    private const int Candles = 30_000;

    private MarketStore _store = null!;
    private Candle[] _candles = [];
    private Recorder _recorder = null!;

    [GlobalSetup]
    public void Setup()
    {
        _candles = Tape.Create()[..Candles];
        _store = new(new ClickHouseClient(new() { Url = new("http://localhost:1") })); // nobody is asked
    }

    [IterationSetup]
    public void Fresh() => _recorder = new(_store, new() { JournalFolder = "unused", QueueRows = 1 << 16 });

    [Benchmark(Baseline = true, OperationsPerInvoke = Candles)]
    public double Engine()
    {
        var engine = new RemoraEngine();
        var sum = 0.0;
        foreach (ref readonly var candle in _candles.AsSpan()) sum += engine.Apply(MarketEvent.Closed(Tape.Market, candle))!.RiskScore;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Candles)]
    public double EngineAndHandover()
    {
        var engine = new RemoraEngine();
        var sum = 0.0;
        foreach (ref readonly var candle in _candles.AsSpan())
        {
            var assessment = engine.Apply(MarketEvent.Closed(Tape.Market, candle))!;
            _recorder.Candle(Tape.Market, candle);
            _recorder.Assessment(assessment);
            sum += assessment.RiskScore;
        }
        return sum;
    }

    /// <summary>Candle and assessment, which is there already: the hand-over itself.</summary>
    [Benchmark(OperationsPerInvoke = Candles)]
    public long HandoverAlone()
    {
        foreach (ref readonly var candle in _candles.AsSpan())
        {
            _recorder.Candle(Tape.Market, candle);
            _recorder.Candle(Tape.Market, candle);
        }
        return _recorder.Health.DroppedRows;
    }
}
