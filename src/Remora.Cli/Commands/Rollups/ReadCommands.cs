using System.CommandLine;
using System.Text.Json.Nodes;
using Remora.Cli.Render;
using Remora.ClickHouse.Rollups;

namespace Remora.Cli.Commands.Rollups;

/// <summary>The subcommands that change nothing.</summary>
internal static class ReadCommands
{
    public static Command Plan() =>
        new RollupVerb("plan", "Shows what apply would create. Changes nothing.").Each(
            async (run, rollup) =>
            {
                var plan = await rollup.PlanAsync(run.Cancellation);
                run.Write(RollupText.Json(rollup, plan), RollupText.Lines(rollup, plan));
                return ExitCode.Ok;
            }
        );

    public static Command Verify() =>
        new RollupVerb(
            "verify",
            "Compares the rollup with its source and lists missing, duplicate and different ranges. Exit code 4 if "
                + "there are any."
        ).Each(
            async (run, rollup) =>
            {
                var verification = await rollup.VerifyAsync(run.Progress, run.Cancellation);
                run.Write(RollupText.Json(rollup, verification), RollupText.Lines(rollup, verification));
                return verification.Findings.Count == 0 ? ExitCode.Ok : ExitCode.Differs;
            }
        );

    public static Command Status()
    {
        var prometheus = new Option<bool>("--prometheus") { Description = "Print Prometheus metrics" };
        var rules = new Option<bool>("--alert-rules")
        {
            Description =
                "Print alert rules for these metrics as a Prometheus rule file; requires neither definitions nor a "
                + "store",
        };
        var verb = new RollupVerb(
            "status",
            "Shows rows, times, lag, parts, bytes and the speed of the views.",
            prometheus,
            rules
        )
        {
            PrintsInstead = (rules, RollupStatus.AlertRules),
        };
        return verb.WithJob(async run =>
        {
            var all = new List<RollupStatus>();
            foreach (var rollup in run.Rollups)
                all.Add(await rollup.StatusAsync(run.Cancellation));
            if (run.Parsed.GetValue(prometheus))
            {
                Console.Write(RollupStatus.ToPrometheus(all));
                return ExitCode.Ok;
            }
            foreach (var status in all)
                run.Write(RollupText.Json(status), RollupText.Lines(status));
            return ExitCode.Ok;
        });
    }
}
