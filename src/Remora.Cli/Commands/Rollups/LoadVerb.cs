using System.CommandLine;
using Remora.Cli.Render;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Cli.Commands.Rollups;

/// <summary>
/// <c>remora rollup load</c>: loads files into the source, through the views or past them, each
/// file once.
/// </summary>
internal static class LoadVerb
{
    public static Command Create()
    {
        var from = new Option<string[]>("--from")
        {
            Description =
                "Files to load: .parquet, .csv, .tsv, .jsonl, .feather, .arrow or .native, also with .gz; columns "
                + "are matched by name",
            HelpName = "FILES",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var load = new LoadOptionSet();
        return new RollupVerb(
            "load",
            "Loads files into the source table. Files are staged and checked first, then moved in. After an "
                + "interruption, the same command continues; no file is loaded twice.",
            [from, .. load.All]
        ).WithJob(async run =>
        {
            if (SourceOf(run, "load", out var failure) is null)
                return failure;
            var first = run.Rollups[0];
            var files = run.Parsed.GetValue(from)!;
            if (Array.Find(files, file => !File.Exists(file)) is { } missing)
                return Terminal.Fail($"the file '{missing}' does not exist", ExitCode.Usage);
            var others = run.Rollups.Skip(1).Select(rollup => rollup.Definition).ToList();
            var report = await first.LoadAsync(files, load.Read(run.Parsed), others, run.Progress, run.Cancellation);
            run.Write(RollupText.Json(first, report), RollupText.Line(first, report));
            return ExitCode.Ok;
        });
    }

    /// <summary>Returns the common source of the definitions; null if they have several.</summary>
    public static SqlName? SourceOf(RollupRun run, string verb, out int failure)
    {
        var sources = run.Rollups.Select(rollup => rollup.Definition.Source).Distinct().ToList();
        failure =
            sources.Count == 1
                ? ExitCode.Ok
                : Terminal.Fail(
                    $"{verb} requires definitions with the same source; these have the sources "
                        + $"{string.Join(", ", sources)}",
                    ExitCode.Usage
                );
        return sources.Count == 1 ? sources[0] : null;
    }
}
