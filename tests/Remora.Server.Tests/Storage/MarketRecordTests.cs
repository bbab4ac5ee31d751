using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Testing;

namespace Remora.Server.Tests.Storage;

/// <summary>Tests what a start reads from the store, and what it stores.</summary>
[Trait("speed", "slow")]
public sealed class MarketRecordTests
{
    /// <summary>
    /// Only a few markets are loaded at a time. Sequential loading of a hundred would take two
    /// minutes.
    /// </summary>
    [Fact]
    public async Task A_stalled_store_delays_many_markets_no_longer_than_a_few()
    {
        await using var kept = await Kept.StartAsync();
        Assert.NotNull(await kept.Record.RecallAsync(Some.Btc, CancellationToken.None));

        await SignalAsync("STOP");
        try
        {
            var recalls = Enumerable
                .Range(0, 100)
                .Select(i =>
                    kept.Record.RecallAsync(
                        Some.MarketOf(string.Create(CultureInfo.InvariantCulture, $"C{i}/USDT")),
                        CancellationToken.None
                    )
                );
            Assert.All(await Task.WhenAll(recalls).WaitAsync(TimeSpan.FromMinutes(1)), Assert.Null);
        }
        finally
        {
            await SignalAsync("CONT");
        }

        async Task SignalAsync(string signal)
        {
            using var kill = Process.Start(
                "kill",
                ["-" + signal, kept.EnginePid.ToString(CultureInfo.InvariantCulture)]
            );
            await kill.WaitForExitAsync();
            Assert.Equal(0, kill.ExitCode);
        }
    }

    [Fact]
    public async Task Fallback_candles_are_stored_under_their_exchange_and_assessments_under_the_market()
    {
        await using var kept = await Kept.StartAsync();
        var begin = DateTimeOffset.UtcNow.AddMilliseconds(-1);
        var standIn = Some.MarketOf("BTC/USDT", exchange: "kraken");
        var candles = Some.CandlesUntil(12, Some.Time);
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        Apply(MarketEvent.Recovered(Some.Btc, new([], [], [.. candles.Take(4)])));
        foreach (var candle in candles.Skip(4).Take(2))
            Apply(MarketEvent.Closed(Some.Btc, candle));
        Apply(MarketEvent.Recovered(Some.Btc, new([], [], [.. candles.Take(8)]) { Source = standIn }));
        foreach (var candle in candles.Skip(8))
            Apply(MarketEvent.Closed(Some.Btc, candle));
        await kept.Session.Recorder.FlushAsync();

        var store = kept.Session.Store;
        Assert.Equal(candles.Take(6), await store.Candles.Of(Some.Btc).ListAsync());
        Assert.Equal(candles, await store.Candles.Of(standIn).ListAsync());
        var policy = RiskPolicy.Default.Name;
        // Of six closed candles and of the history received between them
        Assert.Equal(7, (await store.Assessments.Of(Some.Btc, policy).ListAsync()).Count);
        Assert.Empty(await store.Assessments.Of(standIn, policy).ListAsync());
        // Published now, long after their outcome: no forecast of them counts in the track record.
        Assert.Equal(
            7UL,
            await store.Client.SingleAsync(
                "SELECT countIf(published_at >= {begin:DateTime64(3)}) FROM assessments",
                row => row.UInt64(),
                new QueryParameters().Add("begin", begin)
            )
        );
        Assert.Null(await store.Record.SinceAsync(Some.Btc));

        void Apply(MarketEvent marketEvent) => kept.Record.Applied(marketEvent, engine.Apply(marketEvent));
    }

    [Theory]
    [InlineData("1m", 0.00001)]
    [InlineData("5m", 57_000)]
    [InlineData("1d", 1)]
    public async Task A_revised_candle_replaces_the_stored_one_and_nothing_else_is_written_again(
        string timeframe,
        double price
    )
    {
        await using var kept = await Kept.StartAsync();
        var market = Some.MarketOf("BTC/USDT", timeframe: timeframe);
        var now = Instant.From(DateTimeOffset.UtcNow).Floor(market.Timeframe.Length);
        Candle[] candles =
        [
            .. Some.CandlesUntil(12, now, timeframe: market.Timeframe).Select(candle => candle.Times(price / 100)),
        ];
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        Apply(new([], [], candles));
        await kept.Session.Recorder.FlushAsync();

        Candle[] revised = [.. candles];
        revised[4] = candles[4] with { Close = candles[4].Low };
        revised[11] = candles[11] with { High = candles[11].High * 1000, Close = candles[11].High * 1000 };
        Apply(new([], [], revised) { Revised = 2 });
        Apply(new([], [], revised));
        await kept.Session.Recorder.FlushAsync();
        Assert.Equal(revised, await kept.Session.Store.Candles.Of(market).ListAsync());
        Assert.Equal(14, kept.Session.Recorder.Health.HandedOverRows["candles"]);

        // After a start, the store has the rows; only later revisions of the exchange are written.
        using var again = new MarketRecord(kept.Session, TimeProvider.System);
        var stored = await again.RecallAsync(market, CancellationToken.None);
        Assert.Equal(revised, stored!.Base);
        Apply(new([], [], candles) { Revised = 2 }, again);
        await kept.Session.Recorder.FlushAsync();
        Assert.Equal(candles, await kept.Session.Store.Candles.Of(market).ListAsync());
        Assert.Equal(16, kept.Session.Recorder.Health.HandedOverRows["candles"]);
        var newest = new List<Candle>();
        await foreach (var row in kept.Session.Store.Candles.LatestAsync())
            newest.Add(row.Candle);
        Assert.Equal(candles[^1], Assert.Single(newest));

        void Apply(MarketHistory history, MarketRecord? record = null)
        {
            var marketEvent = MarketEvent.Recovered(market, history);
            (record ?? kept.Record).Applied(marketEvent, engine.Apply(marketEvent));
        }
    }

    /// <summary>A record with its own engine, as in a service that has just started.</summary>
    private sealed class Kept : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder;
        private readonly EmbeddedEngine _engine;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        private Kept(DirectoryInfo folder, EmbeddedEngine engine, StoreSession session)
        {
            (_folder, _engine, Session) = (folder, engine, session);
            _running = session.RunAsync(_stop.Token);
            Record = new(session, TimeProvider.System);
        }

        public StoreSession Session { get; }

        public MarketRecord Record { get; }

        public int EnginePid => _engine.Endpoint.Pid;

        public static async Task<Kept> StartAsync()
        {
            var folder = Directory.CreateTempSubdirectory("remora-test-");
            var location = StoreLocation.InFolder(Path.Combine(folder.FullName, "data"));
            var engine = await EmbeddedEngine.StartAsync(
                new() { Folder = location.EngineFolder!, PingInterval = TimeSpan.FromHours(1) }
            ); // prevents an end by failed pings
            var kept = new Kept(
                folder,
                engine,
                new(
                    new()
                    {
                        Location = location,
                        Recorder = new()
                        {
                            JournalFolder = Path.Combine(folder.FullName, "journal"),
                            StopTimeout = TimeSpan.Zero,
                        },
                    }
                )
            );
            Assert.True(await kept.Session.IsReadyWithinAsync(TimeSpan.FromMinutes(1)));
            return kept;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            Record.Dispose();
            await _engine.DisposeAsync();
            _folder.Delete(recursive: true);
            _stop.Dispose();
        }
    }
}
