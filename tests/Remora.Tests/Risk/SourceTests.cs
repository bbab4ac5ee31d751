using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>
/// A value counts until its time to live is over. After that it does not count for the score, and
/// the sources list it as stale.
/// </summary>
public sealed class SourceTests
{
    private static readonly Observation Fear = SomeAssessment.Value(Signal.FearGreed, 10);

    [Fact]
    public void A_value_expires_to_the_millisecond_and_then_adds_nothing()
    {
        var left = Fear.ExpiresAt - SomeAssessment.AsOf;
        var before = At(left - TimeSpan.FromMilliseconds(1));
        var after = At(left);
        Assert.Equal(
            (0.35, 10.0, true, Reliance.Fresh),
            (
                before.RiskBreakdown.External,
                before.FearGreedIndex,
                before.EventFlags[RiskFlag.ExtremeFear],
                before.Sources["fear_greed"].State
            )
        );
        Assert.Equal(
            (0.0, double.NaN, null, Reliance.Stale),
            (
                after.RiskBreakdown.External,
                after.FearGreedIndex,
                after.EventFlags[RiskFlag.ExtremeFear],
                after.Sources["fear_greed"].State
            )
        );
        Assert.Contains("fear_greed", before.External.Keys);
        Assert.DoesNotContain("fear_greed", after.External.Keys);
        Assert.Contains(
            after.Reasoning,
            s => s == "Not in the score, which lowers confidence: the fear and greed index (stale)."
        );
        Assert.Equal(86_400, after.Sources["fear_greed"].AgeSeconds);
    }

    [Fact]
    public void A_configured_source_without_a_value_is_named_as_missing()
    {
        var assessment = SomeAssessment.Of(configured: [Signal.Vix]);
        Assert.Equal(new SourceState(Reliance.Missing, null, null, double.NaN), assessment.Sources["vix"]);
        Assert.Contains(
            assessment.Reasoning,
            s => s == "Not in the score, which lowers confidence: the VIX (missing)."
        );
        Assert.DoesNotContain("fear_greed", assessment.Sources.Keys);
    }

    [Fact]
    public void Candles_are_a_source_too()
    {
        Assert.Equal(
            new SourceState(Reliance.Fresh, "binance", SomeAssessment.AsOf, 600),
            At(TimeSpan.FromMinutes(10)).Sources["candles"]
        );
        Assert.Equal(Reliance.Stale, At(TimeSpan.FromMinutes(10.1)).Sources["candles"].State);
        Assert.Equal(
            Reliance.Missing,
            SomeAssessment.Of(MarketReadings.Unknown, regime: null).Sources["candles"].State
        );
    }

    [Fact]
    public void A_pairs_own_value_goes_before_the_whole_markets()
    {
        Observation shared = SomeAssessment.Value(Signal.NewsSentiment, -1),
            own = SomeAssessment.Value(Signal.NewsSentiment, 1, "BTC");
        Assert.Equal(0.15, SomeAssessment.Of(outside: [shared]).RiskBreakdown.External);
        Assert.Equal(0, SomeAssessment.Of(outside: [shared, own]).RiskBreakdown.External);
        Assert.Equal(0.15, SomeAssessment.Of(outside: [own, shared], pair: "ETH/USDT").RiskBreakdown.External);
    }

    [Fact]
    public void A_pairs_own_value_that_has_expired_does_not_hide_the_whole_markets()
    {
        Observation shared = SomeAssessment.Value(Signal.NewsSentiment, -1),
            own = SomeAssessment.Value(Signal.NewsSentiment, 1, "BTC") with { TimeToLive = TimeSpan.FromHours(1.5) };
        Assessment After(double hours, params Observation[] outside) =>
            SomeAssessment.Of(outside: outside, age: TimeSpan.FromHours(hours));
        Assert.Equal(
            (0, 1.0),
            (After(0.49, shared, own).RiskBreakdown.External, After(0.49, shared, own).External["news_sentiment"].Value)
        );
        Assert.Equal(
            (0.15, -1.0),
            (After(0.5, shared, own).RiskBreakdown.External, After(0.5, shared, own).External["news_sentiment"].Value)
        );
        Assert.Equal(Reliance.Fresh, After(0.5, shared, own).Sources["news_sentiment"].State);
        Assert.True(After(0.5, shared, own).EventFlags[RiskFlag.NegativeNews]);
        var both = After(30, shared, own with { HeldAt = shared.HeldAt + TimeSpan.FromMinutes(1) }).Sources[
            "news_sentiment"
        ];
        // Nothing is fresh: the time of the currency's own value is returned.
        Assert.Equal((Reliance.Stale, shared.HeldAt + TimeSpan.FromMinutes(1)), (both.State, both.AsOf));
    }

