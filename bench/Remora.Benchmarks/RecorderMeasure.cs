using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Benchmarks;

/// <summary>
/// Measures the cost of recording for the thread that runs the engine: the engine alone, and with
/// the hand-over of its assessments. The variants alternate in random order, and ratios are
/// computed within a round; each round has the engine alone twice, which shows the noise. The
/// recorder is real, with its journal on disk. It is measured while idle and while writing.
/// </summary>
internal static class RecorderMeasure
{
    private const int WarmUp = 300; // rounds, until the code of every variant is fully compiled
    private const int Waking = 33_000; // candles: more than half of the queue, at which the recorder wakes

    private static readonly string[] Ways =
    [
        "the engine alone",
        "the engine alone (2)",
        "with the recorder",
        "with the service's record",
    ];

    public static async Task<int> RunAsync()
    {
        var candles = Tape.Create();
        var folder = Directory.CreateTempSubdirectory("remora-recorder-").FullName;
        var session = new StoreSession(
            new()
            {
                // No store: the measurement ends before it is needed
                Location = StoreLocation.AtUrl("http://localhost:1"),
                Recorder = new()
                {
                    JournalFolder = folder,
                    JournalBytes = 64 << 20,
                    BatchDelay = TimeSpan.FromMilliseconds(20),
                },
            }
        );
        using var record = new MarketRecord(session, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var recording = session.Recorder.RunAsync(stop.Token);
        try
        {
            var warmUp = WarmUp;
            foreach (
                var tape in new EventTape[]
                {
                    new ClosingTogether(candles, 500),
                    new OneAfterAnother(candles, 500),
                    new OneAfterAnother(candles, 10_000),
                }
            )
            {
                Compare(record, tape, isBusy: false, warmUp, print: false);
                Compare(record, tape, isBusy: false, tape.Rounds, print: true);
                Compare(record, tape, isBusy: true, tape.Rounds, print: true);
                warmUp = 10; // only the next tape is cold
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

    // On one thread, so that differences between cores have no effect.
    private static void Compare(MarketRecord record, EventTape tape, bool isBusy, int rounds, bool print)
    {
        var recorder = record.Session.Recorder;
        var measured = Ways.Select(_ => new double[rounds]).ToArray();
        // Of the garbage collector: they affect few rounds, so the medians exclude them
        var pauses = new double[Ways.Length];
        var order = Enumerable.Range(0, Ways.Length).ToArray();
        var random = new Random(7);
        for (var round = 0; round < rounds; round++)
        {
            random.Shuffle(order);
            foreach (var way in order)
            {
                while (recorder.Health.QueuedRows > 0)
                    Thread.Sleep(1);
                var events = tape.Next();
                if (isBusy)
                {
                    var work = new[] { events[0].Candle };
                    for (var i = 0; i < Waking; i++)
                        recorder.Candles(Tape.Market, Tape.Market.Timeframe, work);
                    while (recorder.Health.QueuedRows == Waking)
                        Thread.SpinWait(20);
                }
                var paused = GC.GetTotalPauseDuration();
                measured[way][round] = Measure(
                    tape.Engine,
                    events,
                    way == 2 ? recorder : null,
                    way == 3 ? record : null
                );
                pauses[way] += (GC.GetTotalPauseDuration() - paused).TotalNanoseconds / events.Length / rounds;
                if (way < 2)
                    // The same work precedes every stretch, so that the caches are cold
                    HandOver(recorder, tape.Engine, events);
            }
        }
        if (!print)
            return;
        Console.WriteLine($"{tape.Name}, the recorder {(isBusy ? "writing" : "idle")}:");
        foreach (var (way, name) in Ways.Index())
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {name, -26}{Median(measured[way]), 6:0} ns a candle, median ratio "
                        + $"{Median(measured[way].Zip(measured[0], (one, alone) => one / alone)):0.000}; of "
                        + $"collections {pauses[way]:0} ns a candle"
                )
            );
    }

    private static void HandOver(Recorder recorder, RemoraEngine engine, MarketEvent[] events)
    {
        foreach (var each in events)
            recorder.CandleAndAssessment(
                engine.Assess(each.Market!, 0, each.Candle.OpenTime + Tape.Market.Timeframe.Length)
            );
    }

    // Nanoseconds per candle.
    private static double Measure(
        RemoraEngine engine,
        ReadOnlySpan<MarketEvent> events,
        Recorder? recorder,
        MarketRecord? record
    )
    {
        var began = Stopwatch.GetTimestamp();
        foreach (ref readonly var each in events)
        {
            var assessment = engine.Apply(each);
            recorder?.CandleAndAssessment(assessment!);
            record?.Applied(each, assessment);
        }
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / events.Length;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private abstract class EventTape(string name, int rounds)
    {
        public string Name => name;

        public int Rounds => rounds;

        public RemoraEngine Engine { get; protected set; } = new();

        /// <summary>Returns the next stretch, in the same memory.</summary>
        public abstract MarketEvent[] Next();
    }

    /// <summary>
    /// As in the service: at a close, many markets receive a candle, each with cold memory.
    /// </summary>
    private sealed class ClosingTogether : EventTape
    {
        private const int Month = 8_640; // candles, to warm up

        // Candles between the starts of two tapes; not a multiple of an hour, so that every candle
        // closes an hour
        private const int Apart = 701;

        private readonly Candle[] _candles;
        private readonly MarketEvent[] _events;
        private readonly MarketId[] _markets;
        private int _at;

        public ClosingTogether(Candle[] candles, int markets)
            : base($"{markets} markets that close together", 401)
        {
            _candles = candles;
            _events = new MarketEvent[markets];
            _markets =
            [
                .. Enumerable
                    .Range(0, markets)
                    .Select(i => new MarketId(Tape.Market.Exchange, Pair.Parse($"A{i}/USDT"), Tape.Market.Timeframe)),
            ];
            while (_at < Month)
                foreach (var each in Next())
                    Engine.Apply(each);
        }

        public override MarketEvent[] Next()
        {
            for (var i = 0; i < _markets.Length; i++)
                _events[i] = MarketEvent.Closed(_markets[i], _candles[_at + (Apart * i)]);
            _at++;
            return _events;
        }
    }

    /// <summary>As in a replay: one market with warm memory.</summary>
    private sealed class OneAfterAnother(Candle[] candles, int stretch)
        : EventTape($"{stretch} candles of one market", stretch > 1000 ? 61 : 401)
    {
        private readonly MarketEvent[] _events = new MarketEvent[stretch];
        private int _at;

        public override MarketEvent[] Next()
        {
            if (_at + stretch > candles.Length)
                (Engine, _at) = (new(), 0);
            for (var i = 0; i < stretch; i++)
                _events[i] = MarketEvent.Closed(Tape.Market, candles[_at++]);
            return _events;
        }
    }
}
