using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Tests the properties of the whole market's assessment.</summary>
public sealed class WholeMarketTests
{
    private static readonly string[] Bases = ["BTC", "ETH", "SOL", "ADA", "XRP", "DOGE"];

    /// <summary>
    /// Generates a member: volatility, RSI, regime, fear index. A volatility of NaN makes its score
    /// unknown.
    /// </summary>
    private static Gen<Assessment> Member(string @base) =>
        from volatility in Gen.Choose(-10, 100)
        from rsi in Gen.Choose(0, 100)
        from regime in Gen.Elements(Enum.GetValues<Regime>())
        select Assess(@base, volatility < 0 ? double.NaN : volatility / 100.0, rsi, volatility < 0 ? null : regime);

    private static Arbitrary<IReadOnlyList<Assessment>> Baskets() =>
        Gen.SubListOf(Bases)
            .Where(bases => bases.Count > 0)
            .SelectMany(bases => Gen.CollectToList(bases, Member))
            .Select(list => (IReadOnlyList<Assessment>)list)
            .ToArbitrary();

    [Fact]
    public void The_score_lies_between_those_of_the_members_and_weights_and_breadth_sum_to_one() =>
        Check(basket =>
        {
            var whole = WholeMarketAssessment.Of(basket);
            var scores = basket.Select(a => a.RiskScore).Where(score => !double.IsNaN(score)).ToList();
            var b = whole.Breadth;
            return (
                    scores.Count == 0
                        ? double.IsNaN(whole.RiskScore)
                        : whole.RiskScore >= scores.Min() - 1e-6 && whole.RiskScore <= scores.Max() + 1e-6
                )
                && Math.Abs(whole.Pairs.Sum(pair => pair.Weight) - 1) < 1e-12
                && Math.Abs(b.Bull + b.Sideways + b.Bear + b.Choppy + b.HighVol + b.Panic + b.Unknown - 1) < 1e-12;
        });

    [Fact]
    public void The_order_of_the_basket_does_not_matter() =>
        Check(basket =>
        {
            var (one, other) = (
                WholeMarketAssessment.Of(basket),
                WholeMarketAssessment.Of([
                    .. basket.OrderBy(a => a.Pair.Base == "BTC" ? 1 : 0).ThenByDescending(a => a.Pair.Base),
                ])
            );
            return basket.All(a => a.Pair.Base != "BTC")
                || (
                    one.RiskScore.Equals(other.RiskScore)
                    && one.Regime == other.Regime
                    && one.BlockedBy.SequenceEqual(other.BlockedBy)
                    && one.EventFlags == other.EventFlags
                );
        });

    [Fact]
    public void A_flag_that_blocks_the_lead_or_half_the_basket_blocks_all_and_no_other_does() =>
        Check(basket =>
        {
            var whole = WholeMarketAssessment.Of(basket);
            var lead = basket.FirstOrDefault(a => a.Pair.Base == "BTC") ?? basket[0];
            var flags = basket
                .SelectMany(a => a.BlockedBy)
                .Distinct()
                .Where(name => name.StartsWith("flag_", StringComparison.Ordinal));
            return flags.All(flag =>
                    whole.BlockedBy.Contains(flag)
                    == (
                        lead.BlockedBy.Contains(flag)
                        || 2 * basket.Count(a => a.BlockedBy.Contains(flag)) >= basket.Count
                    )
                )
                && whole.BlockedBy.Contains("risk_score") == (whole.RiskScore >= 0.8)
                && whole.SafeToTrade == (whole.BlockedBy.Count == 0)
                && (whole.Recommendation == Recommendation.NoEntry) == !whole.SafeToTrade;
        });

    [Fact]
    public void A_basket_of_one_is_that_one() =>
        Check(basket =>
        {
            var (one, whole) = (basket[0], WholeMarketAssessment.Of([basket[0]]));
            return whole.RiskScore.Equals(one.RiskScore)
                && whole.Regime == one.Regime
                && whole.BlockedBy.SequenceEqual(one.BlockedBy)
                && whole.RiskConfidence.Equals(one.RiskConfidence)
                && whole.Recommendation == one.Recommendation
                && whole.PositionScale.Equals(one.PositionScale)
                && whole.RiskClass == one.RiskClass;
        });

