using FsCheck;
using FsCheck.Fluent;
using Remora.Bots.Freqtrade;
using Remora.Testing;

namespace Remora.Bots.Tests;

public sealed class LockPlanTests
{
    private static readonly DateTimeOffset Now = Some.Time.ToDateTimeOffset();
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(3);

    [Fact]
    public void Every_plan_reaches_the_wanted_locks_and_keeps_those_of_others()
    {
        var keys =
            from pair in Gen.Elements("BTC/USDT", "ETH/USDT", "SOL/USDT")
            from side in Gen.Elements("long", "short", "*")
            select (pair, side);
        var wanted = keys.ListOf(6)
            .Select(list =>
                list.Distinct().Select(key => new WantedLock(key.pair, key.side, "remora: because")).ToList()
            );
        var there =
            from key in keys
            from seconds in Gen.Choose(1, 400)
            from reason in Gen.Elements("remora: because", "Cooldown", "", "about remora:")
            select (key, seconds, reason);
        var present = there
            .ListOf(10)
            .Select(list =>
                list.Select(
                        (item, id) =>
                            new BotLock(
                                id,
                                item.key.pair,
                                item.key.side,
                                Now + TimeSpan.FromSeconds(item.seconds),
                                item.reason
                            )
                    )
                    .ToList()
            );
        Prop.ForAll(
                Gen.Zip(wanted, present).ToArbitrary(),
                cases =>
                {
                    var (want, have) = cases;
                    var plan = LockPlan.Of(want, have, Now, Span);
                    var left = have.Where(item => !plan.Delete.Contains(item.Id)).ToList();
                    var ours = left.Where(item => item.IsOurs)
                        .Select(item => (item.Pair, item.Side))
                        .Concat(plan.Place.Select(item => (item.Pair, item.Side)))
                        .ToList();
                    var lasting = left.Where(item => item.IsOurs).All(item => item.Until - Now > Span / 2);
                    return ours.Order().SequenceEqual(want.Select(item => (item.Pair, item.Side)).Order())
                        && lasting
                        && have.Where(item => !item.IsOurs).All(left.Contains);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_reason_fits_the_database_of_the_bot()
    {
        var verdict = Verdicts.Unsafe("BTC/USDT") with { Reason = new string('x', 1000) };
        var wanted = Assert.Single(
            LockPlan.Wanted(
                ["BTC/USDT", "nonsense", "BTC/USDT"],
                new Dictionary<(Markets.Pair, Risk.Side), PairVerdict> { [(verdict.Pair, verdict.Side)] = verdict }
            )
        );
        Assert.InRange(wanted.Reason.Length, 200, 255);
        Assert.StartsWith("remora: risk_score. xxx", wanted.Reason);
    }
}
