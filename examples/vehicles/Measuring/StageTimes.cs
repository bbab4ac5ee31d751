using System.Diagnostics;
using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles.Measuring;

/// <summary>Measures the stages of the two loads by their progress.</summary>
internal sealed class StageTimes : IProgress<RollupProgress>
{
    private readonly List<(string Stage, long Begun)> _stages = [];

    public void Report(RollupProgress value)
    {
        // A load reports a chunk after inserting it; the first chunk starts after staging and
        // checks.
        var stage =
            value.Step == "stage" ? "stage"
            : value.Detail == "done" ? "done"
            : "load";
        if (_stages.Count == 0 || _stages[^1].Stage != stage)
            _stages.Add((stage, Stopwatch.GetTimestamp()));
    }

    public void End() => _stages.Add(("end", Stopwatch.GetTimestamp()));

    public IEnumerable<(string Stage, double Seconds, long Rows)> Stages(long inspections, long defects)
    {
        long[] rows = [inspections, defects];
        string[] names = ["inspections", "defects"];
        var load = 0;
        for (var i = 0; i + 1 < _stages.Count; i++)
        {
            if (_stages[i].Stage == "stage")
                yield return (
                    $"{names[load]}: files to staging",
                    Stopwatch.GetElapsedTime(_stages[i].Begun, _stages[i + 1].Begun).TotalSeconds,
                    rows[load]
                );
            if (_stages[i].Stage == "load")
                yield return (
                    $"{names[load]}: staging to the table through the views",
                    Stopwatch.GetElapsedTime(_stages[i].Begun, _stages[i + 1].Begun).TotalSeconds,
                    rows[load]
                );
            if (_stages[i].Stage == "done")
                load++;
        }
    }
}
