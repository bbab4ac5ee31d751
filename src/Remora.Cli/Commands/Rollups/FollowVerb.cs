using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Remora.Cli.Render;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rollups.Follow;

namespace Remora.Cli.Commands.Rollups;

/// <summary>
/// <c>remora rollup follow</c>: loads new files of a folder or list of URLs, each content once.
/// </summary>
internal static class FollowVerb
{
    private const int LongestPause = 86_400;

    public static Command Create()
    {
        var from = new Option<string>("--from")
        {
            Description = "Folder of files, or text file with one URL per line, optionally followed by sha256=HASH",
            HelpName = "FOLDER|LIST",
            Required = true,
        };
        var into = new Option<string?>("--into")
        {
            Description = "The table, which must be the source of the definitions [default: their source]",
            HelpName = "TABLE",
        };
        var once = new Option<bool>("--once") { Description = "Look once, and end" };
        var every = new Option<int>("--every")
        {
            Description = $"Seconds between two looks, 1 to {LongestPause}",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 30,
        };
        every.Validators.Add(result =>
        {
            if (
                result.Tokens is [var token]
                && (
                    !int.TryParse(token.Value, CultureInfo.InvariantCulture, out var seconds)
                    || seconds is < 1 or > LongestPause
                )
            )
                result.AddError($"--every {token.Value}: expected 1 to {LongestPause} seconds");
        });
        var at = new Option<TimeOnly?>("--at")
        {
            Description = "Look once a day at this time (UTC) instead, for example 03:30",
            HelpName = "HH:MM",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (
                    TimeOnly.TryParseExact(
                        text,
                        "HH:mm",
                        CultureInfo.InvariantCulture,
                        DateTimeStyles.None,
                        out var time
                    )
                )
                    return time;
                result.AddError($"--at '{text}': expected a time of the day in UTC such as 03:30");
                return null;
            },
        };
        var downloads = new Option<string?>("--downloads")
        {
            Description = "Folder for downloads [default: downloads in the data folder]",
            HelpName = "FOLDER",
        };
        var load = new LoadOptionSet();
        var verb = new RollupVerb(
            "follow",
            "Loads new files of a folder or of a list of URLs into the source table, each content once, until Ctrl+C. "
                + "A file that cannot be loaded is reported and stops no other. After an interruption, the same "
                + "command continues.",
            [from, into, once, every, at, downloads, .. load.All]
        )
        {
            PrintsLines = true,
        };
        verb.Command.Validators.Add(result =>
        {
            if (result.GetResult(at) is { Implicit: false } && result.GetResult(every) is { Implicit: false })
                result.AddError("use either --at or --every, not both");
        });
        return verb.WithJob(async run =>
        {
            if (LoadVerb.SourceOf(run, "follow", out var failure) is not { } source)
                return failure;
            if (run.Parsed.GetValue(into) is { } table && table != source.Value)
                return Terminal.Fail(
                    $"--into {table}: the definitions have the source {source}; name definitions of {table}",
                    ExitCode.Usage
                );
            using var follower = run.Rollups[0]
                .Follow(
                    new()
                    {
                        From = Path.GetFullPath(run.Parsed.GetValue(from)!),
                        Load = load.Read(run.Parsed),
                        Downloads = Path.GetFullPath(
                            run.Parsed.GetValue(downloads) ?? Path.Combine(run.DataFolder, "downloads")
                        ),
                    },
                    [.. run.Rollups.Skip(1).Select(rollup => rollup.Definition)]
                );
            var pause = TimeSpan.FromSeconds(run.Parsed.GetValue(every));
            return run.Parsed.GetValue(once)
                ? await LookAsync(follower, run)
                : await FollowAsync(
                    follower,
                    run,
                    () => PauseOf(run.Parsed.GetValue(at), pause, DateTimeOffset.UtcNow)
                );
        });
    }

    /// <summary>Returns the time until the next look.</summary>
    /// <param name="at">The time of the day in UTC; null for a constant pause.</param>
    /// <param name="pause">The constant pause.</param>
    /// <param name="now">The current time.</param>
    internal static TimeSpan PauseOf(TimeOnly? at, TimeSpan pause, DateTimeOffset now)
    {
        if (at is not { } time)
            return pause;
        var next = new DateTimeOffset(DateOnly.FromDateTime(now.UtcDateTime), time, TimeSpan.Zero);
        return (next > now ? next : next.AddDays(1)) - now;
    }

    private static async Task<int> LookAsync(RollupFollower follower, RollupRun run)
    {
        var report = await ReportAsync(follower, run);
        if (report.Done.Count + report.Waiting.Count == 0 && !run.IsJson)
            Console.WriteLine("no new files");
        return report.IsClean ? ExitCode.Ok : ExitCode.No;
    }

    // A store that is away, or another operation on the table, ends before the next look or later.
    private static async Task<int> FollowAsync(RollupFollower follower, RollupRun run, Func<TimeSpan> pause)
    {
        while (!run.Cancellation.IsCancellationRequested)
        {
            try
            {
                await ReportAsync(follower, run);
            }
            catch (Exception e)
                when (e is RollupException or ClickHouseException or ClickHouseUnavailableException or TimeoutException)
            {
                await Console.Error.WriteLineAsync(
                    $"remora: nothing was loaded; the next look tries again: {e.Message}"
                );
            }
            await Task.Delay(pause(), run.Cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        return ExitCode.Ok;
    }

    private static async Task<FollowReport> ReportAsync(RollupFollower follower, RollupRun run)
    {
        var report = await follower.LookAsync(new Lines(run), run.Cancellation);
        foreach (var file in report.Waiting)
            run.Print(
                new()
                {
                    ["file"] = file.File,
                    ["state"] = "waiting",
                    ["reason"] = file.Reason,
                },
                $"{file.File}: waiting: {file.Reason}"
            );
        return report;
    }

    // Printed when they happen, because the command may run for months.
    private sealed class Lines(RollupRun run) : IProgress<FollowedFile>
    {
        public void Report(FollowedFile value) => run.Print(RollupText.Json(value), RollupText.Line(value));
    }
}
