using System.CommandLine;
using Remora.Cli.Render;

namespace Remora.Cli.Commands.Rollups;

/// <summary>
/// The subcommands that create, repair and drop rollups. None changes the source.
/// </summary>
internal static class WriteCommands
{
    public static Command Apply() =>
        new RollupVerb(
            "apply",
            "Creates missing tables, materialized views and views. Run it before data is loaded, so that the views "
                + "process it."
        ).WithJob(async run =>
        {
            foreach (var rollup in run.Rollups)
                await rollup.PlanAsync(run.Cancellation); // an invalid definition fails before anything is created
            foreach (var rollup in run.Rollups)
            {
                var plan = await rollup.ApplyAsync(run.Progress, run.Cancellation);
                run.Write(RollupText.Json(rollup, plan), RollupText.Applied(rollup, plan));
            }
            return ExitCode.Ok;
        });

    public static Command Backfill()
    {
        var all = new Option<bool>("--all") { Description = "Include partitions without differences" };
        return new RollupVerb(
            "backfill",
            "Recomputes partitions that differ from the source. Other partitions are not changed.",
            all
        ).Each(
            async (run, rollup) =>
            {
                var report = await rollup.BackfillAsync(run.Parsed.GetValue(all), run.Progress, run.Cancellation);
                run.Write(RollupText.Json(rollup, report), RollupText.Lines(rollup, report));
                return report.Busy.Count == 0 ? ExitCode.Ok : ExitCode.Differs;
            }
        );
    }

    public static Command Rebuild()
    {
        var keep = new Option<bool>("--keep-old")
        {
            Description = "Keep the tables of the old version; 'remora rollup drop --old' drops them later",
        };
        return new RollupVerb(
            "rebuild",
            "Builds the next version while the current one is in use, and then exchanges them. The result is exact "
                + "even if rows are inserted meanwhile.",
            keep
        ).Each(
            async (run, rollup) =>
            {
                var report = await rollup.RebuildAsync(run.Parsed.GetValue(keep), run.Progress, run.Cancellation);
                run.Write(RollupText.Json(rollup, report), RollupText.Lines(rollup, report));
                return ExitCode.Ok;
            }
        );
    }

    public static Command Optimize() =>
        new RollupVerb("optimize", "Merges the parts of partitions with more than one.").Each(
            async (run, rollup) =>
            {
                var merged = await rollup.OptimizeAsync(run.Progress, run.Cancellation);
                run.Write(
                    RollupText.Json(rollup, "merged", merged),
                    $"{rollup.Definition.Name}: "
                        + $"{(merged.Count == 0 ? "nothing to merge" : "merged " + string.Join(", ", merged))}"
                );
                return ExitCode.Ok;
            }
        );

    public static Command Drop()
    {
        var yes = new Option<bool>("--yes")
        {
            Description = "Drop the tables; without this option they are only listed",
        };
        var old = new Option<bool>("--old") { Description = "Only versions that are no longer in use" };
        return new RollupVerb("drop", "Drops the rollup's views and tables, never the source.", yes, old).Each(
            async (run, rollup) =>
            {
                var (isSure, onlyOld) = (run.Parsed.GetValue(yes), run.Parsed.GetValue(old));
                var names = (
                    isSure
                        ? await rollup.DropAsync(onlyOld, run.Cancellation)
                        : await rollup.ObjectsAsync(onlyOld, run.Cancellation)
                )
                    .Select(name => name.Value)
                    .ToList();
                var verb = isSure ? "dropped" : "would_drop";
                run.Write(
                    RollupText.Json(rollup, verb, names),
                    names.Count == 0 ? $"{rollup.Definition.Name}: nothing to drop"
                        : isSure ? $"{rollup.Definition.Name}: dropped {string.Join(", ", names)}"
                        : $"{rollup.Definition.Name}: would drop {string.Join(", ", names)}; "
                            + $"{rollup.Definition.Source} is kept. Add --yes to drop them"
                );
                return isSure || names.Count == 0 ? ExitCode.Ok : ExitCode.No;
            }
        );
    }
}
