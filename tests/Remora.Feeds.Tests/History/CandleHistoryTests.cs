using System.Globalization;
using System.Text.Json;
using Remora.Feeds.Exchanges;
using Remora.Feeds.History;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Feeds.Tests.History;

/// <summary>Fetched candles are those of the exchange, whatever happens on the way.</summary>
public sealed class CandleHistoryTests(HistoryRig rig) : IClassFixture<HistoryRig>
{
    [Fact]
    public async Task A_file_has_every_closed_candle_once_and_the_gaps_are_reported()
    {
        using var data = new DataFolder();
        var outcome = await rig.OneAsync(HistoryRig.Candles(data.Path) with { Until = null });
        // A candle that closed less than a minute ago may still change.
        var end = (HistoryRig.Now - TimeSpan.FromMinutes(1)).Floor(Timeframe.FiveMinutes.Length);
        var expected = HistoryRig.Recording.Where(candle => candle.OpenTime < end).ToList();
        Assert.Equal(expected, HistoryRig.CandlesOf(data.Path));
        Assert.Empty(HistoryRig.Leftovers(data.Path));

        var entry = HistoryManifest.Read(data.Path).Find(HistoryRig.Btc)!;
        Assert.Equivalent(outcome.Entry, entry, strict: true);
        Assert.Equal((HistoryState.Fetched, "binance", "0.0"), (outcome.State, entry.Source, entry.Version));
        Assert.Equal((HistoryRig.Begin, end), (entry.From, entry.Until));
        Assert.Equal((expected[0].OpenTime, expected[^1].OpenTime), (entry.First, entry.Last));
        Assert.Equal((expected.Count, 703, 2), (entry.Rows, entry.Missing, entry.GapCount));
        Assert.Equal([new(At(100), At(103), 3), new(At(1500), At(2200), 700)], entry.Gaps);
        Assert.Equal(HistoryFile.HashOf(data.Sub(HistoryRig.Btc)), entry.Sha256);

        static Instant At(int candle) => HistoryRig.Begin + (Timeframe.FiveMinutes.Length * candle);
    }

