using System.Text.Json;
using Remora.Feeds.Candles;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Candles;

/// <summary>
/// The past of forecasts with a real feed and engine: fetched behind the first answers, saved, and
/// resumed by the next run.
/// </summary>
public sealed class ForecastPastTests : IDisposable
{
    private static readonly Timeframe Step = Timeframe.FiveMinutes;
    private static readonly TimeSpan Length = TimeSpan.FromDays(60);

    // 60 days before 2024-03-10, at midnight.
    private static readonly Instant From = Instant.From(new(2024, 1, 10, 0, 0, 0, TimeSpan.Zero));

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-states-").FullName;
    private readonly List<string> _notices = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_past_is_fetched_behind_the_first_answers_and_a_restart_changes_no_digit()
    {
        Instant saved;
        await using (var run = await Run.StartAsync(NewPast(), TimeSpan.Zero))
        {
            await run.UntilAsync(() => run.Rig.Histories.Count > 0);
            var first = run.Rig.Histories[0];
            Assert.Null(first.ForecastState); // 30 days answer before the rest is there
            await run.UntilAsync(() => run.Rig.Histories.Any(h => h.ForecastState is not null));
            await run.UntilAsync(() => run.Forecast is { HistoryDays: > 60 });
            AssertTrue(run);
            // A whole hour is saved in memory, and the one before in the file.
            var whole = run.Rig.Clock.Now().Floor(TimeSpan.FromHours(1)) + TimeSpan.FromHours(3);
            await run.UntilAsync(() => run.Forecast!.AsOf > whole);
            await Eventually.True(() => File.Exists(Path()), "the file of the state");
            AssertTrue(run);
            saved = run.Rig.Clock.Now();
        }
        Assert.Empty(_notices);

        var later = saved + TimeSpan.FromHours(5);
        await using (var run = await Run.StartAsync(NewPast(), later - From - Length - TimeSpan.FromHours(12)))
        {
            await run.UntilAsync(() => run.Forecast is not null);
            Assert.NotNull(run.Rig.Histories[0].ForecastState);
            Assert.True(run.Forecast!.HistoryDays > 60);
            AssertTrue(run);
            await run.Rig.LiveAsync();
            await run.UntilAsync(() => run.Rig.Closed.Count > 2);
            AssertTrue(run);
            Assert.All(run.Rig.Histories, history => Assert.NotNull(history.ForecastState));
        }
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task A_market_without_an_earlier_past_keeps_what_it_has()
    {
        var listed = From + Length - TimeSpan.FromDays(40);
        await using var run = await Run.StartAsync(NewPast(), TimeSpan.Zero, markets => markets.ListedAt = listed);
        await run.UntilAsync(() => run.Forecast is { HistoryDays: > 40 });
        Assert.InRange(run.Forecast!.HistoryDays, 40.5, 42);
        AssertTrue(run, listed);
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task Stored_candles_are_not_requested()
    {
        var asked = new List<Instant>();
        var past = NewPast(
            (from, until) =>
            {
                lock (asked)
                    asked.Add(from);
                // Two days are missing.
                return [.. Truth(from, until).Where(c => (c.OpenTime - From).TotalDays is < 10 or > 12)];
            }
        );
        await using var run = await Run.StartAsync(past, TimeSpan.Zero);
        await run.UntilAsync(() => run.Forecast is { HistoryDays: > 60 });
        Assert.Equal([From, From + TimeSpan.FromDays(30)], asked);
        AssertTrue(run);
    }

    [Theory]
    [InlineData("damaged", "damaged")]
    [InlineData("coefficients", "hash of the coefficients")]
    [InlineData("candles", "the exchange has other candles")]
    [InlineData("old", "its last candle is not among")]
    [InlineData("market", "its file is of another market")]
    public void A_state_that_does_not_fit_is_dropped_with_one_line(string problem, string reason)
    {
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), Step);
        var now = From + Length;
        var writer = NewPast();
        writer.Made(market, Played(writer, market, Truth(From, now)));
        writer.Flush();
        var file = Path();
        var history = new MarketHistory([], [], Truth(now - TimeSpan.FromDays(30), now + TimeSpan.FromHours(2)));
        Assert.NotNull(NewPast().Resume(market, history, isWhole: true));

        var reader = NewPast();
        switch (problem)
        {
            case "damaged":
                var bytes = File.ReadAllBytes(file);
                bytes[bytes.Length / 2] ^= 1;
                File.WriteAllBytes(file, bytes);
                break;
            case "coefficients":
                var newest = CoefficientVintages.Shipped.Newest;
                reader = NewPast(null, new(newest));
                break;
            case "candles":
                history = history with
                {
                    Base = [.. history.Base.Select((c, i) => i == 300 ? c with { Volume = 2 } : c)],
                };
                break;
            case "old":
                history = history with { Base = Truth(now + TimeSpan.FromDays(1), now + TimeSpan.FromDays(31)) };
                break;
            case "market":
                var eth = new MarketId("binance", Pair.Parse("ETH/USDT"), Step);
                File.Move(file, file.Replace("BTC", "ETH"));
                market = eth;
                break;
        }
        // More of the history is on its way: nothing is dropped for its candles.
        if (problem is "candles" or "old")
        {
            Assert.Null(reader.Resume(market, history, isWhole: false));
            Assert.Empty(_notices);
        }
        Assert.Null(reader.Resume(market, history, isWhole: true));
        Assert.Null(reader.Resume(market, history, isWhole: true));
        var line = Assert.Single(_notices);
        Assert.Contains(market.ToString(), line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_revision_of_the_last_hour_is_answered_by_the_state_before_it()
    {
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), Step);
        var past = NewPast();
        var engine = new RemoraEngine();
        var start = From + Length;
        var history = new MarketHistory([], [], Truth(start - TimeSpan.FromDays(30), start));
        past.Made(market, Played(past, market, Truth(From, start - TimeSpan.FromDays(28))));
        var first = history with { ForecastState = past.Resume(market, history, isWhole: true) };
        Assert.NotNull(first.ForecastState);
        Apply(MarketEvent.Recovered(market, first));
        foreach (var candle in Truth(start, start + TimeSpan.FromHours(2)))
            Apply(MarketEvent.Closed(market, candle));
        past.Flush();

        // The last candle of the second hour changes.
        Candle[] candles = [.. Truth(start - TimeSpan.FromDays(30), start + TimeSpan.FromHours(2))];
        candles[^1] = candles[^1] with { Close = candles[^1].Close + 1 };
        var revised = new MarketHistory([], [], candles) { Revised = 1 };
        var state = past.Resume(market, revised, isWhole: true);
        Assert.NotNull(state);
        var assessment = Apply(MarketEvent.Recovered(market, revised with { ForecastState = state }));
        var replayed = past.Begin(market);
        foreach (var candle in Truth(From, start - TimeSpan.FromDays(30)).Concat(candles))
            replayed.Apply(candle);
        Assert.Equal(Json(replayed.Current), Json(assessment!.Forecast));
        Assert.Empty(_notices);

        Assessment? Apply(in MarketEvent e)
        {
            var result = engine.Apply(e);
            past.Applied(e, engine);
            return result;
        }
    }

