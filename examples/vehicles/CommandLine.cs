using System.CommandLine;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Comparing;
using Remora.Vehicles.Loading;
using Remora.Vehicles.Population;

namespace Remora.Vehicles;

/// <summary>All verbs: the table of contents.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "Folder of the store; if 'serve' has it open, its engine is used",
            DefaultValueFactory = _ => "vehicles-data",
        };
        return new("Compares a car with similar cars by vehicle inspections, with rollups.")
        {
            Generate(),
            Load(data),
            Delta(data),
            Rebuild(data),
            Verify(data),
            Serve(data),
        };
    }

    private static Command Generate()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Output folder" };
        var vehicles = Whole(
            "--vehicles",
            "Number of vehicles; each has about six inspections",
            20_000,
            1,
            100_000_000
        );
        var seed = Whole("--seed", "Seed: the same seed gives the same files", 7, 0, int.MaxValue);
        var days = Whole("--days", "Number of daily deltas", 3, 0, 365);
        return Does(
            new Command(
                "generate",
                "Generates vehicles, inspections and defects: Parquet files, and daily deltas as JSON"
            )
            {
                folder,
                vehicles,
                seed,
                days,
            },
            async (parsed, cancellation) =>
            {
                await using var scratch = await ScratchEngine.StartAsync(cancellation);
                foreach (
                    var file in await new PopulationFiles(
                        scratch.Client,
                        new(parsed.GetValue(vehicles), parsed.GetValue(seed), parsed.GetValue(days))
                    ).WriteAsync(parsed.GetValue(folder)!, cancellation)
                )
                    Console.WriteLine($"{Path.GetFileName(file)}  {new FileInfo(file).Length / 1024} KiB");
                return 0;
            }
        );
    }

    private static Command Load(Option<string> data)
    {
        var folder = new Argument<string>("FOLDER") { Description = "Folder of the Parquet files" };
        var detached = new Option<bool>("--detached")
        {
            Description = "Bypass the views: compute their states separately and move them in",
        };
        return Does(
            new Command(
                "load",
                "Loads the base data: staging, checks, then the main tables. Repeat it after an interruption"
            )
            {
                folder,
                detached,
                data,
            },
            async (parsed, cancellation) =>
            {
                await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
                var report = await new BaseLoad(store).RunAsync(
                    parsed.GetValue(folder)!,
                    parsed.GetValue(detached),
                    TimeProvider.System,
                    new ProgressLines(),
                    cancellation
                );
                foreach (var (load, what) in new[] { (report.Inspections, "inspections"), (report.Defects, "defects") })
                    Console.WriteLine(
                        $"{load.Rows} {what}{(load.WasDoneBefore ? ", loaded before, nothing to do" : " loaded")}"
                    );
                return 0;
            }
        );
    }

    private static Command Delta(Option<string> data)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Daily deltas, in order",
            Arity = ArgumentArity.OneOrMore,
        };
        return Does(
            new Command("delta", "Loads daily deltas: JSON, split into vehicles, inspections and defects")
            {
                files,
                data,
            },
            async (parsed, cancellation) =>
            {
                await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
                await store.ApplyAsync(cancellation);
                foreach (var file in parsed.GetValue(files)!)
                {
                    var report = await new DailyDelta(store.Client).LoadAsync(file, cancellation);
                    Console.WriteLine(
                        $"{Path.GetFileName(file)}: {report.Tests} tests, {report.Defects} "
                            + $"defects{(report.WasDoneBefore ? ", loaded before, nothing to do" : "")}"
                    );
                }
                return 0;
            }
        );
    }

    private static Command Rebuild(Option<string> data) =>
        Does(
            new Command("rebuild", "Builds new views beside the old ones, and exchanges them, during loads and queries")
            {
                data,
            },
            async (parsed, cancellation) =>
            {
                await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
                foreach (var rollup in store.Rollups)
                {
                    var report = await rollup.RebuildAsync(progress: new ProgressLines(), cancellation: cancellation);
                    Console.WriteLine(
                        $"{rollup.Definition.Name}: version {report.OldVersion} is now {report.NewVersion}, "
                            + $"{report.BackfilledRows} rows"
                    );
                }
                return 0;
            }
        );

    private static Command Verify(Option<string> data) =>
        Does(
            new Command("verify", "Compares the views with the tables. Exit code: 0 equal, 1 different") { data },
            async (parsed, cancellation) =>
            {
                await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
                var isExact = true;
                foreach (var rollup in store.Rollups)
                {
                    var verification = await rollup.VerifyAsync(cancellation: cancellation);
                    isExact &= verification.IsExact;
                    Console.WriteLine(
                        $"{rollup.Definition.Name}: {verification.Rows} rows in {verification.Partitions} "
                            + $"partitions, {(verification.IsExact ? "exact" : "NOT EXACT")}"
                    );
                    foreach (var finding in verification.Findings)
                        Console.WriteLine(
                            $"  {finding.Kind} from {finding.From:yyyy-MM-dd} to {finding.To:yyyy-MM-dd}: table "
                                + $"{finding.SourceRows}, view {finding.RollupRows} ({finding.Explanation})"
                        );
                    foreach (var partition in verification.Busy)
                        Console.WriteLine($"  {partition} received inserts");
                }
                return isExact ? 0 : 1;
            }
        );

    private static Command Serve(Option<string> data)
    {
        var port = Whole("--port", "Loopback port; 0 for any free port", 8300, 0, 65535);
        return Does(
            new Command(
                "serve",
                "Serves GET /vehicles/compare?make=&model=&fuel=&engine=, from the views, or with &from=raw from "
                    + "the tables"
            )
            {
                port,
                data,
            },
            async (parsed, cancellation) =>
            {
                await using var store = await VehicleStore.OpenAsync(parsed.GetValue(data)!, cancellation);
                await store.ApplyAsync(cancellation);
                await using var service = await CompareService.StartAsync(store, parsed.GetValue(port), cancellation);
                Console.WriteLine($"{service.Url}vehicles/compare");
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return 0;
            }
        );
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
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
                result.AddError($"{name} {value}: expected a number from {least} to {most}");
        });
        return option;
    }

    // One line on standard error for each step; the loads' own report goes to standard output.
    private sealed class ProgressLines : IProgress<RollupProgress>
    {
        public void Report(RollupProgress value) =>
            Console.Error.WriteLine(
                $"{value.Step} {value.Detail}{(value.Total > 0 ? $" {value.Done}/{value.Total}" : "")}"
            );
    }
}
