using BenchmarkDotNet.Attributes;
using Remora.Indicators;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Benchmarks;

/// <summary>
/// Measures the cost of a candle: nine indicators alone as the baseline, and the engine with its
/// indicators on base and hourly candles, ranks, regime, score, flags, confidence and decision,
/// with and without forecasts.
/// Times and bytes are per candle.
/// </summary>
public class EngineBenchmarks
{
    private Candle[] _candles = [];

    [GlobalSetup]
    public void Setup() => _candles = Tape.Create();

    [Benchmark(Baseline = true, OperationsPerInvoke = Tape.Candles)]
    public double NineIndicatorsAlone()
    {
        var sma = new Sma(20);
        var fast = new Ema(12);
        var slow = new Ema(26);
        var rsi = new Rsi(14);
        var atr = new Atr(14);
        var adx = new Adx(14);
        var macd = new Macd(12, 26, 9);
        var bollinger = new Bollinger(20, 2);
        var deviation = new ReturnDeviation(20);
        var sum = 0.0;
        foreach (ref readonly var candle in _candles.AsSpan())
        {
            sum +=
                sma.Update(candle.Close)
                + fast.Update(candle.Close)
                + slow.Update(candle.Close)
                + rsi.Update(candle.Close)
                + atr.Update(candle.High, candle.Low, candle.Close)
                + adx.Update(candle.High, candle.Low, candle.Close)
                + macd.Update(candle.Close)
                + bollinger.Update(candle.Close)
                + deviation.Update(candle.Close / candle.Open);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Tape.Candles)]
    public double WholeEngine() => Play(new());

    [Benchmark(OperationsPerInvoke = Tape.Candles)]
    public double WithoutForecasts() => Play(new([RiskPolicy.Default], [], null));

    private double Play(RemoraEngine engine)
    {
        var sum = 0.0;
        foreach (ref readonly var candle in _candles.AsSpan())
            sum += engine.Apply(MarketEvent.Closed(Tape.Market, candle))!.RiskScore;
        return sum;
    }
}
