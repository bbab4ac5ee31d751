using System.CommandLine;
using Remora.Cli.Render;

namespace Remora.Cli.Commands.Rollups;

/// <summary>The verbs that make, mend and drop; never the source.</summary>
internal static class MakingVerbs
{
    public static Command Apply() => new RollupVerb("apply", "Makes what is missing: tables, materialized views, views. Before data is loaded, so that the views see it.").Doing(async run =>
    {
        foreach (var rollup in run.Rollups) await rollup.PlanAsync(run.Cancellation); // one definition that is wrong, and nothing is made
        foreach (var rollup in run.Rollups)
        {
            var plan = await rollup.ApplyAsync(run.Progress, run.Cancellation);
            run.Say(RollupText.Json(rollup, plan), RollupText.Applied(rollup, plan));
        }
        return ExitCode.Ok;
    });

    public static Command Backfill()
    {
        var all = new Option<bool>("--all") { Description = "Also partitions that are right" };
        return new RollupVerb("backfill", "Computes anew, from the source, the partitions that are not right; what is right is left alone.", all).Each(async (run, rollup) =>
        {
            var report = await rollup.BackfillAsync(run.Parsed.GetValue(all), run.Progress, run.Cancellation);
            run.Say(RollupText.Json(rollup, report), RollupText.Lines(rollup, report));
            return report.Busy.Count == 0 ? ExitCode.Ok : ExitCode.Differs;
        });
    }

    public static Command Rebuild()
    {
        var keep = new Option<bool>("--keep-old") { Description = "Leave the old version's tables; 'remora rollup drop --old' drops them later" };
        return new RollupVerb("rebuild", "Makes the next version beside the one readers have, and exchanges the two; exact while rows are inserted.", keep).Each(async (run, rollup) =>
        {
            var report = await rollup.RebuildAsync(run.Parsed.GetValue(keep), run.Progress, run.Cancellation);
            run.Say(RollupText.Json(rollup, report), RollupText.Lines(rollup, report));
            return ExitCode.Ok;
        });
    }

    public static Command Optimize() => new RollupVerb("optimize", "Merges the parts of every partition that has more than one.").Each(async (run, rollup) =>
    {
        var merged = await rollup.OptimizeAsync(run.Progress, run.Cancellation);
        run.Say(RollupText.Json(rollup, "merged", merged), $"{rollup.Definition.Name}: {(merged.Count == 0 ? "nothing to merge" : "merged " + string.Join(", ", merged))}");
        return ExitCode.Ok;
    });

    public static Command Drop()
    {
        var yes = new Option<bool>("--yes") { Description = "Do it; without this it only says what it would drop" };
        var old = new Option<bool>("--old") { Description = "Only versions that readers no longer have" };
        return new RollupVerb("drop", "Drops the rollup's views and tables, never the source.", yes, old).Each(async (run, rollup) =>
        {
            var (isSure, onlyOld) = (run.Parsed.GetValue(yes), run.Parsed.GetValue(old));
            var names = (isSure ? await rollup.DropAsync(onlyOld, run.Cancellation) : await rollup.ObjectsAsync(onlyOld, run.Cancellation)).Select(name => name.Value).ToList();
            var verb = isSure ? "dropped" : "would_drop";
            run.Say(
                RollupText.Json(rollup, verb, names),
                names.Count == 0 ? $"{rollup.Definition.Name}: nothing to drop"
                : isSure ? $"{rollup.Definition.Name}: dropped {string.Join(", ", names)}"
                : $"{rollup.Definition.Name}: would drop {string.Join(", ", names)}; {rollup.Definition.Source} stays. Add --yes to do it");
            return isSure || names.Count == 0 ? ExitCode.Ok : ExitCode.No;
        });
    }
}
