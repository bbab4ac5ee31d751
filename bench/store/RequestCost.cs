using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse.Embedded;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Store.Bench;

/// <summary>
/// Measures what recorded requests cost at a constant rate: processor time of the engine and of
/// this process, which has the recorder.
/// </summary>
internal static class RequestCost
{
    private const int TicksPerSecond = 100;

    public static async Task RunAsync(int rate, int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("remora-request-cost-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = Path.Combine(folder, "store") });
            var store = new MarketStore(engine.Client, new());
            await store.PrepareAsync();
            var recorder = new Recorder(store, new() { JournalFolder = Path.Combine(folder, "journal") });
            using var stop = new CancellationTokenSource();
            var running = recorder.RunAsync(stop.Token);
            await SendAsync(recorder, rate, seconds: 5);
            await recorder.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(2));

            var (before, ownBefore) = (CpuOf(engine.Endpoint.Pid), CpuOf(Environment.ProcessId));
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var sent = await SendAsync(recorder, rate, seconds);
            await recorder.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(5)); // merges of what was inserted
            var (after, ownAfter) = (CpuOf(engine.Endpoint.Pid), CpuOf(Environment.ProcessId));
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            var health = recorder.Health;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{sent} requests at {rate} a second: engine {(after - before) * 1e6 / sent:F2} us, recorder "
                        + $"{(ownAfter - ownBefore) * 1e6 / sent:F2} us and {allocated / sent} bytes per request; "
                        + $"dropped {health.DroppedRows}"
                )
            );
            await stop.CancelAsync();
            await running;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Sends what is due every 5 ms.
    private static async Task<long> SendAsync(Recorder recorder, int rate, int seconds)
    {
        var watch = Stopwatch.StartNew();
        var sent = 0L;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            var due = (long)(watch.Elapsed.TotalSeconds * rate);
            var now = Instant.From(TimeProvider.System.GetUtcNow());
            for (; sent < due; sent++)
                recorder.Request(
                    new(
                        now,
                        "/api/v1/risk",
                        (sent % 3) switch
                        {
                            0 => "BTC/USDT",
                            1 => "ETH/USDT",
                            _ => "SOL/USDT",
                        },
                        (ulong)(sent % 3),
                        (ulong)(watch.ElapsedMilliseconds / 1000),
                        false,
                        200,
                        (uint)(20 + sent % 200),
                        null
                    )
                );
            await Task.Delay(5);
        }
        return sent;
    }

    private static double CpuOf(int pid)
    {
        var fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ", 2)[1].Split(' ');
        return (Ticks(11) + Ticks(12)) / TicksPerSecond;

        double Ticks(int at) => double.Parse(fields[at], CultureInfo.InvariantCulture);
    }
}
