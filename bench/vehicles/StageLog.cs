using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Vehicles.Bench;

/// <summary>A finished stage: a line of results.jsonl.</summary>
internal sealed record StageResult
{
    public required int Size { get; init; }

    public required string Stage { get; init; }

    public required DateTimeOffset Ended { get; init; }

    /// <summary>Wall time.</summary>
    public required double Seconds { get; init; }

    /// <summary>
    /// User and system time of the engine; null if the engine restarted meanwhile.
    /// </summary>
    public required double? EngineCpuSeconds { get; init; }

    /// <summary>The same of this program, which sends files and asks.</summary>
    public required double ClientCpuSeconds { get; init; }

    /// <summary>The peak of the engine's resident memory during the stage.</summary>
    public required long EnginePeakBytes { get; init; }

    /// <summary>The machine's load average over a minute, before and after.</summary>
    public required double LoadBefore { get; init; }

    public required double LoadAfter { get; init; }

    /// <summary>The cores that this program and the engine can use.</summary>
    public required int Cores { get; init; }

    /// <summary>Whether an earlier run was interrupted in this stage: no times count.</summary>
    public required bool Resumed { get; init; }

    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    public IReadOnlyList<CarResult>? Cars { get; init; }
}

/// <summary>The times of one car's comparison, in milliseconds.</summary>
internal sealed record CarResult(
    string Car,
    long Tests,
    int ViewAsks,
    double ViewP50,
    double ViewP95,
    int RawAsks,
    double RawP50,
    double RawP95,
    bool Equal
);

/// <summary>The file of finished stages. A line that was cut by a kill does not count.</summary>
internal sealed class StageLog
{
    private readonly string _path;
    private readonly List<StageResult> _results = [];

    private StageLog(string path) => _path = path;

    public IReadOnlyList<StageResult> Results => _results;

    public static StageLog Open(string folder)
    {
        var log = new StageLog(Path.Combine(folder, "results.jsonl"));
        if (!File.Exists(log._path))
            return log;
        var text = File.ReadAllText(log._path);
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            log._results.Add(
                JsonSerializer.Deserialize(line, StageJson.Default.StageResult)
                    ?? throw new InvalidDataException($"{log._path} has an empty line")
            );
        if (whole.Length < text.Length)
            File.WriteAllText(log._path, whole);
        return log;
    }

    /// <summary>Returns the last result of a stage; null if it has not finished.</summary>
    public StageResult? Find(int size, string stage) =>
        _results.LastOrDefault(result => result.Size == size && result.Stage == stage);

    public void Append(StageResult result)
    {
        using var file = new FileStream(_path, FileMode.Append, FileAccess.Write);
        file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(result, StageJson.Default.StageResult) + "\n"));
        file.Flush(flushToDisk: true);
        _results.Add(result);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(StageResult))]
internal sealed partial class StageJson : JsonSerializerContext;