    // What an unbroken replay of the same candles forecasts, bit for bit.
    private void AssertTrue(Run run, Instant? from = null)
    {
        var forecast = run.Forecast!;
        var replayed = NewPast().Begin(run.Rig.Market);
        foreach (var candle in Truth(from ?? From, forecast.AsOf))
            replayed.Apply(candle);
        Assert.Equal(Json(replayed.Current), Json(forecast));
    }

    private static string Json(Forecast? forecast) => JsonSerializer.Serialize(forecast, ReflectedJson.Options);

    private ForecastPast NewPast(
        Func<Instant, Instant, IReadOnlyList<Candle>>? recall = null,
        CoefficientVintages? coefficients = null
    ) =>
        new(coefficients ?? CoefficientVintages.Shipped, () => ForecastCalendar.Empty)
        {
            Folder = _folder,
            Length = Length,
            Notice = _notices.Add,
            Recall = recall is null ? null : (_, from, until, _) => Task.FromResult(recall(from, until)),
        };

    private string Path() => System.IO.Path.Combine(_folder, "binance_BTC%2fUSDT_5m.state");

    private static Forecaster Played(ForecastPast past, MarketId market, IEnumerable<Candle> candles)
    {
        var forecaster = past.Begin(market);
        foreach (var candle in candles)
            forecaster.Apply(candle);
        return forecaster;
    }

    private static Candle[] Truth(Instant from, Instant to) =>
        [
            .. Enumerable
                .Range(0, Step.CountIn(to - from))
                .Select(i => StandInMarkets.Truth(Step, from + (Step.Length * i))),
        ];

    /// <summary>
    /// A feed on the stand-in exchange, an engine that applies it, and their past.
    /// </summary>
    private sealed class Run(FeedRig rig, ForecastPast past) : IAsyncDisposable
    {
        private readonly RemoraEngine _engine = new();
        private readonly CancellationTokenSource _stop = new();
        private Task _writing = Task.CompletedTask;
        private int _applied;

        public FeedRig Rig => rig;

        public Forecast? Forecast { get; private set; }

        public static async Task<Run> StartAsync(
            ForecastPast past,
            TimeSpan later,
            Action<StandInMarkets>? markets = null
        )
        {
            var options = FeedRig.Options with { Past = past };
            var rig = await FeedRig.CreateAsync(Step, options, markets, "binance");
            rig.Sleep(later);
            var run = new Run(rig.Start(), past);
            run._writing = past.RunAsync(run._stop.Token);
            return run;
        }

        public Task UntilAsync(Func<bool> holds) =>
            Eventually.True(
                () =>
                {
                    Apply();
                    return holds();
                },
                $"{rig.Feed.Health}; {Forecast?.HistoryDays} days at {Forecast?.AsOf}"
            );

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await rig.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _writing);
            _stop.Dispose();
        }

        private void Apply()
        {
            foreach (var e in rig.Received.Skip(_applied).ToList())
            {
                _applied++;
                Forecast = _engine.Apply(e)?.Forecast ?? Forecast;
                past.Applied(e, _engine);
            }
        }
    }
}
