using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles.Bench;

/// <summary>Runs what is left of the stages.</summary>
internal static class ScaleStages
{
    /// <returns>Whether all stages are finished.</returns>
    public static async Task<bool> RunAsync(
        string folder,
        ScalePlan plan,
        StageLog log,
        IReadOnlyCollection<int> sizes,
        IReadOnlyList<string> again,
        bool keep,
        int asks,
        CancellationToken cancellation
    )
    {
        var isStored = Directory.Exists(ScaleRun.StoreOf(folder));
        var loaded = log.Results.Where(result => result.Stage == ScalePlan.Settle).Max(result => (int?)result.Size);
        var left =
            again.Count > 0
                ? [.. again.Select(stage => (Size: loaded ?? 0, Stage: stage))]
                : ScalePlan.StagesOf(sizes).Where(stage => log.Find(stage.Size, stage.Stage) is null).ToList();
        if (left.Count > 0 && !isStored && log.Results.Count > 0)
            throw new InvalidDataException(
                $"the store of '{folder}' was deleted after its last stage: run it with --keep in another folder"
            );
        if (again.Count > 0 && (loaded is null || log.Results[^1].Stage.StartsWith(ScalePlan.Load)))
            throw new InvalidDataException("--again repeats stages of a size that is loaded: finish the load first");
        // What was not measured before the store grew cannot be measured any more
        left = [.. left.Where(stage => !ScalePlan.Measuring.Contains(stage.Stage) || stage.Size >= Begun(log))];
        var hasFailed = false;
        if (left.Count > 0)
        {
            await using var run = await ScaleRun.StartAsync(folder, plan, log, asks, cancellation);
            foreach (var (size, stage) in left)
            {
                var isMeasuring = ScalePlan.Measuring.Contains(stage);
                if (hasFailed && !isMeasuring)
                    break; // the next size; what failed can be repeated at this one
                try
                {
                    await run.RunAsync(size, stage, cancellation);
                }
                catch (Exception e) when (isMeasuring && IsExpected(e))
                {
                    hasFailed = true;
                    Console.Error.WriteLine($"bench/vehicles: size {size}: {stage}: {e.Message}");
                }
            }
        }
        if (!hasFailed && !keep && again.Count == 0 && isStored | left.Count > 0)
            foreach (var part in new[] { ScaleRun.StoreOf(folder), Path.Combine(folder, "files") })
                Directory.Delete(part, recursive: true);
        return !hasFailed;
    }

    /// <summary>Whether an error is explained by its message.</summary>
    public static bool IsExpected(Exception e) =>
        e
            is RollupException
                or ClickHouseException
                or ClickHouseUnavailableException
                or HttpRequestException
                or TimeoutException
                or InvalidDataException
                or IOException;

    private static int Begun(StageLog log) => log.Results.Max(result => (int?)result.Size) ?? 0;
}
