using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>A value counts until its time to live is over, then it is gone from the score and named in the sources.</summary>
public sealed class SourceTests
{
    private static readonly Observation Fear = SomeAssessment.Value(Signal.FearGreed, 10);

    [Fact]
    public void A_value_expires_to_the_millisecond_and_then_adds_nothing()
    {
        var left = Fear.ExpiresAt - SomeAssessment.AsOf;
        var before = At(left - TimeSpan.FromMilliseconds(1));
        var after = At(left);
        Assert.Equal((0.35, 10.0, true, Reliance.Fresh), (before.RiskBreakdown.External, before.FearGreedIndex, before.EventFlags.FlagExtremeFear, before.Sources["fear_greed"].State));
        Assert.Equal((0.0, double.NaN, null, Reliance.Stale), (after.RiskBreakdown.External, after.FearGreedIndex, after.EventFlags.FlagExtremeFear, after.Sources["fear_greed"].State));
        Assert.Contains("fear_greed", before.External.Keys);
        Assert.DoesNotContain("fear_greed", after.External.Keys);
        Assert.Contains(after.Reasoning, s => s.StartsWith("fear_greed is stale", StringComparison.Ordinal));
        Assert.Equal(86_400, after.Sources["fear_greed"].AgeSeconds);
    }

    [Fact]
    public void A_configured_source_without_a_value_is_named_as_missing()
    {
        var assessment = SomeAssessment.Of(configured: [Signal.Vix]);
        Assert.Equal(new SourceState(Reliance.Missing, null, null, double.NaN), assessment.Sources["vix"]);
        Assert.Contains(assessment.Reasoning, s => s.StartsWith("vix is missing", StringComparison.Ordinal));
        Assert.DoesNotContain("fear_greed", assessment.Sources.Keys);
    }

    [Fact]
    public void Candles_are_a_source_too()
    {
        Assert.Equal(new SourceState(Reliance.Fresh, "binance", SomeAssessment.AsOf, 600), At(TimeSpan.FromMinutes(10)).Sources["candles"]);
        Assert.Equal(Reliance.Stale, At(TimeSpan.FromMinutes(10.1)).Sources["candles"].State);
        Assert.Equal(Reliance.Missing, SomeAssessment.Of(MarketReadings.Unknown, regime: null).Sources["candles"].State);
    }

    [Fact]
    public void A_pairs_own_value_goes_before_the_whole_markets()
    {
        Observation shared = SomeAssessment.Value(Signal.NewsSentiment, -1), own = SomeAssessment.Value(Signal.NewsSentiment, 1, "BTC");
        Assert.Equal(0.15, SomeAssessment.Of(outside: [shared]).RiskBreakdown.External);
        Assert.Equal(0, SomeAssessment.Of(outside: [shared, own]).RiskBreakdown.External);
        Assert.Equal(0.15, SomeAssessment.Of(outside: [own, shared], pair: "ETH/USDT").RiskBreakdown.External);
    }

    [Fact]
    public void An_older_value_never_replaces_a_newer_one()
    {
        var book = new OutsideBook();
        Assert.True(book.Apply(Fear));
        Assert.False(book.Apply(Fear with { Value = 90 }));
        Assert.False(book.Apply(Fear with { Value = 90, HeldAt = Fear.HeldAt - TimeSpan.FromHours(1) }));
        Assert.Equal(10, book.View("BTC").RawAt(Signal.FearGreed, SomeAssessment.AsOf));
    }

    [Fact]
    public void A_view_that_is_being_read_does_not_change()
    {
        var book = new OutsideBook();
        book.Apply(Fear);
        var view = book.View("BTC");
        book.Apply(Fear with { Value = 90, HeldAt = Fear.HeldAt + TimeSpan.FromMinutes(1) });
        Assert.Equal(10, view.RawAt(Signal.FearGreed, SomeAssessment.AsOf));
        Assert.Equal(90, book.View("BTC").RawAt(Signal.FearGreed, SomeAssessment.AsOf));
    }

    /// <summary>The same knowledge, judged later and for the other side, is what would have been said then.</summary>
    [Fact]
    public void An_assessment_can_be_aged()
    {
        var later = SomeAssessment.Of(outside: [Fear], configured: [Signal.FearGreed]).At(SomeAssessment.AsOf + TimeSpan.FromDays(1), Side.Short);
        Assert.Equal((Side.Short, 0.0, 0.0, true), (later.Side, later.RiskConfidence, later.RiskBreakdown.External, later.Stale));
        Assert.Equal(Regime.Sideways, later.Regime);
    }

    private static Assessment At(TimeSpan age) => SomeAssessment.Of(outside: [Fear], configured: [Signal.FearGreed], age: age);
}
