using System.CommandLine;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Comparing;
using Remora.Vehicles.Loading;
using Remora.Vehicles.Measuring;
using Remora.Vehicles.Population;

namespace Remora.Vehicles;

/// <summary>All verbs: the table of contents.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        var data = new Option<string>("--data") { Description = "The folder with the store; when 'serve' has it open, that is asked", DefaultValueFactory = _ => "vehicles-data" };
        return new("Compares a car with its like over vehicle inspections, on rollups that are made before the data comes.")
        {
            Generate(), Load(data), Delta(data), Rebuild(data), Verify(data), Serve(data), Bench(),
        };
    }

    private static Command Generate()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Where the files go" };
        var vehicles = Whole("--vehicles", "How many vehicles; about six inspections come of each", 20_000, 1, 100_000_000);
        var seed = Whole("--seed", "The same seed gives the same files", 7, 0, int.MaxValue);
        var days = Whole("--days", "How many daily deltas", 3, 0, 365);
        return Does(new Command("generate", "Makes up vehicles, inspections and defects: Parquet files, and daily deltas as JSON") { folder, vehicles, seed, days }, async (parsed, cancellation) =>
        {
            await using var scratch = await ScratchEngine.StartAsync(cancellation);
            foreach (var file in await new PopulationFiles(scratch.Client, new(parsed.GetValue(vehicles), parsed.GetValue(seed), parsed.GetValue(days))).WriteAsync(parsed.GetValue(folder)!, cancellation))
                Console.WriteLine($"{Path.GetFileName(file)}  {new FileInfo(file).Length / 1024} KiB");
            return 0;
        });
    }

    private static Command Load(Option<string> data)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder with the Parquet files" };
        var detached = new Option<bool>("--detached") { Description = "Past the views: their states are computed beside and moved in" };
        return Does(new Command("load", "Loads the base: staging, checks, then the main tables. Interrupted, run it again") { folder, detached, data }, async (parsed, cancellation) =>
        {
            await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
            var report = await new BaseLoad(store).RunAsync(parsed.GetValue(folder)!, parsed.GetValue(detached), TimeProvider.System, new ProgressLines(), cancellation);
            foreach (var (load, what) in new[] { (report.Inspections, "inspections"), (report.Defects, "defects") })
                Console.WriteLine($"{load.Rows} {what}{(load.WasDoneBefore ? ", loaded before: nothing was done" : " loaded")}");
            return 0;
        });
    }

    private static Command Delta(Option<string> data)
    {
        var files = new Argument<string[]>("FILE") { Description = "Daily deltas, in their order", Arity = ArgumentArity.OneOrMore };
        return Does(new Command("delta", "Loads daily deltas: JSON, split into vehicles, inspections and defects") { files, data }, async (parsed, cancellation) =>
        {
            await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
            await store.ApplyAsync(cancellation);
            foreach (var file in parsed.GetValue(files)!)
            {
                var report = await new DailyDelta(store.Client).LoadAsync(file, cancellation);
                Console.WriteLine($"{Path.GetFileName(file)}: {report.Tests} tests, {report.Defects} defects{(report.WasDoneBefore ? ", loaded before: nothing was done" : "")}");
            }
            return 0;
        });
    }

    private static Command Rebuild(Option<string> data) => Does(new Command("rebuild", "Makes the views anew beside the old ones, and exchanges them; loads and answers go on") { data }, async (parsed, cancellation) =>
    {
        await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
        foreach (var rollup in store.Rollups)
        {
            var report = await rollup.RebuildAsync(progress: new ProgressLines(), cancellation: cancellation);
            Console.WriteLine($"{rollup.Definition.Name}: version {report.OldVersion} is now {report.NewVersion}, {report.BackfilledRows} rows");
        }
        return 0;
    });

    private static Command Verify(Option<string> data) => Does(new Command("verify", "Compares the views with the tables. Exit code: 0 the same, 1 not") { data }, async (parsed, cancellation) =>
    {
        await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
        var isExact = true;
        foreach (var rollup in store.Rollups)
        {
            var verification = await rollup.VerifyAsync(cancellation: cancellation);
            isExact &= verification.IsExact;
            Console.WriteLine($"{rollup.Definition.Name}: {verification.Rows} rows in {verification.Partitions} partitions, {(verification.IsExact ? "exact" : "NOT EXACT")}");
            foreach (var finding in verification.Findings) Console.WriteLine($"  {finding.Kind} from {finding.From:yyyy-MM-dd} to {finding.To:yyyy-MM-dd}: table {finding.SourceRows}, view {finding.RollupRows} ({finding.Explanation})");
            foreach (var partition in verification.Busy) Console.WriteLine($"  {partition} was being written");
        }
        return isExact ? 0 : 1;
    });

    private static Command Serve(Option<string> data)
    {
        var port = Whole("--port", "The loopback port to answer on; 0 is any free one", 8300, 0, 65535);
        return Does(new Command("serve", "Answers GET /vehicles/compare?make=&model=&fuel=&engine=, from the views or with &from=raw from the tables") { port, data }, async (parsed, cancellation) =>
        {
            await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
            await store.ApplyAsync(cancellation);
            await using var service = await CompareService.StartAsync(store, parsed.GetValue(port), cancellation);
            Console.WriteLine($"{service.Url}vehicles/compare");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return 0;
        });
    }

    private static Command Bench()
    {
        var vehicles = Whole("--vehicles", "How many vehicles; 8.4 million give 50 million inspections", 8_400_000, 1000, 100_000_000);
        var folder = new Option<string>("--folder") { Description = "Where the files and the store go until the end", DefaultValueFactory = _ => Path.GetTempPath() };
        return Does(new Command("bench", "Measures it all on this machine, and prints a table") { vehicles, folder }, async (parsed, cancellation) =>
        {
            await Measurement.RunAsync(parsed.GetValue(vehicles), parsed.GetValue(folder)!, cancellation);
            return 0;
        });
    }

    private static Command Does(Command command, Func<ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction(action);
        return command;
    }

    private static Option<int> Whole(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most)) result.AddError($"{name} takes a number from {least} to {most}, not {value}");
        });
        return option;
    }

    // One line on standard error for each step; the loads' own report goes to standard output.
    private sealed class ProgressLines : IProgress<RollupProgress>
    {
        public void Report(RollupProgress value) => Console.Error.WriteLine($"{value.Step} {value.Detail}{(value.Total > 0 ? $" {value.Done}/{value.Total}" : "")}");
    }
}
