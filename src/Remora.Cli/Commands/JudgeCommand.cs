using System.CommandLine;
using System.Text.Json;
using Remora.Backtest.Judgement;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary><c>remora judge</c>: measures how a gate would have changed given trades.</summary>
internal static class JudgeCommand
{
    public static Command Create()
    {
        var trades = new Argument<string>("TRADES")
        {
            Description =
                "Backtest exported by Freqtrade (zip or JSON), database of its bot (sqlite), or trades as CSV",
        };
        var candles = new MarketFilesOption();
        var policy = new Option<string>("--policy")
        {
            Description = "Built-in policy or policy file",
            DefaultValueFactory = _ => BuiltInPolicies.Default.Name,
        };
        var outside = new OutsideOption();
        var json = new Option<bool>("--json") { Description = "Print all figures as JSON" };
        var command = new Command(
            "judge",
            "Applies a gate to trades: finds the blocked ones, the effect on profit, and the probability of the "
                + "same effect by chance."
        )
        {
            trades,
            candles,
            policy,
            outside,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
                Task.FromResult(
                    Terminal.Attempt(() =>
                    {
                        using var files = new FileEngine(cancellation);
                        var options = new JudgeOptions
                        {
                            Reader = files.Read,
                            Trades = parsed.GetValue(trades)!,
                            Markets =
                            [
                                .. candles.Read(parsed).Select(market => new JudgeMarket(market.Pair, market.File)),
                            ],
                            Policy = Policies.Find(parsed.GetValue(policy)!),
                            Observations = outside.Read(parsed),
                        };
                        var judgements = Terminal.WithProgress(
                            "judging",
                            progress => JudgeJob.Run(options, progress, cancellation)
                        );
                        if (parsed.GetValue(json))
                            Console.WriteLine(
                                JsonSerializer.Serialize(judgements, CliJson.Shared.IReadOnlyListJudgement)
                            );
                        else
                            foreach (var judgement in judgements)
                                Print(judgement);
                        return ExitCode.Ok;
                    })
                )
        );
        return command;
    }

    private static void Print(Judgement judgement)
    {
        var (chance, entries) = (judgement.Chance, judgement.Chance.Entries);
        Console.WriteLine($"{judgement.Strategy}, {judgement.From} to {judgement.To}, gate {judgement.Policy}");
        if (judgement.All.Trades == 0)
        {
            Console.WriteLine("  This run has no trades, so there is nothing to judge.");
            return;
        }
        Console.WriteLine(
            $"  The gate blocks {chance.TimeBlocked:P1} of the time, and {judgement.Skipped.Count} of "
                + $"{judgement.All.Trades} trades."
        );
        Console.WriteLine(
            $"  Profit with all trades {judgement.All.ProfitTotalPct:0.00} %, without the blocked ones "
                + $"{judgement.Kept.ProfitTotalPct:0.00} %."
        );
        if (judgement.Skipped.Count > 0)
        {
            Console.WriteLine(
                $"  Mean profit of a trade in unsafe time {100 * entries.BlockedMean:0.000} "
                    + $"%{Within(chance, "blocked_mean_pct")}, in safe time {100 * entries.AllowedMean:0.000} %; the "
                    + $"difference is {entries.EdgePct:0.000} points{Within(chance, "edge_pct")}."
            );
            if (double.IsFinite(entries.LoserLift))
                Console.WriteLine(
                    $"  Unsafe time contains {entries.LosersBlocked:P1} of the losing trades and "
                        + $"{entries.TradesBlocked:P1} of all trades, a ratio of "
                        + $"{entries.LoserLift:0.00}{Within(chance, "loser_lift")}; relative to its share of time the "
                        + $"ratio is {entries.LoserLiftByTime:0.00}."
                );
            Console.WriteLine(
                $"  The worst twentieth of the trades averages {100 * entries.Shortfall:0.00} %, without unsafe "
                    + $"time {100 * entries.AllowedShortfall:0.00} %."
            );
            foreach (var (figure, test) in chance.EqualCount.Where(test => !double.IsNaN(test.Value.P)))
                Console.WriteLine(
                    $"  {figure}: skipping as many other trades does at least as well with probability {test.P:0.000}."
                );
        }
        if (chance.Tests is { } tests)
            foreach (var (figure, test) in tests.Where(test => !double.IsNaN(test.Value.P)))
                Console.WriteLine(
                    $"  {figure}: blocking as much time at other times does at least as well with probability "
                        + $"{test.P:0.000}."
                );
        else
            Console.WriteLine("  The run is too short to compare it with blocking at other times.");
        foreach (var (pair, other) in judgement.Substituted)
            Console.WriteLine($"  Trades of {pair} are judged by the candles of {other}.");
        if (judgement.OpenTrades > 0)
            Console.WriteLine($"  {judgement.OpenTrades} trades are still open and not included.");
        foreach (var (pair, count) in judgement.WarmingUp)
            Console.WriteLine(
                $"  {count} trades of {pair} are not included: they were entered before the end of the warm-up."
            );
        foreach (var (pair, count) in judgement.Uncovered)
            Console.WriteLine($"  {count} trades of {pair} are not included: no candles cover them.");
    }

    private static string Within(Backtest.Judgement.TradePlaceboResult chance, string figure) =>
        chance.Intervals[figure] is { } interval && double.IsFinite(interval.Low)
            ? $" (95 %: {interval.Low:0.00} to {interval.High:0.00})"
            : "";
}
