using System.CommandLine;
using Remora.Cli.Render;
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
        var detached = new Option<bool>("--detached")
        {
            Description =
                "Bypass the views, for very large loads: compute their states separately and move them in with the "
                + "rows",
        };
        var checks = new Option<string[]>("--check")
        {
            Description = "SQL condition that every row must meet, for example 'positive=value > 0'; repeatable",
            HelpName = "NAME=EXPR",
        };
        checks.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.IndexOf('=') is <= 0 || token.Value.EndsWith('='))
                    result.AddError($"--check '{token.Value}': expected NAME=EXPR such as 'positive=value > 0'");
        });
        var earliest = Options.Time("--earliest", "Refuse files with rows before this time, for example 2022-01-01");
        var latest = Options.Time("--latest", "Refuse files with rows after this time");
        return new RollupVerb(
            "load",
            "Loads files into the source table. Files are staged and checked first, then moved in. After an "
                + "interruption, the same command continues; no file is loaded twice.",
            from,
            detached,
            checks,
            earliest,
            latest
        ).WithJob(async run =>
        {
            var first = run.Rollups[0];
            var sources = run.Rollups.Select(rollup => rollup.Definition.Source).Distinct().ToList();
            if (sources.Count > 1)
                return Terminal.Fail(
                    $"load requires definitions with the same source; these have the sources "
                        + $"{string.Join(", ", sources)}",
                    ExitCode.Usage
                );
            var files = run.Parsed.GetValue(from)!;
            if (Array.Find(files, file => !File.Exists(file)) is { } missing)
                return Terminal.Fail($"the file '{missing}' does not exist", ExitCode.Usage);
            var options = new RollupLoadOptions
            {
                IsDetached = run.Parsed.GetValue(detached),
                Earliest = run.Parsed.GetValue(earliest)?.ToDateTimeOffset(),
                Latest = run.Parsed.GetValue(latest)?.ToDateTimeOffset(),
                Checks = (run.Parsed.GetValue(checks) ?? [])
                    .Select(text => text.Split('=', 2))
                    .ToDictionary(parts => parts[0].Trim(), parts => parts[1].Trim()),
            };
            var others = run.Rollups.Skip(1).Select(rollup => rollup.Definition).ToList();
            var report = await first.LoadAsync(files, options, others, run.Progress, run.Cancellation);
            run.Write(RollupText.Json(first, report), RollupText.Line(first, report));
            return ExitCode.Ok;
        });
    }
}
