using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;

namespace Remora.Cli.Tests;

/// <summary>
/// Kills the real service under load at random moments like a power failure, mostly alone and
/// sometimes after its engine.
/// </summary>
[Trait("speed", "slow")]
public sealed class ServiceKillTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new()
    {
        ["REMORA_STORE"] = "true",
        ["REMORA_RECORD_REQUESTS"] = "true",
    };
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] Asked =
    [
        "/api/v1/risk?pair=BTC/USDT",
        "/api/v1/risk?pair=ETH/USDT",
        "/api/v1/risk",
        "/api/v1/risk?pair=NO/PAIR",
        "/api/v1/status",
    ];

    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;
    private readonly List<long> _began = []; // start times of the runs in microseconds, like the sequence of rows
    private long _asked;

    private string Engine => Path.Combine(_data, "sandbox", "clickhouse");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    /// <summary>Two kills by default; REMORA_SERVICE_KILLS sets another number.</summary>
    [Fact]
    public async Task Killing_the_service_at_random_neither_loses_nor_duplicates_rows()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("REMORA_SERVICE_KILLS"), out var asked) ? asked : 2;
        var random = new Random(7);
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "300"]);
        var world = await sandbox.UrlAsync();
        // Rows that the store acknowledged, in all runs
        var written = new Dictionary<string, long>(StringComparer.Ordinal);
        var accepted = written; // and those in the journal
        var found = written;
        var unsent = 0;
        for (var life = 0; life <= kills; life++)
        {
            _began.Add((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            await using var service = RemoraProcess.Start(
                ["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT,ETH/USDT", "--data", _data],
                WithStore
            );
            var url = await service.UrlAsync();
            var isLast = life == kills;
            // The store may not be open yet, and the journal may contain batches
            var isLoadedAtOnce = life % 2 == 1 && !isLast;
            using var stop = new CancellationTokenSource();
            var load = isLoadedAtOnce ? LoadAsync(url, stop.Token) : null;
            if (life > 0)
                found = await FoundAsync(accepted, requestsRest: !isLoadedAtOnce, service);
            if (isLast)
            {
                await VerifyAsync();
                service.Terminate();
                Assert.Equal(0, await service.ExitAsync());
                break;
            }
            load ??= LoadAsync(url, stop.Token);
            await Task.Delay(random.Next(100, 3000));
            if (life % 4 == 3)
            {
                await KillTheEngineAsync();
                await Task.Delay(random.Next(0, 1500));
            }
            var acknowledged = await WrittenAsync(url);
            service.Kill();
            await service.ExitAsync();
            await stop.CancelAsync();
            await load;
            foreach (var (table, rows) in acknowledged)
                written[table] = written.GetValueOrDefault(table) + rows;
            accepted = new(written, StringComparer.Ordinal);
            foreach (var (table, rows) in Journal())
            {
                accepted[table] = accepted.GetValueOrDefault(table) + rows; // counted as written by the next run
                unsent++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{kills} kills of the service, {unsent} batches in the journal at them, "
                    + $"{Interlocked.Read(ref _asked)} requests sent; there: "
                    + $"{string.Join(", ", found.Select(table => $"{table.Value} {table.Key}"))}"
            )
        );
    }

    // While the service runs: it may stop in the middle of an insert. Until the next start, which
    // sends that batch of the journal again, the rollups may lack rows of the table.
    private async Task VerifyAsync()
    {
        var (exit, verified, errors) = await RemoraProcess.RunAsync(
            "rollup",
            "verify",
            Rollups(),
            "--data",
            Path.Combine(_data, "sandbox")
        );
        Assert.True(exit == 0, verified + errors);
    }

    // Returns the rows after a start: everything that was in the store or the journal, each once,
    // with equal rollups.
    private async Task<Dictionary<string, long>> FoundAsync(
        Dictionary<string, long> accepted,
        bool requestsRest,
        RemoraProcess service
    )
    {
        var left = StoreTests.BatchesOf(_data);
        await UntilAsync(
            () => Task.FromResult(!left.Any(File.Exists)),
            () => "the journal is emptied: " + service.Errors
        );
        // A kill right after the first start leaves no database: wait until it is created
        await StoreTests.UntilAsync(
            await service.UrlAsync(),
            "/api/v1/store",
            store =>
            {
                Interlocked.Increment(ref _asked);
                return store.GetProperty("ready").GetBoolean();
            },
            service
        );
        using var client = await ConnectAsync();
        long Single(string sql) => client.SingleAsync(sql, row => row.Int64()).GetAwaiter().GetResult();

        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in new[] { "api_requests", "assessments" })
            found[table] = Single($"SELECT count()::Int64 FROM {table}");
        foreach (var (table, rows) in found)
            Assert.True(
                rows >= accepted.GetValueOrDefault(table),
                $"{table}: {rows} rows of {accepted.GetValueOrDefault(table)} that were acknowledged"
            );
        Assert.InRange(found["api_requests"], 0, Interlocked.Read(ref _asked));
        foreach (var table in found.Keys)
            // No duplicate batch
            Assert.Equal(0, Single($"SELECT count()::Int64 - uniqExact(sequence)::Int64 FROM {table}"));
        // No later run computes and stores an assessment again. Within a run, several can have one
        // moment: observations at the moment of a close.
        Assert.Equal(
            "[]",
            await client.SingleAsync(
                $"""
                SELECT toString(groupArray((pair, policy, assessed_at, lives)))
                FROM (SELECT pair, policy, assessed_at, groupUniqArray(arrayCount(began -> began <= sequence, [{string.Join(
                    ", ",
                    _began
                )}]::Array(UInt64))) AS lives FROM assessments GROUP BY pair, policy, assessed_at, answer HAVING length(lives) > 1)
                """,
                row => row.String()
            )
        );
        Assert.Equal(
            0,
            Single("SELECT count()::Int64 - uniqExact(exchange, pair, timeframe, opened)::Int64 FROM candles FINAL")
        );
        // Candles that closed meanwhile are requested after the start
        await UntilAsync(
            () =>
                Task.FromResult(
                    Single(
                        "SELECT sum(gaps)::Int64 FROM (SELECT dateDiff('minute', min(opened), max(opened)) / 5 + 1 - "
                            + "uniqExact(opened) AS gaps FROM candles WHERE timeframe = '5m' GROUP BY exchange, pair)"
                    ) == 0
                ),
            () => "the candles have no gap: " + service.Errors
        );
        // Rows come all the time, and reach a rollup a moment after its table
        Task RollupAsync(string ofTable, string ofRollup) =>
            UntilAsync(
                () => Task.FromResult(Single($"SELECT ({ofTable})::Int64 - ({ofRollup})::Int64") == 0),
                () => $"{ofRollup} says what {ofTable} says"
            );
        if (requestsRest)
        {
            await RollupAsync("SELECT count() FROM api_requests", "SELECT sum(calls) FROM traffic_1m");
            await RollupAsync("SELECT countIf(status < 400) FROM api_requests", "SELECT sum(calls) FROM queries_12h");
        }
        await RollupAsync("SELECT count() FROM assessments", "SELECT sum(assessments) FROM risk_1d");
        return found;
    }

    private async Task LoadAsync(string url, CancellationToken cancellation) =>
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async caller =>
                {
                    using var http = new HttpClient { BaseAddress = new(url) };
                    for (var i = caller; !cancellation.IsCancellationRequested; i++)
                    {
                        try
                        {
                            Interlocked.Increment(ref _asked);
                            using var answer = await http.GetAsync(Asked[i % Asked.Length], CancellationToken.None);
                        }
                        catch (HttpRequestException)
                        {
                            return; // killed
                        }
                    }
                })
        );

    private async Task<Dictionary<string, long>> WrittenAsync(string url)
    {
        using var http = new HttpClient();
        Interlocked.Increment(ref _asked);
        var health = JsonElement.Parse(await http.GetStringAsync(url + "/api/v1/store"));
        return health
            .GetProperty("recorder")
            .GetProperty("written_rows")
            .EnumerateObject()
            .ToDictionary(table => table.Name, table => table.Value.GetInt64(), StringComparer.Ordinal);
    }

    private IEnumerable<(string Table, long Rows)> Journal() =>
        StoreTests
            .BatchesOf(_data)
            .Select(file => Path.GetFileName(file).Split('-'))
            .Select(parts => (parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture)));

    private async Task<ClickHouseClient> ConnectAsync()
    {
        await UntilAsync(async () => await EngineFolder.IsOpenAsync(Engine), () => "the engine answers");
        return new(EngineFolder.OptionsOf(Engine) with { Database = "remora" });
    }

    private async Task KillTheEngineAsync()
    {
        await UntilAsync(
            () => Task.FromResult(File.Exists(Path.Combine(Engine, "endpoint"))),
            () => "the engine is there"
        );
        var endpoint = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Engine, "endpoint")));
        try
        {
            using var engine = Process.GetProcessById(endpoint.GetProperty("pid").GetInt32());
            if (
                engine.ProcessName.Contains("dotnet", StringComparison.Ordinal)
                || engine.ProcessName.Contains("Remora", StringComparison.Ordinal)
            )
                engine.Kill();
        }
        catch (ArgumentException)
        {
            // the engine of the previous run has ended; that of this run is starting
        }
    }

    // Without the rollup that only exists when keep_query_minutes is set
    private string Rollups()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Remora.slnx")))
            folder = folder.Parent;
        var kept = Directory.CreateDirectory(Path.Combine(_data, "rollups")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(folder.FullName, "src", "Remora.Store", "Rollups")))
            if (Path.GetFileName(file) != "query_minutes.sql")
                File.Copy(file, Path.Combine(kept, Path.GetFileName(file)), overwrite: true);
        return kept;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); )
        {
            Assert.True(waited.Elapsed < Patience, "it did not come to this: " + what());
            await Task.Delay(100);
        }
    }
}
