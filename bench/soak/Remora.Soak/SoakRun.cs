using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Remora.Soak;

/// <summary>
/// Runs everything: sandbox, service, load, faults, samples, and at the end the checks.
/// </summary>
internal sealed class SoakRun(string program, TimeSpan length, double speed, double perSecond, int readers, int seed)
{
    private const string Pairs = "BTC/USDT,ETH/USDT,SOL/USDT";
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-soak-").FullName;
    private readonly List<string> _failed = [];
    private readonly List<string> _events = [];
    private readonly Stopwatch _watch = new();

    /// <summary>Whether every check passed.</summary>
    public async Task<bool> RunAsync()
    {
        await using var sandbox = Child.Start(
            program,
            Path.Combine(_folder, "sandbox.log"),
            "sandbox",
            "--port",
            "0",
            "--speed",
            Text(speed),
            "--seed",
            Text(seed)
        );
        var world = new Uri(await sandbox.UrlAsync());
        await using var service = Child.Start(
            program,
            Path.Combine(_folder, "service.log"),
            "serve",
            "--sandbox",
            world.ToString(),
            "--pairs",
            Pairs,
            "--data",
            Path.Combine(_folder, "data"),
            "--port",
            "0"
        );
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        await UntilAsync("the service is ready", async () => (await http.GetAsync("/readyz")).IsSuccessStatusCode);
        Console.WriteLine(
            $"{length.TotalMinutes:0.#} minutes at {Text(speed)} times real time, {Text(perSecond)} requests a "
                + $"second, {readers} readers of the stream, storm seed {seed}; logs in {_folder}"
        );

        var callers = new Callers(http.BaseAddress!, Pairs.Split(','), perSecond, readers, seed);
        using var enough = new CancellationTokenSource();
        var calling = callers.RunAsync(enough.Token);
        _watch.Start();
        var breaking = BreakAsync(world, service);
        var samples = await SampleAsync(service, http, breaking);
        await breaking;
        await enough.CancelAsync();
        await calling;

        await FaultAsync(world, null);
        var ownStatus = await UntilLiveAsync(http);
        foreach (var line in _events)
            Console.WriteLine(line);
        Check("memory, handles and threads are flat in the second half", samples.Report());
        var statuses = callers.Statuses.OrderBy(status => status.Key).Select(status => $"{status.Key} {status.Value}");
        Console.WriteLine(
            $"sent {callers.Asked.Values.Sum()}: {string.Join(", ", statuses)}; events read {callers.Events}"
        );
        var excused = callers.Failures.Where(failure => !IsOfTheKill(failure)).ToList();
        foreach (var failure in callers.Failures.Take(20))
            Console.WriteLine($"  {failure}{(IsOfTheKill(failure) ? "  (just after the engine was killed)" : "")}");
        Check("no 5xx and no lost response of regular callers", excused.Count == 0);
        Check($"no stream was cut ({callers.Cut})", callers.Cut == 0);
        foreach (var error in service.Errors.Take(20))
            Console.WriteLine("  " + error);
        Check($"no error in the service's log ({service.Errors.Count})", service.Errors.Count == 0);

        var expected = new Dictionary<string, long>(callers.Asked, StringComparer.Ordinal);
        Add("/api/v1/status", ownStatus);
        await FaultAsync(world, """{"kind":"refused"}"""); // no new data arrives, so that counts can be compared
        var (handedOver, asked) = await UntilQuietAsync(http);
        Add("/api/v1/store", asked);
        foreach (
            var (name, passed) in await new StoreCheck(
                Path.Combine(_folder, "data", "sandbox"),
                handedOver,
                expected
            ).RunAsync()
        )
            Check(name, passed);
        await FaultAsync(world, null);
        var (wrong, compared) = await StoreCheck.CompareCandlesAsync(
            Path.Combine(_folder, "data", "sandbox"),
            world,
            Pairs.Split(',')
        );
        Check(
            $"every stored 5m candle equals the sandbox's, without gaps ({compared} compared, {wrong} wrong or "
                + $"missing)",
            wrong == 0 && compared > 0
        );

        var (took, exitCode) = await service.StopAsync();
        Check(
            $"SIGTERM: ended with {exitCode} after {took.TotalSeconds:F1} s",
            exitCode == 0 && took < TimeSpan.FromSeconds(5)
        );
        Console.WriteLine(
            _failed.Count == 0 ? "all checks passed" : $"{_failed.Count} checks FAILED: {string.Join("; ", _failed)}"
        );
        return _failed.Count == 0;

        void Add(string route, long count) => expected[route] = expected.GetValueOrDefault(route) + count;
    }

