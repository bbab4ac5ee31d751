using System.Text;
using FsCheck.Fluent;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;
using Remora.Tests.Laws;

namespace Remora.Tests.Risk;

/// <summary>
/// A scheduled event raises its flag during its event window. It only blocks when the policy lists
/// the flag.
/// </summary>
public sealed class ScheduledEventTests
{
    private static readonly Instant At = SomeAssessment.AsOf + TimeSpan.FromMinutes(5);
    private static readonly ScheduledEvent Decision = ScheduledEvent.Around(
        "rate decision",
        At,
        TimeSpan.FromMinutes(3),
        TimeSpan.FromMinutes(2)
    );

    [
        Theory,
        InlineData(-3.001, false),
        InlineData(-3, true),
        InlineData(0, true),
        InlineData(1.999, true),
        InlineData(2, false)
    ]
    public void It_is_near_from_some_time_before_to_some_time_after(double minutes, bool near)
    {
        var assessment = Assess(At + TimeSpan.FromMinutes(minutes), Decision);
        Assert.Equal(near, assessment.EventFlags[RiskFlag.ScheduledEvent]);
        Assert.Equal(near ? Recommendation.Caution : Recommendation.EntryOk, assessment.Recommendation);
        Assert.Equal(near, assessment.Reasoning.Contains($"Caution: scheduled event, rate decision at {At}."));
        Assert.True(assessment.SafeToTrade, "it is advice");
        Assert.Equal(SomeAssessment.Of().RiskScore, assessment.RiskScore);
        Assert.Equal(1, assessment.RiskConfidence);
    }

    [Fact]
    public void Without_a_calendar_the_flag_is_unknown_and_with_an_empty_one_it_is_not_raised()
    {
        Assert.Null(SomeAssessment.Of().EventFlags[RiskFlag.ScheduledEvent]);
        Assert.False(Assess(At).EventFlags[RiskFlag.ScheduledEvent]);
    }

    [Fact]
    public void It_blocks_where_the_policy_lists_it()
    {
        var careful = PolicyFile.Parse(
            Encoding.UTF8.GetBytes("""{"name":"careful","decision":{"blocking_flags":["scheduled_event"]}}""")
        );
        var assessment = Assess(At, careful, Decision);
        Assert.Equal((false, Recommendation.NoEntry), (assessment.SafeToTrade, assessment.Recommendation));
        Assert.Equal(["flag_scheduled_event"], assessment.BlockedBy);
        Assert.Equal($"Entries are blocked: scheduled event, rate decision at {At}.", assessment.Reasoning[0]);
        Assert.True(Assess(At - TimeSpan.FromMinutes(4), careful, Decision).SafeToTrade);
    }

    [Fact]
    public void Several_are_told_in_the_order_of_their_time()
    {
        var later = ScheduledEvent.Around(
            "inflation",
            At + TimeSpan.FromMinutes(1),
            TimeSpan.FromHours(1),
            TimeSpan.Zero
        );
        var far = ScheduledEvent.Around("far", At + TimeSpan.FromDays(1), TimeSpan.FromHours(1), TimeSpan.Zero);
        Assert.Contains(
            $"Caution: scheduled event, rate decision at {At}; inflation at {later.At}.",
            Assess(At, later, far, Decision).Reasoning
        );
        var basket = WholeMarketAssessment.Of([Assess(At, later, Decision)]);
        Assert.True(basket.EventFlags[RiskFlag.ScheduledEvent]);
        Assert.Contains(
            basket.Reasoning,
            sentence => sentence.Contains($"rate decision at {At}", StringComparison.Ordinal)
        );
    }

    /// <summary>
    /// A calendar is an event like a candle: the same events give the same bytes, and a later
    /// calendar replaces the previous one without changing earlier answers.
    /// </summary>
    [Fact]
    public void A_replay_with_calendars_gives_the_same_bytes_and_knows_no_later_one() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, 300);
                    var first = 1 + (seed % 100);
                    MarketEvent[] With(int scheduled) =>
                        [
                            .. tape[..first],
                            Calendar(tape[first], 20),
                            .. tape[first..200],
                            .. scheduled > 0 ? [Calendar(tape[200], scheduled)] : Array.Empty<MarketEvent>(),
                            .. tape[200..],
                        ];
                    Assert.Equal(Replay.Answers(With(3)), Replay.Answers(With(3)));
                    Assert.Equal(Replay.Answers(With(3))[..201], Replay.Answers(With(0))[..201]);
                    Assert.Equal(Replay.Answers(tape)[..first], Replay.Answers(With(3))[..first]);
                    var raised = With(20)
                        .Select(Engine(Replay.Engine()))
                        .Count(assessment => assessment?.EventFlags[RiskFlag.ScheduledEvent] == true);
                    Assert.InRange(raised, 1, 299);
                }
            )
            .MustHold(5);

    private static Func<MarketEvent, Assessment?> Engine(RemoraEngine engine) => e => engine.Apply(e);

    /// <summary>
    /// Creates a calendar with an event every few hours, which becomes known at the given event of
    /// the tape.
    /// </summary>
    private static MarketEvent Calendar(MarketEvent at, int everyHours)
    {
        var known = at.Observation?.KnowableAt ?? at.Candle.OpenTime;
        return MarketEvent.Scheduled(
            new(
                known,
                [
                    .. Enumerable
                        .Range(1, 40)
                        .Select(i =>
                            ScheduledEvent.Around(
                                $"event {i}",
                                known + TimeSpan.FromHours(i * everyHours),
                                TimeSpan.FromHours(1),
                                TimeSpan.FromHours(1)
                            )
                        ),
                ]
            )
        );
    }

    private static Assessment Assess(Instant now, params ScheduledEvent[] events) =>
        Assess(now, RiskPolicy.Default, events);

    private static Assessment Assess(Instant now, RiskPolicy policy, params ScheduledEvent[] events) =>
        SomeAssessment.Of(policy: policy, age: now - SomeAssessment.AsOf, calendar: new(SomeAssessment.AsOf, events));
}
