using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Remora.Cli.Tests.Store;

/// <summary>
/// Two real services on one ClickHouse server. The one that records is killed or paused under load;
/// the other one answers, takes over, and stores what is missing.
/// </summary>
[Trait("speed", "slow")]
public sealed class TwoServicesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string? Kills = System.Environment.GetEnvironmentVariable("REMORA_LEASE_KILLS");

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, byte> _seen = new(StringComparer.Ordinal); // closes of the survivor
    private readonly List<long> _lives = [];
    private readonly List<double> _gaps = [];
    private long _asked;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// REMORA_LEASE_KILLS kills, and one pause. Runs for minutes, so only where it is set.
    /// </summary>
    [Fact]
    public async Task One_records_and_the_other_takes_over_without_a_row_lost_or_doubled()
    {
        Assert.SkipUnless(
            int.TryParse(Kills, CultureInfo.InvariantCulture, out var kills),
            "set REMORA_LEASE_KILLS=2 to kill services that share a server"
        );
        await using var store = await StoreHost.StartAsync();
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "120"]);
        var world = await sandbox.UrlAsync();
        var services = new[] { Serve(world, store, 0), Serve(world, store, 1) };
        try
        {
            for (var round = 0; round <= kills; round++)
            {
                var isPause = round == kills;
                var recording = await RecordingAsync(services);
                await TakeOverAsync(services[recording], services[1 - recording], isPause);
                if (!isPause)
                {
                    await services[recording].DisposeAsync();
                    services[recording] = Serve(world, store, recording);
                }
                await UntilStoredAsync(store, services[1 - recording]);
            }
            // The paused one has learned that another one records
            await RecordingAsync(services);
            foreach (var service in services)
                await UntilAsync(
                    async () =>
                        (await StoreOfAsync(service)).GetProperty("recorder").GetProperty("journal_batches").GetInt32()
                        == 0,
                    () => service.Errors
                );
            await OnceAsync(store);
        }
        finally
        {
            foreach (var service in services)
                await service.DisposeAsync();
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{kills} kills and a pause, {_asked} requests answered with 200; longest gaps of recording (s): "
                    + $"{string.Join(", ", _gaps.Select(gap => gap.ToString("0.0", CultureInfo.InvariantCulture)))}"
            )
        );
    }

    private RemoraProcess Serve(string world, StoreHost store, int folder) =>
        RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                world,
                "--port",
                "0",
                "--pairs",
                "BTC/USDT",
                "--data",
                _folder.File($"service-{folder}"),
                "--clickhouse",
                store.Url,
            ],
            new Dictionary<string, string>(store.Environment)
            {
                ["REMORA_STORE"] = "true",
                ["REMORA_RECORD_REQUESTS"] = "true",
            }
        );

    // Ends or pauses the one that records, while the other one is asked all the time.
    private async Task TakeOverAsync(RemoraProcess recording, RemoraProcess other, bool isPause)
    {
        using var stop = new CancellationTokenSource();
        _seen.Clear();
        var url = await other.UrlAsync();
        var asking = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => AskAsync(url, stop.Token)));
        await UntilAsync(() => Task.FromResult(!_seen.IsEmpty), () => other.Errors);
        _seen.Clear(); // from here on, each must be stored
        var began = Stopwatch.GetTimestamp();
        _lives.Add((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        if (isPause)
            Signal(recording, "STOP");
        else
            recording.Kill();
        await UntilAsync(
            async () => (await StoreOfAsync(other)).GetProperty("recording").GetProperty("here").GetBoolean(),
            () => "it does not take over: " + other.Errors
        );
        _gaps.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        if (isPause)
            Signal(recording, "CONT");
        await UntilAsync(() => Task.FromResult(_seen.Count > 2), () => other.Errors);
        await stop.CancelAsync();
        await asking;
        Assert.True(_gaps[^1] < 60, $"nobody recorded for {_gaps[^1]} s: {other.Errors}");
    }

    // Everything that the survivor answered with meanwhile is stored.
    private async Task UntilStoredAsync(StoreHost store, RemoraProcess service)
    {
        var closes = string.Join(", ", _seen.Keys.Order(StringComparer.Ordinal).Select(close => $"'{close}'"));
        var missing = "";
        await UntilAsync(
            async () =>
            {
                missing = await SqlAsync(
                    store,
                    $"SELECT groupArray(close) FROM (SELECT arrayJoin([{closes}]) AS close) WHERE "
                        + "parseDateTime64BestEffort(close, 3, 'UTC') NOT IN (SELECT "
                        + "assumeNotNull(as_of) FROM remora_sandbox.assessments WHERE pair = "
                        + "'BTC/USDT')"
                );
                return missing == "[]";
            },
            () => $"of {closes}, {missing} are not stored: " + service.Errors
        );
    }

    private async Task OnceAsync(StoreHost store)
    {
        // No service stored what another one had: rows of one moment are of one life
        Assert.Equal(
            "[]",
            await SqlAsync(
                store,
                "SELECT groupArray((pair, policy, assessed_at, as_of, lives)) FROM (SELECT pair, policy, assessed_at, "
                    + "as_of, groupUniqArray(arrayCount(began -> began <= sequence, "
                    + $"[{string.Join(", ", _lives)}]::Array(UInt64))) AS lives FROM remora_sandbox.assessments "
                    + "GROUP BY pair, policy, assessed_at, as_of HAVING length(lives) > 1)"
            )
        );
        // No batch was added twice
        Assert.Equal(
            "0",
            await SqlAsync(
                store,
                "SELECT (SELECT count() - uniqExact(sequence, pair, policy, assessed_at) FROM "
                    + "remora_sandbox.assessments) + (SELECT count() - uniqExact(sequence, at, microseconds) FROM "
                    + "remora_sandbox.api_requests)"
            )
        );
        await UntilAsync(
            async () =>
                await SqlAsync(
                    store,
                    "SELECT sum(gaps) FROM (SELECT dateDiff('minute', min(opened), max(opened)) / 5 + 1 - "
                        + "uniqExact(opened) AS gaps FROM remora_sandbox.candles WHERE timeframe = '5m' GROUP BY pair)"
                ) == "0",
            () => "the candles have gaps"
        );
        foreach (
            var (rows, rollup) in new[]
            {
                ("count() FROM remora_sandbox.assessments", "sum(assessments) FROM remora_sandbox.risk_1d"),
                ("count() FROM remora_sandbox.api_requests", "sum(calls) FROM remora_sandbox.traffic_1m"),
            }
        )
            await UntilAsync(
                async () => await SqlAsync(store, $"SELECT (SELECT {rows}) - (SELECT {rollup})") == "0",
                () => $"{rollup} is not {rows}"
            );
    }

    private async Task AskAsync(string url, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new(url) };
        while (!cancellation.IsCancellationRequested)
        {
            using var answer = await http.GetAsync("/api/v1/risk?pair=BTC/USDT", CancellationToken.None);
            var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
            if (JsonElement.Parse(text).GetProperty("as_of").GetString() is { } close)
                _seen.TryAdd(close, 0);
            Interlocked.Increment(ref _asked);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    // Returns which of the two records, when the other one knows it.
    private static async Task<int> RecordingAsync(RemoraProcess[] services)
    {
        var recording = -1;
        await UntilAsync(
            async () =>
            {
                var states = new List<JsonElement>();
                foreach (var service in services)
                    states.Add((await StoreOfAsync(service)).GetProperty("recording"));
                recording = states.FindIndex(state => state.GetProperty("here").GetBoolean());
                return recording >= 0
                    && states.Count(state => state.GetProperty("here").GetBoolean()) == 1
                    && states.TrueForAll(state => state.GetProperty("by").ValueKind == JsonValueKind.String);
            },
            () => "not one of the two records: " + string.Join('\n', services.Select(service => service.Errors))
        );
        return recording;
    }

    private static async Task<JsonElement> StoreOfAsync(RemoraProcess service) =>
        await StoreTests.GetAsync(await service.UrlAsync(), "/api/v1/store");

    private static async Task<string> SqlAsync(StoreHost store, string sql) => (await store.RunAsync(sql)).Trim();

    private static void Signal(RemoraProcess process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(100))
            Assert.True(waited.Elapsed < Patience, what());
    }
}
