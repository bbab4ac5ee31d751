using System.Text;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

public sealed class BuiltInPolicyTests
{
    private static readonly RiskPolicy Conservative = BuiltInPolicies.Conservative;
    private static readonly RiskPolicy Aggressive = BuiltInPolicies.Aggressive;

    [Fact]
    public void They_are_four_with_names_and_ids_of_their_own_and_can_be_written_and_read()
    {
        Assert.Equal(
            ["remora-2", "remora-1", "conservative", "aggressive"],
            BuiltInPolicies.All.Select(policy => policy.Name)
        );
        Assert.Equal(4, BuiltInPolicies.All.Select(policy => policy.Id).Distinct().Count());
        foreach (var policy in BuiltInPolicies.All)
            Assert.Equal(policy, PolicyFile.Parse(PolicyFile.Write(policy)));
    }

    /// <summary>
    /// Volatility and regime move the score from 0.27 to 0.99. Whatever a bolder policy blocks, a
    /// stricter one blocks too.
    /// </summary>
    [Fact]
    public void Each_blocks_whatever_a_bolder_one_blocks()
    {
        var verdicts = new HashSet<(bool, bool, bool)>();
        foreach (var regime in Enum.GetValues<Regime>())
        foreach (var volatility in Enumerable.Range(0, 21).Select(step => step / 20.0))
        foreach (var fear in new[] { 5.0, 15, 20, 50, 90 })
        {
            bool IsSafe(RiskPolicy policy) => At(policy, volatility, regime, fear).SafeToTrade;
            var (strict, middle, bold) = (IsSafe(Conservative), IsSafe(RiskPolicy.Default), IsSafe(Aggressive));
            Assert.True(
                !strict || middle,
                $"conservative allows what the default blocks: {regime} {volatility} {fear}"
            );
            Assert.True(!middle || bold, $"the default allows what aggressive blocks: {regime} {volatility} {fear}");
            verdicts.Add((strict, middle, bold));
        }
        Assert.Equal(4, verdicts.Count); // each policy differs from the next one for some score
    }

    [Fact]
    public void The_conservative_one_blocks_while_the_regime_is_high_vol_whatever_volatility_is_now()
    {
        var answer = At(Conservative, 0.3, Regime.HighVol, fear: 50);
        Assert.Equal(["regime_high_vol"], answer.BlockedBy);
        Assert.Contains("in this regime, high volatility", answer.Reasoning[0], StringComparison.Ordinal);
        Assert.Empty(At(RiskPolicy.Default, 0.3, Regime.HighVol, fear: 50).BlockedBy);
        var worthless = SomeAssessment.Of(
            SomeAssessment.Calm with
            {
                Volatility = 0.3,
            },
            Regime.HighVol,
            policy: Conservative,
            age: TimeSpan.FromHours(1)
        );
        Assert.Empty(worthless.BlockedBy);
    }

    [Fact]
    public void The_conservative_one_blocks_in_a_panic_and_from_065_on()
    {
        Assert.Contains("flag_panic", At(Conservative, 0.3, Regime.Panic, fear: 50).BlockedBy);
        Assert.Empty(Calm(Conservative, 0.999996).BlockedBy);
        Assert.Equal((0.65, 0.0), (Calm(Conservative, 1).RiskScore, Calm(Conservative, 1).PositionScale));
        Assert.Equal(["risk_score"], Calm(Conservative, 1).BlockedBy);

        // A volatility that is not extreme under this policy, so that only the score of 0.65 can
        // block.
        static Assessment Calm(RiskPolicy policy, double volatility) =>
            SomeAssessment.Of(
                SomeAssessment.Calm with
                {
                    Volatility = volatility,
                    Rsi = 46.666667,
                },
                Regime.Sideways,
                policy: policy with
                {
                    Regime = new() { ExtremeVolatility = 2 },
                }
            );
    }

    [Fact]
    public void The_conservative_one_halves_the_position_where_the_market_goes_against_it()
    {
        foreach (var (side, against) in new[] { (Side.Long, Regime.Bear), (Side.Short, Regime.Bull) })
        foreach (var regime in new[] { Regime.Bull, Regime.Sideways, Regime.Bear, Regime.Choppy })
        {
            var answer = At(Conservative, 0.1, regime, fear: 50, side);
            var byScore = RiskScorer.PositionScale(answer.RiskScore, Conservative.Decision);
            Assert.Equal(regime == against ? Math.Round(byScore / 2, 6) : byScore, answer.PositionScale, 1e-6);
            Assert.InRange(answer.PositionScale, 0.1, 1);
        }
    }

    /// <summary>
    /// Ids are in stored answers and users' notes. When the rules change, the ids change, and the
    /// changelog must state it.
    /// </summary>
    [Fact]
    public void Their_ids_are_known() =>
        Assert.Equal(
            ["f7b4ab9ada48", "157c34c51681", "218f021f6107", "4e5e8bb90208"],
            BuiltInPolicies.All.Select(policy => policy.Id)
        );

    [Fact]
    public void The_aggressive_one_blocks_in_a_panic_and_from_090_on_and_calls_for_caution_else()
    {
        Assert.Equal(["flag_panic"], At(Aggressive, 0.3, Regime.Panic, fear: 50).BlockedBy);
        foreach (
            var flagged in new[]
            {
                At(Aggressive, 0.96, Regime.Sideways, fear: 50),
                At(Aggressive, 0.1, Regime.Sideways, fear: 15),
            }
        )
            Assert.Equal((true, Recommendation.Caution), (flagged.SafeToTrade, flagged.Recommendation));
        Assert.Equal(["risk_score"], At(Aggressive, 1, Regime.HighVol, fear: 5).BlockedBy);
    }

    [Fact]
    public void A_signal_that_a_policy_will_not_do_without_blocks_while_it_is_missing_or_stale()
    {
        var demanding = PolicyFile.Parse(
            Encoding.UTF8.GetBytes("""{ "name": "demanding", "decision": { "block_without": ["fear_greed"] } }""")
        );
        var missing = SomeAssessment.Of(policy: demanding);
        Assert.Equal(["no_fear_greed"], missing.BlockedBy);
        Assert.Equal(
            "Entries are blocked: there is no fresh value of the fear and greed index, which the policy requires.",
            missing.Reasoning[0]
        );
        var value = SomeAssessment.Value(Signal.FearGreed, 50);
        Assert.Empty(SomeAssessment.Of(policy: demanding, outside: [value]).BlockedBy);
        Assert.Equal(
            ["no_fear_greed"],
            SomeAssessment.Of(policy: demanding, outside: [value with { TimeToLive = TimeSpan.FromHours(1) }]).BlockedBy
        );
        Assert.Equal(["no_fear_greed"], WholeMarketAssessment.Of([missing]).BlockedBy);
    }

    private static Assessment At(
        RiskPolicy policy,
        double volatility,
        Regime regime,
        double fear,
        Side side = Side.Long
    ) =>
        SomeAssessment.Of(
            SomeAssessment.Calm with
            {
                Volatility = volatility,
                Rsi = 30,
            },
            regime,
            [SomeAssessment.Value(Signal.FearGreed, fear)],
            policy,
            side
        );
}
