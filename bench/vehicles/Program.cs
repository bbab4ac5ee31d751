using System.CommandLine;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Bench;

var folder = new Argument<string>("FOLDER") { Description = "Folder of the store and of results.jsonl" };
var tests = new Option<long?>("--tests")
{
    Description = $"Tests of the largest size, 1000 to 590000000 (default: {ScalePlan.UsualTests})",
};
var seed = new Option<int?>("--seed") { Description = $"The same seed gives the same rows ({ScalePlan.UsualSeed})" };
var sizes = new Option<int[]>("--size")
{
    Description = "Sizes to measure; smaller ones are only loaded, since the store grows (default: 1 2 3)",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1, 2, 3],
};
var again = new Option<string[]>("--again")
{
    Description = "Stages to repeat on the kept store at its present size: ask, verify, delta, rebuild",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
};
again.AcceptOnlyFromAmong([.. ScalePlan.Measuring]);
var keep = new Option<bool>("--keep") { Description = "Keep the store after the last stage, for --again" };
var asks = new Option<int>("--asks")
{
    Description = "Comparisons of each car from the views, 1 to 1000",
    DefaultValueFactory = _ => 40,
};
var report = new Option<bool>("--report") { Description = "Print the table of the results, and run nothing" };

// vehicle_car has room for 100 million vehicles
tests.Validators.Add(result =>
{
    if (result.GetValueOrDefault<long?>() is < 1000 or > 590_000_000)
        result.AddError("--tests: expected a number from 1000 to 590000000");
});
asks.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 1 or > 1000)
        result.AddError("--asks: expected a number from 1 to 1000");
});
sizes.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int[]>() is { } given && given.Any(size => size is < 1 or > ScalePlan.Sizes))
        result.AddError($"--size: expected numbers from 1 to {ScalePlan.Sizes}");
});
var command = new RootCommand("Measures the rollups of examples/vehicles at three sizes. Continues when repeated.")
{
    folder,
    tests,
    seed,
    sizes,
    again,
    keep,
    asks,
    report,
};
command.SetAction(
    async (parsed, cancellation) =>
    {
        var path = parsed.GetValue(folder)!;
        var plan = ScalePlan.Of(path, parsed.GetValue(tests), parsed.GetValue(seed));
        var log = StageLog.Open(path);
        var isDone = true;
        if (!parsed.GetValue(report))
            isDone = await ScaleStages.RunAsync(
                path,
                plan,
                log,
                parsed.GetValue(sizes)!,
                parsed.GetValue(again)!,
                parsed.GetValue(keep),
                parsed.GetValue(asks),
                cancellation
            );
        Console.WriteLine();
        Console.WriteLine(ScaleReport.Of(log));
        return isDone ? 0 : 1;
    }
);
try
{
    return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (ScaleStages.IsExpected(e) || e is EngineStartException or UnauthorizedAccessException)
{
    Console.Error.WriteLine("bench/vehicles: " + e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
