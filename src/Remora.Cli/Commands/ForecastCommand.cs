using System.CommandLine;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Data;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Portfolios;
using Remora.Backtest.Report;
using Remora.Cli.Render;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary><c>remora forecast</c>: fits and evaluates the model of forecasts.</summary>
internal static class ForecastCommand
{
    public static Command Create() =>
        new("forecast", "Fits the coefficients of forecasts, and evaluates forecasts on past candles.")
        {
            Fit(),
            Evaluate(),
            Portfolio(),
        };

    private static Command Fit()
    {
        var candles = new MarketFilesOption();
        var calendar = new CalendarOption();
        var until = Options.Time("--until", "Last day of the candles that are used, for example 2025-06-30");
        until.Required = true;
        var to = new Option<string>("--to")
        {
            Description = "Write the coefficients to this file (JSON)",
            Required = true,
            HelpName = "FILE",
        };
        var command = new Command(
            "fit",
            "Fits the coefficients of forecasts to candles of 5m of one or more pairs, for each quarter since 2021-07 "
                + "and for the end. The same candles give the same bytes."
        )
        {
            candles,
            calendar,
            until,
            to,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new FitOptions
                        {
                            Markets = candles.Read(parsed),
                            Reader = files.Read,
                            Until = parsed.GetValue(until)!.Value,
                            Calendar = calendar.Read(parsed).Dates,
                        };
                        var fits = Terminal.WithProgress(
                            "fitting",
                            progress => FitJob.Run(options, progress, cancellation)
                        );
                        var file = parsed.GetValue(to)!;
                        Write(file, CoefficientsFile.Write(fits));
                        Console.WriteLine($"{fits.All.Count} fits, the newest {fits.Newest.Id}, written to {file}");
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static Command Evaluate()
    {
        var refit = new Option<bool>("--refit")
        {
            Description = "Fit the coefficients anew for each quarter to the candles that were known then",
        };
        return OnPast(
            "evaluate",
            "Compares forecasts with what happened, beside simpler forecasts on the same hours.",
            [refit],
            (parsed, past, cancellation) =>
            {
                var options = new EvaluateOptions
                {
                    Markets = past.Markets,
                    Reader = past.Reader,
                    From = past.From,
                    Until = past.Until,
                    Coefficients = past.Coefficients,
                    Calendar = past.Calendar,
                    Refit = parsed.GetValue(refit),
                };
                var evaluation = Terminal.WithProgress(
                    "evaluating",
                    progress => EvaluateJob.Run(options, progress, cancellation)
                );
                if (past.AsJson)
                    Console.WriteLine(JsonSerializer.Serialize(evaluation, CliJson.Shared.ForecastEvaluation));
                else
                    EvaluationText.Print(evaluation);
            }
        );
    }

    private static Command Portfolio() =>
        OnPast(
            "portfolio",
            "Compares forecasts of books of two or more pairs with what happened, beside simpler forecasts. Prints "
                + "Markdown.",
            [],
            (_, past, cancellation) =>
            {
                var options = new PortfolioEvaluateOptions
                {
                    Markets = past.Markets,
                    Reader = past.Reader,
                    From = past.From,
                    Until = past.Until,
                    Coefficients = past.Coefficients,
                    Calendar = past.Calendar,
                };
                var evaluation = Terminal.WithProgress(
                    "evaluating",
                    progress => PortfolioEvaluateJob.Run(options, progress, cancellation)
                );
                Console.Write(
                    past.AsJson
                        ? JsonSerializer.Serialize(evaluation, CliJson.Shared.PortfolioEvaluation) + "\n"
                        : PortfolioEvaluationText.Of(evaluation)
                );
            }
        );

    /// <summary>Returns a command that compares forecasts of past candles with what came.</summary>
    private static Command OnPast(
        string name,
        string description,
        IReadOnlyList<Option> more,
        Action<ParseResult, ForecastPastFiles, CancellationToken> evaluate
    )
    {
        var candles = new MarketFilesOption();
        var calendar = new CalendarOption();
        var from = Options.Time("--from", "The first moment of a forecast");
        from.Required = true;
        var until = Options.Time("--until", "The end of the last outcome [default: the end of the candles]");
        var coefficients = new Option<string?>("--coefficients")
        {
            Description = "File of coefficients, from 'remora forecast fit' [default: the shipped ones]",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command(name, description);
        foreach (var option in (Option[])[candles, calendar, from, until, coefficients, .. more, json])
            command.Options.Add(option);
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var past = new ForecastPastFiles(
                            candles.Read(parsed),
                            files.Read,
                            parsed.GetValue(from)!.Value,
                            parsed.GetValue(until),
                            Coefficients(parsed.GetValue(coefficients)),
                            calendar.Read(parsed).Dates,
                            parsed.GetValue(json)
                        );
                        evaluate(parsed, past, cancellation);
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private sealed record ForecastPastFiles(
        IReadOnlyList<(Pair Pair, string File)> Markets,
        CandleReader Reader,
        Instant From,
        Instant? Until,
        CoefficientVintages Coefficients,
        ForecastCalendar Calendar,
        bool AsJson
    );

    /// <summary>Reads a file of coefficients; the shipped ones without a file.</summary>
    internal static CoefficientVintages Coefficients(string? file)
    {
        if (file is null)
            return CoefficientVintages.Shipped;
        try
        {
            return CoefficientsFile.Parse(File.ReadAllBytes(file));
        }
        catch (CoefficientsException e)
        {
            throw new BacktestException($"{file}: {e.Message}", e);
        }
    }

    // Readers see the old file or the new one, never a part.
    private static void Write(string file, byte[] content)
    {
        var next = file + ".new";
        File.WriteAllBytes(next, content);
        File.Move(next, file, overwrite: true);
    }
}
