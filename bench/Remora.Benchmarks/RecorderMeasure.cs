using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Benchmarks;

/// <summary>
/// What recording costs the thread that runs the engine: the engine alone, and with each candle and its assessment handed over. They take turns,
/// in stretches that fit into the recorder's ring, and ratios are taken within a round. The recorder is a real one, with its journal on the disk; in
/// between it takes what waits, so that the ring is one that has gone round. Once the stretch is over before it wakes, once it works meanwhile.
/// </summary>
internal static class RecorderMeasure
{
    private const int WarmUp = 400; // rounds: both ways are to be compiled as well as they will ever be
    private const int Waking = 40_000; // candles: more than half of the ring, at which the recorder wakes; the longest stretch fits beside

    public static async Task<int> RunAsync()
    {
        var candles = Tape.Create();
        var folder = Directory.CreateTempSubdirectory("remora-recorder-").FullName;
        using var client = new ClickHouseClient(new() { Url = new("http://localhost:1"), Retries = 0 }); // no store: what is measured is over before it is asked
        var recorder = new Recorder(new(client), new() { JournalFolder = folder, JournalBytes = 64 << 20, BatchDelay = TimeSpan.FromMilliseconds(20) });
        using var stop = new CancellationTokenSource();
        var recording = recorder.RunAsync(stop.Token);
        try
        {
            foreach (var (stretch, rounds) in new[] { (500, 401), (10_000, 101) })
            {
                foreach (var isBusy in new[] { false, true }) Compare(recorder, candles, stretch, rounds, isBusy);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await recording;
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    // On one thread from the beginning to the end: each stretch on another core would be a measure of the cores.
    private static void Compare(Recorder recorder, Candle[] candles, int stretch, int rounds, bool isBusy)
    {
        var engine = new RemoraEngine();
        var at = 0;
        var measured = new List<(double Alone, double Recorded)>();
        for (var round = 0; round < rounds + WarmUp; round++)
        {
            var isFirst = round % 2 == 0; // whoever comes second finds a warmer machine
            var (first, second) = (Next(isFirst), Next(!isFirst));
            if (round >= WarmUp) measured.Add(isFirst ? (second, first) : (first, second));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{stretch} candles at a time, the recorder {(isBusy ? "at work" : "asleep")}: engine {Median(measured.Select(round => round.Alone)):0} ns a candle, with hand-over {Median(measured.Select(round => round.Recorded)):0} ns; median ratio {Median(measured.Select(round => round.Recorded / round.Alone)):0.000}"));

        double Next(bool isRecorded)
        {
            while (recorder.Health.QueuedRows > 0) Thread.Sleep(1);
            if (at + stretch > candles.Length) (engine, at) = (new(), 0);
            at += stretch;
            if (isBusy)
            {
                for (var i = 0; i < Waking; i++) recorder.Candle(Tape.Market, candles[i]);
                while (recorder.Health.QueuedRows == Waking) Thread.SpinWait(20);
            }
            return Measure(engine, isRecorded ? recorder : null, candles.AsSpan(at - stretch, stretch));
        }
    }

    // Nanoseconds a candle.
    private static double Measure(RemoraEngine engine, Recorder? recorder, ReadOnlySpan<Candle> candles)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (ref readonly var candle in candles)
        {
            var assessment = engine.Apply(MarketEvent.Closed(Tape.Market, candle));
            recorder?.Candle(assessment!, candle);
        }
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / candles.Length;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