    /// <summary>
    /// A kill leaves any number of bytes of the unfinished file, a power failure perhaps zeros
    /// after them. The next fetch gives the bytes of one without an interruption.
    /// </summary>
    [Fact]
    public async Task After_an_interruption_at_any_byte_it_continues_to_the_same_bytes()
    {
        using var data = new DataFolder();
        await rig.FetchAsync(HistoryRig.Candles(data.Sub("whole")));
        var whole = HistoryRig.BytesOf(data.Sub("whole"));
        var part =
            $"# candles BTC/USDT 5m, binance, from {HistoryRig.Begin}\n"
            + HistoryRig.TextOf(data.Sub("whole"), HistoryRig.Btc);
        var random = new Random(3);
        for (var i = 0; i < 30; i++)
        {
            var folder = data.Sub(i.ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(Path.Combine(folder, "candles"));
            var cut = i < 4 ? i * 30 : random.Next(part.Length + 1);
            await File.WriteAllTextAsync(
                Path.Combine(folder, HistoryRig.Btc + ".part"),
                part[..cut] + new string('\0', random.Next(3) * 500),
                TestContext.Current.CancellationToken
            );
            var outcome = await rig.OneAsync(HistoryRig.Candles(folder));
            Assert.True(outcome.State == HistoryState.Fetched, $"cut at {cut}: {outcome}");
            Assert.True(whole.AsSpan().SequenceEqual(HistoryRig.BytesOf(folder)), $"cut at {cut}");
            Assert.Empty(HistoryRig.Leftovers(folder));
        }
    }

    [Fact]
    public async Task A_cancelled_fetch_continues_and_requests_nothing_twice()
    {
        using var data = new DataFolder();
        await rig.FetchAsync(HistoryRig.Candles(data.Sub("whole")));
        for (var stop = 1; stop <= 3; stop++)
        {
            var folder = data.Sub(stop.ToString(CultureInfo.InvariantCulture));
            using var cancelled = new CancellationTokenSource();
            var reports = 0;
            var progress = new Reported(_ =>
            {
                if (++reports == stop)
                    cancelled.Cancel();
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                rig.FetchAsync(HistoryRig.Candles(folder), progress, cancellation: cancelled.Token)
            );
            Assert.False(File.Exists(Path.Combine(folder, HistoryRig.Btc)));
            var requests = await RequestsAsync();
            await rig.FetchAsync(HistoryRig.Candles(folder));
            // Three pages, and one for the clock of the exchange.
            Assert.Equal(1 + 3 - (stop - 1), await RequestsAsync() - requests);
            Assert.Equal(HistoryRig.BytesOf(data.Sub("whole")), HistoryRig.BytesOf(folder));
        }
    }

    [Fact]
    public async Task A_later_end_appends_and_an_earlier_start_prepends()
    {
        using var data = new DataFolder();
        var whole = HistoryRig.Candles(data.Sub("whole"));
        await rig.FetchAsync(whole);
        var pieces = whole with { Folder = data.Sub("pieces") };
        var (first, second) = (Some.At("2025-03-05"), Some.At("2025-03-08T03:00:00Z"));
        await rig.FetchAsync(pieces with { From = first, Until = second });
        await rig.FetchAsync(pieces with { From = second }); // a hole between two spans is filled
        var requests = await RequestsAsync();
        var complete = await rig.OneAsync(pieces with { From = second });
        Assert.Equal((HistoryState.Complete, requests), (complete.State, await RequestsAsync()));
        await rig.FetchAsync(pieces);
        Assert.Equal(HistoryRig.BytesOf(whole.Folder), HistoryRig.BytesOf(pieces.Folder));
        HistoryEntry EntryOf(string folder) =>
            HistoryManifest.Read(folder).Find(HistoryRig.Btc)! with
            {
                FetchedAt = HistoryRig.Now,
            };
        Assert.Equivalent(EntryOf(whole.Folder), EntryOf(pieces.Folder), strict: true);
    }

    [Theory]
    [InlineData(FaultKind.Disorder, "comes after")]
    [InlineData(FaultKind.Duplicates, "is a duplicate")]
    [InlineData(FaultKind.WrongClock, "opens in the future")]
    [InlineData(FaultKind.Null200, "")]
    [InlineData(FaultKind.Http5xx, "")]
    public async Task A_wrong_answer_is_refused_with_the_reason_and_leaves_no_trace(FaultKind kind, string reason)
    {
        using var data = new DataFolder();
        await rig.FetchAsync(HistoryRig.Candles(data.Sub("whole")));
        var options = HistoryRig.Candles(data.Sub("faulty"));
        rig.Sandbox.Faults.Add(new(kind) { Path = "klines", ClockError = TimeSpan.FromHours(3) });
        try
        {
            var outcome = await rig.OneAsync(options);
            Assert.Equal(HistoryState.Failed, outcome.State);
            Assert.Contains(reason, outcome.Problem, StringComparison.Ordinal);
            Assert.False(File.Exists(data.Sub("faulty/" + HistoryRig.Btc)));
        }
        finally
        {
            rig.Sandbox.Faults.Clear();
        }
        Assert.Equal(HistoryState.Fetched, (await rig.OneAsync(options)).State);
        Assert.Equal(HistoryRig.BytesOf(data.Sub("whole")), HistoryRig.BytesOf(options.Folder));
    }

    [Fact]
    public async Task Candles_that_stay_invalid_are_missing_and_others_are_not()
    {
        using var data = new DataFolder();
        rig.Sandbox.Faults.Add(new(FaultKind.BadValues) { Path = "klines" });
        try
        {
            var outcome = await rig.OneAsync(HistoryRig.Candles(data.Path) with { Tries = 5 });
            Assert.Equal(HistoryState.Fetched, outcome.State);
            Assert.True(outcome.Entry!.Missing > 703);
        }
        finally
        {
            rig.Sandbox.Faults.Clear();
        }
        Assert.Empty(HistoryRig.CandlesOf(data.Path).Except(HistoryRig.Recording));
    }

    [Fact]
    public async Task The_rate_limit_of_the_exchange_is_respected()
    {
        using var data = new DataFolder();
        await using var bridge = rig.NewBridge(new() { RateLimit = true });
        var exchange = await bridge.Exchange("coinbase").DescribeAsync(default);
        var requests = await RequestsAsync("coinbase");
        var began = rig.Clock.Now();
        var outcome = Assert.Single(
            (
                await rig.FetchAsync(
                    HistoryRig.Candles(data.Path, Some.At("2025-03-05")) with
                    {
                        Exchange = "coinbase",
                    },
                    bridge: bridge
                )
            ).Files
        );
        Assert.Equal(HistoryState.Fetched, outcome.State);
        requests = await RequestsAsync("coinbase") - requests;
        Assert.InRange(requests, 5, 30);
        // The first request of a limiter does not wait.
        Assert.True(
            rig.Clock.Now() - began >= exchange.RateLimit * (requests - 2),
            $"{requests} requests in {rig.Clock.Now() - began}, one in {exchange.RateLimit} is allowed"
        );
    }

    [Fact]
    public async Task No_request_is_sent_during_a_pause_that_the_exchange_requested()
    {
        using var data = new DataFolder();
        var clock = new ScaledClock(HistoryRig.Now.ToDateTimeOffset(), 2_000);
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = new(rig.Sandbox.Url), RateLimit = false }, clock);
        rig.Sandbox.Faults.Add(new(FaultKind.Http429) { Path = "klines", RetryAfter = TimeSpan.FromMinutes(5) });
        try
        {
            var requests = await RequestsAsync();
            var waits = new List<string>();
            var outcome = Assert.Single(
                (
                    await rig.FetchAsync(
                        HistoryRig.Candles(data.Path) with
                        {
                            Tries = 3,
                        },
                        new Reported(progress => waits.Add(progress.Waiting ?? "")),
                        bridge: bridge,
                        clock: clock
                    )
                ).Files
            );
            Assert.Equal((HistoryState.Failed, "rate_limited"), (outcome.State, outcome.Error));
            // At most the list of markets and three tries, each after five minutes.
            Assert.InRange(await RequestsAsync() - requests, 3, 1 + 3);
            Assert.Equal(2, waits.Count(wait => wait.Contains("next try in 300 s", StringComparison.Ordinal)));
            Assert.True(clock.Now() - HistoryRig.Now >= TimeSpan.FromMinutes(10));
        }
        finally
        {
            rig.Sandbox.Faults.Clear();
        }
    }