    [
        Theory,
        InlineData(Signal.ImpliedVolatility, 90, "BTC"),
        InlineData(Signal.TotalMarketCap, 1e12, null),
        InlineData(Signal.EquityFuture, 5000, null)
    ]
    public void What_is_only_recorded_is_shown_and_moves_nothing(Signal signal, double value, string? @base)
    {
        Signal[] configured = [Signal.FearGreed, signal];
        Observation fear = SomeAssessment.Value(Signal.FearGreed, 20),
            recorded = SomeAssessment.Value(signal, value, @base);
        Assessment without = SomeAssessment.Of(outside: [fear], configured: configured),
            with = SomeAssessment.Of(outside: [fear, recorded], configured: configured);
        Assert.Equal(
            (without.RiskBreakdown, without.RiskScore, without.RiskConfidence, without.EventFlags),
            (with.RiskBreakdown, with.RiskScore, with.RiskConfidence, with.EventFlags)
        );
        Assert.Equal((0.175, 1.0), (without.RiskBreakdown.External, without.RiskConfidence));
        Assert.Equal(new ExternalAddend(value, value, 0), with.External[RemoraJson.NameOf(signal)]);
        Assert.Equal(Reliance.Missing, without.Sources[RemoraJson.NameOf(signal)].State);
        Assert.Equal(with.Reasoning, without.Reasoning); // its absence has no effect
        Assert.Equal(1, SomeAssessment.Of(configured: [signal]).RiskConfidence);
    }

    [Fact]
    public void A_sources_newest_answer_for_a_time_replaces_its_older_one()
    {
        var book = new OutsideBook();
        Assert.True(book.Apply(Fear));
        var revised = Fear with { Value = 90, KnowableAt = Fear.KnowableAt + TimeSpan.FromMinutes(5) };
        Assert.True(book.Apply(revised));
        Assert.Equal(revised, book.View("BTC")[Signal.FearGreed].Latest);
        Assert.False(book.Apply(Fear)); // known before
        // Unchanged value: its expiry stays the same.
        Assert.False(book.Apply(revised with { KnowableAt = revised.KnowableAt + TimeSpan.FromHours(1) }));
        Assert.False(book.Apply(revised with { Value = 20, Source = "another" }));
        Assert.Equal(revised, book.View("BTC")[Signal.FearGreed].Latest);
    }

    /// <summary>
    /// A revision of the value from which a change is measured updates the change.
    /// </summary>
    [Theory]
    [InlineData(Signal.DollarIndex, 5 * 24, 0.1)]
    [InlineData(Signal.OpenInterest, 24, 0.1)]
    [InlineData(Signal.BtcDominance, 7 * 24, 10)]
    public void A_revised_past_value_changes_what_is_measured_from_it(Signal signal, int hours, double change)
    {
        var book = new OutsideBook();
        var pair = SomeAssessment.Change(signal, TimeSpan.FromHours(hours), 110);
        foreach (var observation in pair)
            Assert.True(book.Apply(observation));
        Assert.Equal(change, book.View("BTC").At(signal, SomeAssessment.AsOf), 12);
        Assert.True(book.Apply(pair[0] with { Value = 110, KnowableAt = pair[1].KnowableAt }));
        Assert.Equal(0, book.View("BTC").At(signal, SomeAssessment.AsOf));
        Assert.Equal(110, book.View("BTC").RawAt(signal, SomeAssessment.AsOf));
    }

    [Fact]
    public void A_revised_hour_of_liquidations_is_compared_with_the_hours_before_it_alone()
    {
        var book = new OutsideBook();
        var hours = SomeAssessment.Liquidations(3);
        foreach (var hour in hours)
            book.Apply(hour);
        Assert.Equal(3, book.View("BTC").At(Signal.Liquidations, SomeAssessment.AsOf));
        Assert.True(book.Apply(hours[^1] with { Value = 2 }));
        Assert.Equal(2, book.View("BTC").At(Signal.Liquidations, SomeAssessment.AsOf));
    }

    [Fact]
    public void An_older_value_never_replaces_a_newer_one()
    {
        var book = new OutsideBook();
        Assert.True(book.Apply(Fear));
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

    /// <summary>
    /// An assessment that is converted to a later moment and another side equals the one computed
    /// for them.
    /// </summary>
    [Fact]
    public void An_assessment_can_be_aged()
    {
        var later = SomeAssessment
            .Of(outside: [Fear], configured: [Signal.FearGreed])
            .At(SomeAssessment.AsOf + TimeSpan.FromDays(1), Side.Short);
        Assert.Equal(
            (Side.Short, 0.0, 0.0, true),
            (later.Side, later.RiskConfidence, later.RiskBreakdown.External, later.Stale)
        );
        Assert.Equal(Regime.Sideways, later.Regime);
    }

    private static Assessment At(TimeSpan age) =>
        SomeAssessment.Of(outside: [Fear], configured: [Signal.FearGreed], age: age);
}