    private async Task<Samples> SampleAsync(Child service, HttpClient http, Task breaking)
    {
        var samples = new Samples();
        var interval = TimeSpan.FromSeconds(Math.Min(60, length.TotalSeconds / 12));
        for (var next = interval; next <= length; next += interval)
        {
            while (_watch.Elapsed < next)
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                samples.Read(
                    service.Id,
                    service.ChildOf("ccxt-bridge"),
                    service.ChildOf("ClickHouseHost"),
                    await HeapAsync(http)
                );
            }
            samples.Add(_watch.Elapsed.TotalMinutes);
            if (breaking.IsFaulted)
                await breaking;
            if (service.HasExited)
                throw new InvalidOperationException("the service has ended; see its log in " + _folder);
        }
        return samples;
    }

    /// <summary>
    /// Causes random faults, kills the bridge and the engine once each, and causes a long outage,
    /// all in the first half.
    /// </summary>
    private async Task BreakAsync(Uri world, Child service)
    {
        var storm = $$"""{"kind":"random","seed":{{seed}},"mean_quiet_seconds":15,"mean_fault_seconds":6}"""; // of real time
        await FaultAsync(world, storm);
        await AtAsync(0.15, "the bridge is killed", () => Kill(service, "ccxt-bridge"));
        await AtAsync(0.25, "the engine is killed", () => Kill(service, "ClickHouseHost"));
        await AtAsync(
            0.35,
            "every exchange and source refuses connections",
            async () => await FaultAsync(world, """{"kind":"refused"}""")
        );
        await AtAsync(
            0.40,
            "exchanges and sources respond again",
            async () =>
            {
                await FaultAsync(world, null);
                await FaultAsync(world, storm);
            }
        );
    }

    private async Task AtAsync(double share, string what, Func<Task> act)
    {
        var wait = (length * share) - _watch.Elapsed;
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait);
        await act();
        _events.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"minute {_watch.Elapsed.TotalMinutes:F1}, {DateTime.UtcNow:HH:mm:ss}: {what}"
            )
        );
    }

    private static Task Kill(Child service, string part)
    {
        if (service.ChildOf(part) is { } id)
            Child.Signal(id, "KILL");
        else
            throw new InvalidOperationException($"the service has no child '{part}'");
        return Task.CompletedTask;
    }

    // Requests that require the store can return 503 while its engine restarts.
    private bool IsOfTheKill(string failure)
    {
        if (
            _events.FirstOrDefault(line => line.EndsWith("the engine is killed", StringComparison.Ordinal))
            is not { } kill
        )
            return false;
        var at = TimeSpan.Parse(kill.Split(", ")[1][..8], CultureInfo.InvariantCulture);
        var later = TimeSpan.Parse(failure[..8], CultureInfo.InvariantCulture) - at;
        return failure.Contains(" 503 ", StringComparison.Ordinal)
            && later >= TimeSpan.FromSeconds(-1)
            && later < TimeSpan.FromSeconds(20);
    }

    private static async Task FaultAsync(Uri world, string? order)
    {
        using var http = new HttpClient { BaseAddress = world };
        using var content = order is null ? null : new StringContent(order, null, "application/json");
        using var answer = order is null
            ? await http.DeleteAsync("/sandbox/faults")
            : await http.PostAsync("/sandbox/faults", content);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<double?> HeapAsync(HttpClient http)
    {
        const string name = "dotnet_gc_heap_bytes ";
        var line = (await http.GetStringAsync("/metrics"))
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until every market is live. Returns the number of requests.</summary>
    private static async Task<int> UntilLiveAsync(HttpClient http)
    {
        var asked = 0;
        await UntilAsync(
            "every market is live again",
            async () =>
            {
                asked++;
                using var status = JsonDocument.Parse(await http.GetStringAsync("/api/v1/status"));
                return status
                    .RootElement.GetProperty("markets")
                    .EnumerateArray()
                    .All(market => market.GetProperty("state").GetString() == "live");
            }
        );
        return asked;
    }

    /// <summary>Waits until no market data is handed over and no rows wait.</summary>
    private static async Task<(Dictionary<string, long> HandedOver, int Asked)> UntilQuietAsync(HttpClient http)
    {
        var before = "";
        var asked = 0;
        Dictionary<string, long> last = [];
        await UntilAsync(
            "no rows are recorded",
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(5));
                asked++;
                using var store = JsonDocument.Parse(await http.GetStringAsync("/api/v1/store"));
                var recorder = store.RootElement.GetProperty("recorder");
                last = recorder.GetProperty("handed_over_rows").Deserialize<Dictionary<string, long>>()!;
                last["dropped"] = recorder.GetProperty("dropped_rows").GetInt64();
                last["waiting"] =
                    recorder.GetProperty("queued_rows").GetInt64() + recorder.GetProperty("journal_batches").GetInt64()
                    > 3
                        ? asked
                        : 0; // one or two of these requests always wait
                last["set aside"] = recorder.GetProperty("set_aside").GetArrayLength();
                var now = string.Join(' ', last.Where(table => table.Key != "api_requests"));
                return now == (before, before = now).Item1 && last["waiting"] == 0;
            },
            TimeSpan.FromMinutes(10)
        );
        Console.WriteLine($"idle, with no waiting rows, {asked * 5} s after the load ended");
        await Task.Delay(TimeSpan.FromSeconds(5)); // the last of these requests is recorded too
        return (last, asked);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isTrue, TimeSpan? timeout = null)
    {
        var longest = timeout ?? TimeSpan.FromMinutes(2);
        var watch = Stopwatch.StartNew();
        while (!await isTrue())
        {
            if (watch.Elapsed > longest)
                throw new TimeoutException($"timeout after {longest.TotalMinutes:0} minutes: {what}");
            await Task.Delay(500);
        }
    }

    private void Check(string what, bool passed)
    {
        Console.WriteLine($"{(passed ? "ok    " : "FAILED")} {what}");
        if (!passed)
            _failed.Add(what);
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
