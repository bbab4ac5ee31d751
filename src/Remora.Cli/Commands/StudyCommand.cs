using System.CommandLine;
using Remora.Backtest;
using Remora.Backtest.Report;
using Remora.Backtest.Study;

namespace Remora.Cli.Commands;

/// <summary><c>remora study</c>: computes all evidence for a gate from one study file.</summary>
internal static class StudyCommand
{
    public static Command Create()
    {
        var study = new Argument<string>("STUDY")
        {
            Description =
                "Study file (JSON) with data, periods, strategies, policy and seeds, for example studies/majors.json",
        };
        var data = new Option<string>("--data")
        {
            Description = "Folder of the study's data files",
            Required = true,
            HelpName = "FOLDER",
        };
        var report = new Option<string?>("--report")
        {
            Description = "Write a report with charts to this file (HTML)",
            HelpName = "FILE",
        };
        var figures = new Option<string?>("--figures")
        {
            Description = "Write all figures to this file (JSON)",
            HelpName = "FILE",
        };
        var results = new Option<string?>("--results")
        {
            Description =
                "Write the results to this file (Markdown), and its charts (SVG) to the folder images beside it",
            HelpName = "FILE",
        };
        var shifts = new Option<int?>("--shifts")
        {
            Description = "Number of placebo shifts per cell, instead of the study's",
        };
        shifts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1_000_000)
                result.AddError("--shifts: expected 1 to 1000000");
        });
        var calendar = new CalendarOption();
        var withoutMissing = new Option<bool>("--without-missing")
        {
            Description = "Run without outside files that are missing; the results list them",
        };
        var command = new Command(
            "study",
            "Builds assessment history, backtests the gate, compares it with placebos and prints the findings. Exit "
                + "code 1 if data files are missing, with the command that fetches them."
        )
        {
            study,
            data,
            report,
            figures,
            results,
            shifts,
            calendar,
            withoutMissing,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new StudyOptions
                        {
                            Reader = files.Read,
                            Study = parsed.GetValue(study)!,
                            DataFolder = parsed.GetValue(data)!,
                            ReportTo = parsed.GetValue(report),
                            FiguresTo = parsed.GetValue(figures),
                            ResultsTo = parsed.GetValue(results),
                            Shifts = parsed.GetValue(shifts),
                            Calendar = calendar.Read(parsed),
                            WithoutMissing = parsed.GetValue(withoutMissing),
                        };
                        StudyFigures outcome;
                        try
                        {
                            outcome = Terminal.WithProgress(
                                "studying",
                                progress => StudyJob.Run(options, progress, cancellation)
                            );
                        }
                        catch (MissingDataException e)
                        {
                            return FailWithout(e.Missing, options);
                        }
                        foreach (var file in outcome.Without)
                            Console.Error.WriteLine($"without {file}, which is missing");
                        foreach (var finding in ResultsText.Findings(outcome))
                            Console.WriteLine(finding);
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static int FailWithout(MissingData missing, StudyOptions options)
    {
        Terminal.Fail($"{options.DataFolder} lacks data files of {options.Study}:", ExitCode.No);
        foreach (var file in missing.Files)
            Console.Error.WriteLine($"  {file.Name}{(file.CanBeFetched ? "" : " (not written by 'history fetch')")}");
        if (missing.Commands.Count > 0)
            Console.Error.WriteLine("Fetch them with:");
        foreach (var command in missing.Commands)
            Console.Error.WriteLine($"  remora {command}");
        if (missing.Files.Any(file => file is { IsOutside: true, CanBeFetched: false }))
            Console.Error.WriteLine("Run without outside files that no source offers: add --without-missing");
        return ExitCode.No;
    }
}
