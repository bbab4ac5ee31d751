using System.CommandLine;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Lab;
using Remora.Cli.Render;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Lab;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora lab</c>: tries a policy on two years of a market, beside today's, and counts it.
/// </summary>
internal static class LabCommand
{
    private const string TriedName = "tried";

    public static Command Create()
    {
        var pair = new Argument<string>("PAIR") { Description = "Pair, for example BTC/USDT" };
        var policy = new Option<string>("--policy")
        {
            Description = "Policy to try: a built-in name or a policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
        };
        var set = new Option<string[]>("--set")
        {
            Description =
                "Change a field of that policy, for example block_from=0.85, target_volatility=0.02 or "
                + "decision.blocking_flags=panic,extreme_fear; repeatable",
            HelpName = "FIELD=VALUE",
        };
        var today = new Option<string>("--today")
        {
            Description = "Today's policy, with which it is compared: a built-in name or a policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
            HelpName = "POLICY",
        };
        var candles = new Option<string?>("--candles")
        {
            Description =
                $"Folder of 'remora history fetch', or candle file ({FileEngine.CandleFormats}) [default: the store]",
            HelpName = "PATH",
        };
        var exchange = Options.Exchange();
        var timeframe = Options.Timeframe();
        timeframe.Description = "Timeframe of the candles, for example 1h [default: 5m]";
        var outside = new OutsideOption();
        var calendar = new CalendarOption();
        var save = new Option<string?>("--save")
        {
            Description =
                "Write the policy to this file, which 'remora serve --policy FILE' takes, and show its figures over "
                + "the sealed months, once",
            HelpName = "FILE",
        };
        var tries = new Option<string>("--tries")
        {
            Description = "File that counts the tried policies of each market",
            DefaultValueFactory = _ => "remora-lab.json",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var place = new StoreOptionSet();
        var command = new Command(
            "lab",
            "Tries a policy on two years of a market: what it would have blocked and met beside today's policy at "
                + "equal blocked time, and what the number of tried policies does to the odds. The last six months "
                + "are sealed until the policy is saved."
        )
        {
            pair,
            policy,
            set,
            today,
            candles,
            exchange,
            timeframe,
            outside,
            calendar,
            save,
            tries,
            json,
        };
        place.AddTo(command);
        command.Validators.Add(result =>
        {
            if (
                result.GetResult(candles) is { Implicit: false }
                && place.All.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } given
            )
                result.AddError($"use either --candles or {given.Name}, not both");
        });
        command.SetAction(
            (parsed, cancellation) =>
            {
                if (parsed.GetValue(candles) is null)
                    return place.OnExistingStoreAsync(
                        parsed,
                        (store, _) => RunAsync(new LabStore(store, TimeProvider.System)),
                        cancellation
                    );
                return RunOnFilesAsync();

                async Task<int> RunOnFilesAsync()
                {
                    using var files = new FileEngine(cancellation);
                    return await RunAsync(new LabFiles(parsed.GetValue(candles)!, files.Read));
                }

                async Task<int> RunAsync(ILabPast past)
                {
                    try
                    {
                        if (!Pair.TryParse(parsed.GetValue(pair), out var of))
                            throw new BacktestException(
                                $"PAIR '{parsed.GetValue(pair)}' is not a pair: expected BASE/QUOTE such as BTC/USDT"
                            );
                        var market = new MarketId(
                            parsed.GetValue(exchange)!,
                            of,
                            parsed.GetValue(timeframe) ?? Timeframe.FiveMinutes
                        );
                        var file = parsed.GetValue(save);
                        if (file is not null && File.Exists(file))
                            throw new BacktestException($"--save {file}: the file exists: choose another name");
                        using var bench = new LabBench(
                            past,
                            new(parsed.GetValue(tries)!),
                            new()
                            {
                                Today = Policies.Find(parsed.GetValue(today)!),
                                Calendar = calendar.Read(parsed),
                                Observations = outside.Read(parsed),
                            }
                        );
                        var tried = Tried(
                            Policies.Find(parsed.GetValue(policy)!),
                            parsed.GetValue(set) ?? [],
                            file is null ? null : Path.GetFileNameWithoutExtension(file)
                        );
                        var asJson = parsed.GetValue(json);
                        return file is null
                            ? Print(await bench.TryAsync(market, tried, cancellation), asJson)
                            : Print(await SaveAsync(bench, market, tried, file, cancellation), file, asJson);
                    }
                    catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                    {
                        return Terminal.Fail("cancelled", ExitCode.Unavailable);
                    }
                    catch (Exception e)
                        when (e is BacktestException or PolicyException or IOException or UnauthorizedAccessException)
                    {
                        return Terminal.Fail(e.Message, ExitCode.Usage);
                    }
                }
            }
        );
        return command;
    }

    private static RiskPolicy Tried(RiskPolicy policy, IReadOnlyList<string> edits, string? name) =>
        edits.Count == 0 && name is null ? policy : PolicyEdits.Apply(policy, edits, name ?? TriedName);

    private static async Task<LabSaved> SaveAsync(
        LabBench bench,
        MarketId market,
        RiskPolicy policy,
        string file,
        CancellationToken cancellation
    )
    {
        // Created first: the sealed months are shown once, so the file must be writable.
        await using var content = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        try
        {
            var saved = await bench.SaveAsync(market, policy, cancellation);
            await content.WriteAsync(System.Text.Encoding.UTF8.GetBytes(saved.File + "\n"), CancellationToken.None);
            return saved;
        }
        catch
        {
            File.Delete(file);
            throw;
        }
    }

    private static int Print(LabTrial trial, bool asJson)
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(trial, CliJson.Shared.LabTrial));
        else
            LabView.Print(trial);
        return ExitCode.Ok;
    }

    private static int Print(LabSaved saved, string file, bool asJson)
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(saved, CliJson.Shared.LabSaved));
        else
            LabView.Print(saved, file);
        return ExitCode.Ok;
    }
}
