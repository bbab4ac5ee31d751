using Remora.Backtest.Chance;
using Remora.Backtest.Figures;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Risk;

namespace Remora.Backtest.Study;

/// <summary>
/// Computes one strategy over the study's span in the detail that charts require, and its
/// walk-forward test.
/// </summary>
internal static class DetailMaker
{
    private const int MostPoints = 700;

    public static (WalkForwardFigures? Walk, StrategyDetail Detail, IReadOnlyList<StakeRow> Stakes) Make(
        StudyFile study,
        StrategyPlan plan,
        StudyData market
    )
    {
        var period = study.WholeSpan;
        var verdicts = market.Tested(plan.Side);
        var simulation = Simulation.Prepare(plan, market.Frame(period, plan.StartupCandles), AccountRules.Default);
        // A plan that holds has no entries by which a threshold could be tuned.
        var walk = plan.GateExits
            ? null
            : WalkForward.Run(
                simulation,
                verdicts.Score,
                study.WalkForwardWindows,
                study.WalkForwardShifts,
                Draws.SeedFor(study.Seed, $"{market.Id.Pair}|{plan.Name}|walk-forward")
            );

        var baseline = simulation.Baseline();
        var ungated = Equity.Daily(simulation, simulation.Run());
        var gated = Equity.Daily(simulation, simulation.Run(Gates.Policy(verdicts)));
        // As many points as a chart can show, the last day among them.
        var step = (ungated.Count / MostPoints) + 1;
        int[] days = [.. Enumerable.Range(0, ungated.Count).Where(i => (ungated.Count - 1 - i) % step == 0)];
        var curves = new EquityCurves(
            [.. days.Select(i => ungated[i].Day.UnixMilliseconds / 1000)],
            [.. days.Select(i => Cents(ungated[i].Balance))],
            [.. days.Select(i => Cents(gated[i].Balance))]
        );
        var trades = baseline.Where(t => t.Known >= 0).ToArray();
        var classes = verdicts.Policy.Classes;
        return (
            walk is null ? null : new(market.Id.Pair.ToString(), plan.Name, walk),
            new(
                market.Id.Pair.ToString(),
                plan.Name,
                curves,
                Months(ungated, gated, simulation.Account.StartingBalance),
                Group<RiskClass>(
                    trades,
                    t =>
                        double.IsNaN(verdicts.Score[t.Known])
                            ? null
                            : RiskScorer.Classify(verdicts.Score[t.Known], classes)
                ),
                Group(trades, t => verdicts.Regime[t.Known]),
                [
                    .. trades
                        .Where(t => !double.IsNaN(verdicts.Score[t.Known]))
                        .GroupBy(t => Math.Min(9, (int)(verdicts.Score[t.Known] * 10)))
                        .OrderBy(g => g.Key)
                        .Select(g => GroupOf($"{g.Key / 10.0:0.0}-{(g.Key + 1) / 10.0:0.0}", [.. g])),
                ]
            ),
            Stakes(study, market, simulation, baseline)
        );
    }

    private static IReadOnlyList<StakeRow> Stakes(
        StudyFile study,
        StudyData market,
        Simulation simulation,
        IReadOnlyList<BaselineTrade> trades
    )
    {
        var (plan, pair) = (simulation.Plan, market.Id.Pair);
        var tally = new StakeTally(trades);
        var rows = new List<StakeRow>();
        foreach (var (role, gate) in market.Sizes(plan.Side))
        {
            var seed = Draws.SeedFor(study.Seed, $"{pair}|{plan.Name}|{gate.Name}|stakes");
            var result = tally.Compare(simulation, gate, study.Shifts, study.Resamples, seed);
            rows.Add(new(pair.ToString(), plan.Name, gate.Name, role, trades.Count, result));
        }
        return rows;
    }

    private static double Cents(double balance) => Math.Round(balance, 2);

    private static IReadOnlyList<TradeGroup> Group<T>(BaselineTrade[] trades, Func<BaselineTrade, T?> key)
        where T : struct, Enum =>
        [
            .. trades
                .Select(t => (Trade: t, Key: key(t)))
                .Where(t => t.Key is not null)
                .GroupBy(t => t.Key!.Value, t => t.Trade)
                .OrderBy(g => g.Key)
                .Select(g => GroupOf(RemoraJson.NameOf(g.Key), [.. g])),
        ];

    private static TradeGroup GroupOf(string name, BaselineTrade[] trades) =>
        new(
            name,
            trades.Length,
            trades.Count(t => t.ProfitRatio > 0) / (double)trades.Length,
            100 * trades.Average(t => t.ProfitRatio)
        );

    private static List<MonthReturn> Months(
        IReadOnlyList<(Markets.Instant Day, double Balance)> ungated,
        IReadOnlyList<(Markets.Instant Day, double Balance)> gated,
        double start
    )
    {
        var months = new List<MonthReturn>();
        var (before, gatedBefore) = (start, start);
        for (var i = 0; i < ungated.Count; i++)
        {
            // A day's value is dated at its end, which is the next day's midnight.
            static string MonthOf(Markets.Instant end) => (end - TimeSpan.FromMilliseconds(1)).ToString()[..7];
            var month = MonthOf(ungated[i].Day);
            if (i + 1 < ungated.Count && MonthOf(ungated[i + 1].Day) == month)
                continue;
            months.Add(
                new(month, 100 * ((ungated[i].Balance / before) - 1), 100 * ((gated[i].Balance / gatedBefore) - 1))
            );
            (before, gatedBefore) = (ungated[i].Balance, gated[i].Balance);
        }
        return months;
    }
}
