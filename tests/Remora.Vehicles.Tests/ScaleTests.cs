using System.Diagnostics;
using Remora.Testing;
using Remora.Vehicles.Bench;

namespace Remora.Vehicles.Tests;

/// <summary>bench/vehicles at a minimal size.</summary>
[Trait("speed", "slow")]
public sealed class ScaleTests : IDisposable
{
    private const string Tests = "3000";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-test-").FullName;

    private static string Program =>
        Path.GetFullPath(
            Path.Combine(
                AppContext.BaseDirectory,
                "..",
                "..",
                "Remora.Vehicles.Bench",
                Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
                "Remora.Vehicles.Bench.dll"
            )
        );

    private string Results => Path.Combine(_folder, "results.jsonl");

    [Fact]
    public async Task A_killed_run_continues_and_measures_every_stage()
    {
        await KillAsync("size 1: load-2016 …");
        var interrupted = await File.ReadAllTextAsync(Path.Combine(_folder, "running"));
        var isRecorded = StageLog.Open(_folder).Results.Any(result => NameOf(result) == interrupted);
        await File.AppendAllTextAsync(Results, "{\"size\":1,\"sta"); // a line that a kill has cut

        var (exit, output) = await RunAsync("--tests", Tests, "--size", "2", "--asks", "2", "--keep");
        Assert.True(exit == 0, output);
        var results = StageLog.Open(_folder).Results;
        Assert.Equal(ScalePlan.StagesOf([2]), results.Select(result => (result.Size, result.Stage)));
        Assert.True(isRecorded || results.Single(result => NameOf(result) == interrupted).Resumed);
        AssertMeasured(results);

        (exit, output) = await RunAsync("--again", "verify");
        Assert.True(exit == 0, output);
        var again = StageLog.Open(_folder).Results;
        Assert.Equal([.. results.Select(NameOf), "size 2: verify"], again.Select(NameOf));
        Assert.True(Directory.Exists(Path.Combine(_folder, "store")));

        // All is finished: only the store is dropped.
        (exit, output) = await RunAsync("--size", "2");
        Assert.True(exit == 0, output);
        Assert.False(Directory.Exists(Path.Combine(_folder, "store")));
        Assert.Equal(again.Count, StageLog.Open(_folder).Results.Count);
        foreach (var part in new[] { "| load detached, files to views, rows/s | ", "extrapolated", ", exact" })
            Assert.Contains(part, output);
        Assert.DoesNotContain("NOT EXACT", output);

        (exit, output) = await RunAsync("--again", "ask");
        Assert.Equal(1, exit);
        Assert.Contains("was deleted", output);
        (exit, output) = await RunAsync("--tests", "4000");
        Assert.Equal(1, exit);
        Assert.Contains($"was begun with --tests {Tests} --seed 7", output);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(301_000_000)]
    public void Each_size_is_three_times_the_last(long tests)
    {
        var plan = new ScalePlan(tests, Seed: 1);
        Assert.True(plan.VehiclesOf(ScalePlan.Sizes) * ScalePlan.TestsPerVehicle >= tests);
        for (var size = 2; size <= ScalePlan.Sizes; size++)
            Assert.InRange(plan.VehiclesOf(size) - (3 * plan.VehiclesOf(size - 1)), -30, 30);
    }

    private static void AssertMeasured(IReadOnlyList<StageResult> results)
    {
        var plan = new ScalePlan(long.Parse(Tests), ScalePlan.UsualSeed);
        for (var size = 1; size <= 2; size++)
        {
            var settled = results.Single(result => result.Size == size && result.Stage == ScalePlan.Settle).Figures;
            Assert.Equal(plan.VehiclesOf(size) * ScalePlan.TestsPerVehicle, settled["inspections_rows"]);
            foreach (var kind in new[] { "inspections", "defects" })
                Assert.Equal(
                    settled[$"{kind}_rows"],
                    results.Where(result => result.Size <= size).Sum(result => OfLoad(result, $"{kind}_rows"))
                );
            Assert.InRange(settled["defects_rows"] / settled["inspections_rows"], 1.8, 2.2);
        }
        var measured = results.Where(result => result.Size == 2).ToDictionary(result => result.Stage);
        Assert.Equal(5, measured[ScalePlan.Ask].Cars!.Count);
        Assert.All(
            measured[ScalePlan.Ask].Cars!,
            car => Assert.True(car is { Equal: true, Tests: > 0, ViewP50: > 0, RawP50: > 0 }, car.Car)
        );
        Assert.Equal(1, measured[ScalePlan.Verify].Figures["exact"]);
        Assert.Equal(1, measured[ScalePlan.Rebuild].Figures["exact"]);
        Assert.Equal(0, measured[ScalePlan.Rebuild].Figures["answers_changed"]);
        Assert.True(measured[ScalePlan.Delta].Figures["tests"] > 0);
        foreach (var stage in new[] { ScalePlan.Delta, ScalePlan.Rebuild })
        {
            Assert.True(measured[stage].Figures["asks"] > 0);
            Assert.Equal(0, measured[stage].Figures["wrong_answers"]);
        }
        Assert.All(results, result => Assert.True(result.EnginePeakBytes > 0 && result.EngineCpuSeconds >= 0));
    }

    private static double OfLoad(StageResult result, string figure) =>
        result.Stage.StartsWith(ScalePlan.Load) ? result.Figures[figure] : 0;

    private static string NameOf(StageResult result) => $"size {result.Size}: {result.Stage}";

    private async Task KillAsync(string atLine)
    {
        using var run = Start("--tests", Tests, "--size", "2", "--asks", "2", "--keep");
        while (await run.StandardOutput.ReadLineAsync() is { } line && line != atLine)
            Assert.StartsWith("size ", line);
        run.Kill();
        await run.WaitForExitAsync();
    }

    // The folder is locked until the engine of a killed run ends.
    private async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        for (var begun = Stopwatch.GetTimestamp(); ; await Task.Delay(200))
        {
            using var run = Start(arguments);
            using var deadline = new CancellationTokenSource(Patience);
            try
            {
                var output = run.StandardOutput.ReadToEndAsync(deadline.Token);
                var errors = run.StandardError.ReadToEndAsync(deadline.Token);
                await run.WaitForExitAsync(deadline.Token);
                var text = await output + await errors;
                if (!text.Contains("is open in another process") || Stopwatch.GetElapsedTime(begun) > Patience)
                    return (run.ExitCode, text);
            }
            finally
            {
                if (!run.HasExited)
                    run.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start(params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo("dotnet", [Program, _folder, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    public void Dispose()
    {
        // The engine of a killed run may still be ending.
        for (var begun = Stopwatch.GetTimestamp(); ; Thread.Sleep(100))
            try
            {
                Directory.Delete(_folder, recursive: true);
                return;
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(begun) < Patience)
            {
                // again
            }
    }
}
