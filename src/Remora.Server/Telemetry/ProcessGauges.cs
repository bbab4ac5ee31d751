using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Remora.Server.Telemetry;

/// <summary>
/// Metrics of the process and its runtime, with the names of Prometheus client libraries.
/// </summary>
internal static class ProcessGauges
{
    private const string OpenFiles = "/proc/self/fd";

    public static void Register(Meter meter)
    {
        using var self = Process.GetCurrentProcess();
        var started = new DateTimeOffset(self.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableCounter(
            "process.cpu",
            () => Of(process => process.TotalProcessorTime.TotalSeconds),
            "s",
            "Processor time used."
        );
        meter.CreateObservableGauge(
            "process.resident.memory",
            () => Of(process => process.WorkingSet64),
            "By",
            "Memory of the process."
        );
        meter.CreateObservableGauge(
            "process.threads",
            () => Of(process => process.Threads.Count),
            null,
            "Threads of the process."
        );
        meter.CreateObservableGauge(
            "process.start.time",
            () => started,
            "s",
            "When the process started, in seconds since 1970."
        );
        if (Directory.Exists(OpenFiles))
            meter.CreateObservableGauge(
                "process.open.fds",
                () => Directory.GetFileSystemEntries(OpenFiles).Length,
                null,
                "Open file descriptors, sockets included."
            );
        meter.CreateObservableGauge(
            "dotnet.gc.heap",
            () => GC.GetTotalMemory(forceFullCollection: false),
            "By",
            "Bytes on the managed heap."
        );
        meter.CreateObservableCounter(
            "dotnet.gc.allocated",
            () => GC.GetTotalAllocatedBytes(),
            "By",
            "Bytes allocated on the managed heap."
        );
        meter.CreateObservableCounter(
            "dotnet.gc.pause",
            () => GC.GetTotalPauseDuration().TotalSeconds,
            "s",
            "Time all threads stood still for collections."
        );
        meter.CreateObservableCounter(
            "dotnet.gc.collections",
            () =>
                Enumerable
                    .Range(0, GC.MaxGeneration + 1)
                    .Select(generation => new Measurement<long>(
                        GC.CollectionCount(generation),
                        new KeyValuePair<string, object?>("generation", generation.ToString())
                    )),
            null,
            "Collections of each generation."
        );
        meter.CreateObservableGauge(
            "dotnet.thread.pool.threads",
            () => ThreadPool.ThreadCount,
            null,
            "Threads of the pool."
        );
        meter.CreateObservableGauge(
            "dotnet.thread.pool.queue.length",
            () => ThreadPool.PendingWorkItemCount,
            null,
            "Work that waits for a thread of the pool."
        );
    }

    private static double Of(Func<Process, double> figure)
    {
        using var process = Process.GetCurrentProcess();
        return figure(process);
    }
}
