using System.Text.Json;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Tests.Risk;

/// <summary>The table of signals is complete, and its sentences have the numbers.</summary>
public sealed class SignalTableTests
{
    [Fact]
    public void Every_signal_has_its_row_and_every_ramp_its_field_in_the_policy()
    {
        var signals = Enum.GetValues<Signal>();
        Assert.Equal(signals, SignalTable.All.ToArray().Select(row => row.Signal));
        Assert.All(
            signals,
            signal =>
                Assert.Equal(
                    (signal, RemoraJson.NameOf(signal)),
                    (SignalTable.Of(signal).Signal, SignalTable.Of(signal).Name)
                )
        );
        var external = JsonElement.Parse(PolicyFile.Write(RiskPolicy.Default)).GetProperty("external");
        Assert.Equal(
            external
                .EnumerateObject()
                .Select(field => field.Name)
                .Where(name => name != "cap")
                .Order(StringComparer.Ordinal),
            SignalTable
                .All.ToArray()
                .SelectMany(row => row.Ramps)
                .Select(ramp => ramp.Field)
                .Order(StringComparer.Ordinal)
        );
        foreach (var ramp in SignalTable.All.ToArray().SelectMany(row => row.Ramps))
            Assert.Equal(
                external.GetProperty(ramp.Field).GetProperty("full").GetDouble(),
                ramp.Of(RiskPolicy.Default.External).Full
            );
        Assert.Throws<ArgumentOutOfRangeException>(() => SignalTable.Of((Signal)signals.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => SignalTable.Of((Signal)(-1)));
    }

    [Theory]
    [InlineData(Signal.FearGreed, 15, "the fear and greed index is 15 of 100")]
    [InlineData(Signal.FundingRate, -0.0015, "the funding rate is -0.150% per 8 hours")]
    [InlineData(Signal.DollarIndex, 0.02, "the US dollar index changed by +2.0% in 5 days")]
    [InlineData(
        Signal.Liquidations,
        1.5,
        "the last hour's liquidations are 1.5 times their 99th percentile of 30 days"
    )]
    [InlineData(Signal.OpenInterest, -0.2, "open interest changed by -20.0% in 24 hours")]
    [InlineData(Signal.BtcDominance, 3, "Bitcoin's dominance changed by +3.0 points in 7 days")]
    public void A_measure_reads_as_a_clause(Signal signal, double measure, string clause) =>
        Assert.Equal(clause, SignalTable.Of(signal).Describe(measure));

    [Fact]
    public void The_reasons_name_what_raises_the_score_and_the_cap()
    {
        Observation[] outside = [SomeAssessment.Value(Signal.Vix, 35), SomeAssessment.Value(Signal.FundingRate, 0.001)];
        Assert.Contains(
            "Outside values raise the score: the funding rate is 0.100% per 8 hours (0.050), the VIX is 35.0 points "
                + "(0.075).",
            SomeAssessment.Of(outside: outside).Reasoning
        );
        Assert.Contains(
            "Outside values raise the score: the fear and greed index is 10 of 100 (0.350), the funding rate is "
                + "0.100% per 8 hours (0.050), the VIX is 35.0 points (0.075), together at most 0.350.",
            SomeAssessment.Of(outside: [.. outside, SomeAssessment.Value(Signal.FearGreed, 10)]).Reasoning
        );
        Assert.DoesNotContain(
            SomeAssessment.Of(outside: [SomeAssessment.Value(Signal.Vix, 15)]).Reasoning,
            s => s.StartsWith("Outside", StringComparison.Ordinal)
        );
    }

    /// <summary>
    /// Signals without a usable value change no decision: one sentence names all of them, and none
    /// that the policy does not count.
    /// </summary>
    [Fact]
    public void All_signals_without_a_usable_value_share_one_last_sentence()
    {
        Signal[] configured = [Signal.Vix, Signal.FearGreed, Signal.EquityFuture];
        Observation[] outside =
        [
            SomeAssessment.Value(Signal.OpenInterest, 5),
            SomeAssessment.Value(Signal.FearGreed, 50) with
            {
                TimeToLive = TimeSpan.FromMinutes(1),
            },
        ];
        var assessment = SomeAssessment.Of(outside: outside, configured: configured);
        Assert.Equal(
            "Not in the score, which lowers confidence: the fear and greed index (stale), the VIX (missing), open "
                + "interest (too little history).",
            assessment.Reasoning[^1]
        );
        var uncounted = RiskPolicy.Default with
        {
            External = RiskPolicy.Default.External with { Vix = new(0, 25, 45), OpenInterest = new(0, -0.1, -0.2) },
        };
        Assert.Equal(
            "Not in the score, which lowers confidence: the fear and greed index (stale).",
            SomeAssessment.Of(outside: outside, configured: configured, policy: uncounted).Reasoning[^1]
        );
    }

    [Fact]
    public void An_observation_is_kept_as_long_as_its_measure_needs_it()
    {
        Assert.Equal(TimeSpan.FromDays(30), SignalTable.LongestReach);
        Assert.Equal(
            (
                TimeSpan.FromDays(30),
                TimeSpan.FromDays(220),
                TimeSpan.FromDays(45),
                TimeSpan.FromDays(31),
                TimeSpan.FromDays(220)
            ),
            (
                RequiredHistory.Base,
                RequiredHistory.Daily,
                RequiredHistory.Observations,
                RequiredHistory.ReachOf(Timeframe.FiveMinutes),
                RequiredHistory.ReachOf(Timeframe.OneDay)
            )
        );
    }
}
