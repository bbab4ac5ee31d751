using System.CommandLine;
using Remora.Backtest;
using Remora.Backtest.Report;
using Remora.Backtest.Study;

namespace Remora.Cli.Commands;

/// <summary><c>remora study</c>: does the gate help? All of the evidence from one small file.</summary>
internal static class StudyCommand
{
    public static Command Create()
    {
        var study = new Argument<string>("STUDY") { Description = "The study: data, periods, strategies, policy and seeds (JSON), such as studies/btc.json" };
        var data = new Option<string>("--data") { Description = "Folder that the study's files are relative to", Required = true, HelpName = "FOLDER" };
        var report = new Option<string?>("--report") { Description = "Write a report with charts here (HTML, one file)", HelpName = "FILE" };
        var figures = new Option<string?>("--figures") { Description = "Write all figures here (JSON)", HelpName = "FILE" };
        var results = new Option<string?>("--results") { Description = "Write the results in words and tables here (Markdown)", HelpName = "FILE" };
        var shifts = new Option<int?>("--shifts") { Description = "Turns of the gate per cell, instead of the study's own" };
        shifts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1_000_000) result.AddError("--shifts: expected 1 to 1000000");
        });
        var command = new Command("study", "Rebuilds history, backtests the gate and lets chance have its say; prints the findings, the answer first.") { study, data, report, figures, results, shifts };
        command.SetAction((parsed, cancellation) => Task.FromResult(Terminal.Attempt(() =>
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
            };
            var outcome = Terminal.WithProgress("studying", progress => StudyJob.Run(options, progress, cancellation));
            foreach (var finding in ResultsText.Findings(outcome)) Console.WriteLine(finding);
            return ExitCode.Ok;
        })));
        return command;
    }
}
