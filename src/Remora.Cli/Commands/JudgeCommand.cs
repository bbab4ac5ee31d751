using System.CommandLine;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Freqtrade;
using Remora.Backtest.Judgement;
using Remora.Bots.Freqtrade;
using Remora.Cli.Render;
using Remora.Feeds.History;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary><c>remora judge</c>: measures how a gate would have changed given trades.</summary>
internal static class JudgeCommand
{
    public static Command Create()
    {
        var trades = new Argument<string?>("TRADES")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description =
                "Address of a bot's REST API, such as http://127.0.0.1:8080; backtest exported by Freqtrade (zip or "
                + "JSON), database of its bot (sqlite), or trades as CSV",
        };
        var login = new BotLoginOptionSet();
        var candles = new MarketFilesOption(isRequired: false);
        var source = new JudgeCandles();
        var policy = new Option<string>("--policy")
        {
            Description = "Built-in policy or policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
        };
        var outside = new OutsideOption();
        var balance = new Option<double?>("--balance")
        {
            Description = "Balance at the start in money, for profits relative to it [default: as the trades state it]",
        };
        balance.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (> 0 and <= 1e15))
                result.AddError("--balance: expected a number above 0, at most 1e15");
        });
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command(
            "judge",
            "Applies a gate to trades: finds the blocked ones, the effect on profit, and the probability of the "
                + "same effect by chance. Without --candles, the candles come from the store, or with --fetch from "
                + "the exchange. With --live: what became of the entries that bots reported to a running service."
        )
        {
            trades,
            candles,
            policy,
            outside,
            balance,
            json,
        };
        foreach (var option in login.All)
            command.Options.Add(option);
        source.AddTo(command, candles);
        var live = new LiveDecisions();
        live.AddTo(command, trades);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                if (live.IsAsked(parsed))
                    return await live.RunAsync(parsed, parsed.GetValue(json), cancellation);
                using var files = new FileEngine(cancellation);
                try
                {
                    var runs = await ReadAsync(parsed.GetValue(trades)!, login, parsed, cancellation);
                    if (parsed.GetValue(balance) is { } stated)
                        runs = [.. runs.Select(run => run with { StartingBalance = stated })];
                    var options = new JudgeOptions
                    {
                        Runs = runs,
                        Reader = files.Read,
                        Markets = [.. candles.Read(parsed).Select(market => new JudgeMarket(market.Pair, market.File))],
                        Policy = Policies.Find(parsed.GetValue(policy)!),
                        Observations = outside.Read(parsed),
                    };
                    return options.Markets.Count > 0
                        ? Judge(options)
                        : await source.WithCandlesAsync(options, parsed, Judge, cancellation);
                }
                catch (FreqtradeException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Unavailable);
                }
                catch (SandboxUnreachableException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Unavailable);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    return Terminal.Fail("cancelled", ExitCode.Unavailable);
                }
                catch (Exception e)
                    when (e
                            is BacktestException
                                or HistoryException
                                or PolicyException
                                or IOException
                                or UnauthorizedAccessException
                    )
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }

                int Judge(JudgeOptions all) =>
                    Terminal.Attempt(() =>
                    {
                        var judgements = Terminal.WithProgress(
                            "judging",
                            progress => JudgeJob.Run(all, progress, cancellation)
                        );
                        if (parsed.GetValue(json))
                            Console.WriteLine(
                                JsonSerializer.Serialize(judgements, CliJson.Shared.IReadOnlyListJudgement)
                            );
                        else
                            foreach (var line in JudgementText.Of(judgements))
                                Console.WriteLine(line);
                        return ExitCode.Ok;
                    });
            }
        );
        return command;
    }

    private static async Task<IReadOnlyList<ExportedRun>> ReadAsync(
        string trades,
        BotLoginOptionSet login,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        if (
            !trades.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && !trades.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        )
            return TradeRuns.Read(trades);
        if (!Options.TryReadAddress(trades, out var url))
            throw new BacktestException(
                "TRADES: expected an address such as http://127.0.0.1:8080, without user and password"
            );
        if (!login.TryRead(parsed, "a bot", out var user, out var password, out var error))
            throw new BacktestException(error!);
        var bot = new FreqtradeBot(url, user, password) { Timeout = TimeSpan.FromSeconds(30) };
        var read = await Terminal.WithProgressAsync(
            "reading trades",
            progress => FreqtradeTrades.ReadAsync(bot, progress, cancellation)
        );
        if (read.Closed.Count == 0)
            throw new BacktestException($"{bot} has no closed trades yet");
        return TradeRuns.OfBot(read.Closed, read.StartingBalance ?? double.NaN, read.Open);
    }
}