    [Fact]
    public void Bitcoin_weighs_two_fifths_and_the_rest_share()
    {
        var whole = WholeMarketAssessment.Of([
            .. new[] { "ETH", "BTC", "SOL", "ADA" }.Select(name => Assess(name, 0.2, 50, Regime.Bull)),
        ]);
        Assert.Equal([0.2, 0.4, 0.2, 0.2], whole.Pairs.Select(pair => Math.Round(pair.Weight, 12)));
        Assert.Equal(["BTC/USDT"], whole.Pairs.Where(pair => pair.Lead).Select(pair => pair.Pair.ToString()));
    }

    [Fact]
    public void Of_regimes_with_equal_weight_the_riskier_one_counts()
    {
        var whole = WholeMarketAssessment.Of([
            Assess("ETH", 0.2, 50, Regime.Bull),
            Assess("SOL", 0.2, 50, Regime.Bear),
        ]);
        Assert.Equal(Regime.Bear, whole.Regime);
    }

    [Fact]
    public void Panic_of_bitcoin_alone_blocks_and_of_one_small_coin_does_not()
    {
        WholeMarketAssessment With(string panics) =>
            WholeMarketAssessment.Of([
                .. new[] { "BTC", "ETH", "SOL" }.Select(name =>
                    Assess(name, name == panics ? 0.99 : 0.2, 50, name == panics ? Regime.Panic : Regime.Bull)
                ),
            ]);
        Assert.Equal(["flag_panic", "flag_high_volatility"], With("BTC").BlockedBy);
        Assert.Equal("Entries are blocked: panic in BTC/USDT.", With("BTC").Reasoning[0]);
        Assert.True(With("SOL").SafeToTrade);
    }

    /// <summary>
    /// The pair and the whole market follow one rule; a condition of half the pairs counts.
    /// </summary>
    [Fact]
    public void Reasons_name_the_pairs_or_the_value_that_all_share()
    {
        var fear = new OutsideBook();
        fear.Apply(Some.Observation(Signal.FearGreed, 10, Some.Time));
        fear.Apply(Some.Observation(Signal.FundingRate, 0.002, Some.Time, "ETH"));
        var policy = RiskPolicy.Default with
        {
            Decision = new() { BlockWithout = [Signal.Vix], BlockingRegimes = [Regime.Bull] },
        };
        Assessment Of(string name) =>
            new(
                new(Some.MarketOf(name + "/USDT"), new(policy), []),
                Some.Readings(Some.Time) with
                {
                    Volatility = 0.2,
                    Rsi = 50,
                },
                new(name == "BTC" ? Regime.Bear : Regime.Bull, Some.Time, 1),
                fear.View(name),
                Side.Long,
                Some.Time
            );
        var whole = WholeMarketAssessment.Of([Of("BTC"), Of("ETH")]);
        Assert.Equal(["flag_extreme_fear", "regime_bull", "no_vix"], whole.BlockedBy);
        Assert.Equal(
            [
                "Entries are blocked: extreme fear, the fear and greed index is 10 of 100 (15 or below).",
                "Entries are blocked: regime bull in ETH/USDT.",
                "Entries are blocked: no fresh value of the VIX in BTC/USDT, ETH/USDT.",
            ],
            whole.Reasoning.Where(sentence => sentence.StartsWith("Entries", StringComparison.Ordinal))
        );
        Assert.Contains("Caution: funding extreme in ETH/USDT.", whole.Reasoning);
        Assert.Contains("Caution: downtrend in BTC/USDT.", whole.Reasoning);
        Assert.Equal((Recommendation.NoEntry, 0.0), (whole.Recommendation, whole.PositionScale));
    }

    [Fact]
    public void A_basket_of_different_views_is_refused()
    {
        var one = Assess("BTC", 0.2, 50, Regime.Bull);
        Assert.Throws<ArgumentException>(() => WholeMarketAssessment.Of([]));
        Assert.Throws<ArgumentException>(() => WholeMarketAssessment.Of([one, one.At(one.AssessedAt, Side.Short)]));
    }

    private static void Check(Func<IReadOnlyList<Assessment>, bool> law) =>
        Prop.ForAll(Baskets(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static Assessment Assess(string @base, double volatility, double rsi, Regime? regime) =>
        new(
            new(Some.MarketOf(@base + "/USDT"), new(RiskPolicy.Default), []),
            Some.Readings(Some.Time) with
            {
                Volatility = volatility,
                Rsi = rsi,
            },
            new(regime, regime is null ? null : Some.Time, regime is null ? double.NaN : 1),
            OutsideView.Empty,
            Side.Long,
            Some.Time
        );
}