    [Fact]
    public async Task An_unknown_pair_is_named_and_the_others_are_fetched()
    {
        using var data = new DataFolder();
        var report = await rig.FetchAsync(
            HistoryRig.Candles(data.Path, Some.At("2025-03-02")) with
            {
                Pairs = [Pair.Parse("NOPE/USDT"), Pair.Parse("BTC/USDT")],
            }
        );
        Assert.Equal([HistoryState.Failed, HistoryState.Fetched], report.Files.Select(file => file.State));
        Assert.Equal("bad_symbol", report.Files[0].Error);
        Assert.Contains("NOPE/USDT", report.Files[0].Problem, StringComparison.Ordinal);
        var unknown = await rig.OneAsync(
            HistoryRig.Candles(data.Path) with
            {
                Exchange = "nowhere",
                Folder = data.Sub("x"),
            }
        );
        Assert.Contains("unknown exchange 'nowhere'", unknown.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exchange_that_is_away_fails_once_and_not_for_each_pair()
    {
        using var data = new DataFolder();
        rig.Sandbox.Faults.Add(new(FaultKind.Refused) { Exchange = "binance" });
        try
        {
            var requests = await RequestsAsync();
            var report = await rig.FetchAsync(
                HistoryRig.Candles(data.Path) with
                {
                    Pairs = [Pair.Parse("BTC/USDT"), Pair.Parse("ETH/USDT")],
                }
            );
            Assert.All(report.Files, file => Assert.Equal("network", file.Error));
            Assert.InRange(await RequestsAsync() - requests, 1, 2);
        }
        finally
        {
            rig.Sandbox.Faults.Clear();
        }
    }

    private async Task<long> RequestsAsync(string exchange = "binance")
    {
        using var http = new HttpClient();
        using var state = JsonDocument.Parse(await http.GetStringAsync($"{rig.Sandbox.Url}/sandbox/state"));
        return state
            .RootElement.GetProperty("requests")
            .GetProperty("by_exchange")
            .TryGetProperty(exchange, out var count)
            ? count.GetInt64()
            : 0;
    }

    private sealed class Reported(Action<HistoryProgress> report) : IProgress<HistoryProgress>
    {
        public void Report(HistoryProgress value) => report(value);
    }
}
