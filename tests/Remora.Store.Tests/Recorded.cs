using Remora.Markets;
using Remora.Risk;
using Remora.Store.Recording;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>A running recorder, and data to record.</summary>
internal sealed class Recorded : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Recorded(MarketStore store, RecorderOptions options, TimeProvider? time = null)
    {
        Recorder = new(store, options, time);
        _running = Recorder.RunAsync(_stop.Token);
    }

    public Recorder Recorder { get; }

    /// <summary>Returns options with short batch and retry delays.</summary>
    public static RecorderOptions Options(string folder) =>
        new()
        {
            JournalFolder = folder,
            BatchDelay = TimeSpan.FromMilliseconds(30),
            RequestDelay = TimeSpan.Zero,
            RetryDelay = TimeSpan.FromMilliseconds(20),
            LongestRetryDelay = TimeSpan.FromMilliseconds(200),
        };

    /// <summary>Returns one assessment per candle of a market's tape.</summary>
    public static List<Assessment> Assessments(
        MarketId market,
        int count,
        int seed = 1,
        IReadOnlyList<Observation>? observations = null
    )
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        foreach (var observation in observations ?? [])
            engine.Apply(MarketEvent.Observed(observation));
        return
        [
            .. Some.Candles(seed, count, market.Timeframe, Some.Time)
                .Select(candle => engine.Apply(MarketEvent.Closed(market, candle))!),
        ];
    }

    /// <summary>Returns the row of a candle of BTC/USDT.</summary>
    public static StoredCandle Stored(Candle candle) =>
        StoredCandle.Of(Some.Btc.Exchange, Some.Btc.Pair, Some.Btc.Timeframe, candle);

    public static RequestRow Request(int i, Instant? at = null) =>
        new(
            (at ?? Some.Time) + TimeSpan.FromSeconds(i),
            "/api/v1/risk",
            i % 3 == 0 ? null : "BTC/USDT",
            (ulong)(i % 7),
            (ulong)(i / 10),
            i % 2 == 0,
            i % 50 == 0 ? 404 : 200,
            (uint)(100 + i),
            null
        );

    public static RivalFitRow Fit(int i) =>
        new(
            Some.Btc,
            "har_season",
            Forecasts.Horizon.OneHour,
            Some.Time + TimeSpan.FromHours(i),
            -2,
            [0.3, 0.2, 0.2, 0.1],
            [.. Enumerable.Range(0, 168).Select(hour => 0.01 * (hour - 83.5))],
            0.3,
            500
        );

    public static BookRow Book(int i) =>
        new(
            "http://bot:8080",
            Some.Time + TimeSpan.FromHours(i),
            "USDT",
            10_000,
            i % 5,
            i % 2,
            0.01 * i,
            0.02 * i,
            i % 3 == 0 ? double.NaN : 0.03 * i,
            0.03,
            double.NaN,
            i % 4 == 0 ? 0.01 : double.NaN,
            i % 3 == 0 ? null : i % 2 == 0,
            "{}"
        );

    public static DecisionRow Decision(int i) =>
        new(
            $"bot-{i}",
            "bot",
            "binance",
            "BTC/USDT",
            "5m",
            i % 2 == 0 ? "long" : "short",
            Some.Time + TimeSpan.FromHours(i),
            i % 3 == 0 ? "allowed" : "refused",
            "{}"
        );

    public async Task FlushAsync()
    {
        var written = -1L;
        while (true)
        {
            using var deadline = new CancellationTokenSource(Patience);
            try
            {
                await Recorder.FlushAsync(deadline.Token);
                return;
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                var sum = Recorder.Health.WrittenRows.Values.Sum();
                // A slow recorder is not a failure
                Assert.True(sum > written, $"nothing is written any more: {Recorder.Health}");
                written = sum;
            }
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!holds())
        {
            Assert.False(deadline.IsCancellationRequested, "in vain: " + what);
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }
}
