using System.Diagnostics;
using System.Globalization;
using Remora.ClickHouse.Embedded;

namespace Remora.Vehicles.Bench;

/// <summary>Measures a stage: time, processor time, memory, load of the machine.</summary>
internal sealed class StageMeter
{
    private const double TicksPerSecond = 100; // USER_HZ, of Linux's interface

    private readonly EmbeddedEngine _engine;
    private readonly int _pid;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly double _engineCpu;
    private readonly double _clientCpu = ClientCpu();
    private readonly double _load = Load();

    public StageMeter(EmbeddedEngine engine)
    {
        _engine = engine;
        _pid = engine.Endpoint.Pid;
        _engineCpu = EngineCpu(_pid);
        File.WriteAllText($"/proc/{_pid}/clear_refs", "5"); // the peak is that from now on
    }

    /// <summary>The figures of the stage, in the order of the report.</summary>
    public Dictionary<string, double> Figures { get; } = [];

    public IReadOnlyList<CarResult>? Cars { get; set; }

    public StageResult Finish(int size, string stage, bool wasInterrupted) =>
        new()
        {
            Size = size,
            Stage = stage,
            Ended = TimeProvider.System.GetUtcNow(),
            Seconds = Round(Stopwatch.GetElapsedTime(_begun).TotalSeconds),
            EngineCpuSeconds = _engine.Endpoint.Pid == _pid ? Round(EngineCpu(_pid) - _engineCpu) : null,
            ClientCpuSeconds = Round(ClientCpu() - _clientCpu),
            EnginePeakBytes = Peak(_engine.Endpoint.Pid),
            LoadBefore = _load,
            LoadAfter = Load(),
            Cores = Environment.ProcessorCount,
            Resumed = wasInterrupted,
            Figures = Figures.ToDictionary(figure => figure.Key, figure => Round(figure.Value)),
            Cars = Cars,
        };

    public static double Round(double value) => Math.Round(value, 3);

    /// <summary>
    /// Runs a part of a stage, and adds its seconds and the engine's processor time to the figures.
    /// </summary>
    public async Task<T> TimeAsync<T>(string name, Func<Task<T>> part)
    {
        var (begun, cpu) = (Stopwatch.GetTimestamp(), EngineCpu(_engine.Endpoint.Pid));
        var result = await part();
        Add($"{name}_s", Stopwatch.GetElapsedTime(begun).TotalSeconds);
        Add($"{name}_cpu_s", EngineCpu(_engine.Endpoint.Pid) - cpu);
        return result;

        void Add(string figure, double value) => Figures[figure] = Figures.GetValueOrDefault(figure) + value;
    }

    // The name of the process, in parentheses, can contain spaces.
    private static double EngineCpu(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private static double ClientCpu()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    private static double Load() => Number(File.ReadAllText("/proc/loadavg").Split(' ')[0]);

    private static long Peak(int pid) =>
        File.ReadLines($"/proc/{pid}/status")
            .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(line => (long)Number(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) * 1024)
            .First();

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
