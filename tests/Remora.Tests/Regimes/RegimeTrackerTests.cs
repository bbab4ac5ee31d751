using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Regimes;

public sealed class RegimeTrackerTests
{
    // Long and short runs, so that some changes are confirmed and others are not.
    private static readonly Arbitrary<Regime?[]> Raw = Gen.ListOf(
            from regime in Gen.Elements<Regime?>(
                null,
                Regime.Bull,
                Regime.Sideways,
                Regime.Bear,
                Regime.Choppy,
                Regime.HighVol,
                Regime.Panic
            )
            from length in Gen.Elements(1, 1, 2, 3, 5, 14)
            select Enumerable.Repeat(regime, length)
        )
        .Select(runs => runs.SelectMany(r => r).ToArray())
        .ToArbitrary();

    [Fact]
    public void A_change_needs_three_in_agreement_but_panic_and_the_first_known_none() =>
        Prop.ForAll(
                Raw,
                raw =>
                {
                    var states = Run(raw);
                    for (var i = 0; i < raw.Length; i++)
                    {
                        var before = i == 0 ? null : states[i - 1].Regime;
                        var agreed = i >= 2 && raw[i] == raw[i - 1] && raw[i] == raw[i - 2];
                        var expected = before is null || raw[i] == Regime.Panic || agreed ? raw[i] : before;
                        Assert.Equal(expected, states[i].Regime);
                    }
                }
            )
            .MustHold(300);

    [Fact]
    public void Since_is_the_close_of_the_candle_that_changed_it() =>
        Prop.ForAll(
                Raw,
                raw =>
                {
                    var states = Run(raw);
                    for (var i = 0; i < raw.Length; i++)
                    {
                        if (states[i].Regime is null)
                            Assert.Null(states[i].Since);
                        else if (i > 0 && states[i].Regime == states[i - 1].Regime)
                            Assert.Equal(states[i - 1].Since, states[i].Since);
                        else
                            Assert.Equal(CloseOf(i), states[i].Since);
                    }
                }
            )
            .MustHold();

    [Fact]
    public void Agreement_is_the_share_of_the_last_twelve_candles_in_this_regime() =>
        Prop.ForAll(
                Raw,
                raw =>
                {
                    var states = Run(raw);
                    for (var i = 0; i < raw.Length; i++)
                    {
                        var same = states[Math.Max(0, i - 11)..(i + 1)].Count(s => s.Regime == states[i].Regime);
                        Assert.Equal(states[i].Regime is null ? double.NaN : same / 12.0, states[i].Agreement);
                    }
                }
            )
            .MustHold();

    [Fact]
    public void A_policy_may_ask_for_more_candles_in_agreement()
    {
        var tracker = new RegimeTracker(new RegimeRules { ConfirmCandles = 5 });
        Regime?[] raw = [Regime.Bull, .. Enumerable.Repeat<Regime?>(Regime.Bear, 5)];
        Assert.Equal(
            [Regime.Bull, Regime.Bull, Regime.Bull, Regime.Bull, Regime.Bull, Regime.Bear],
            raw.Select((r, i) => tracker.Update(r, CloseOf(i)).Regime)
        );
    }

    [Fact]
    public void Forgetting_leaves_nothing_known()
    {
        var tracker = new RegimeTracker(new RegimeRules());
        for (var i = 0; i < 20; i++)
            tracker.Update(Regime.Bear, CloseOf(i));
        tracker.Reset();
        Assert.Equal(RegimeState.Unknown, tracker.State);
        Assert.Equal(new RegimeState(Regime.Bull, CloseOf(30), 1 / 12.0), tracker.Update(Regime.Bull, CloseOf(30)));
    }

    private static RegimeState[] Run(Regime?[] raw)
    {
        var tracker = new RegimeTracker(new RegimeRules());
        return [.. raw.Select((r, i) => tracker.Update(r, CloseOf(i)))];
    }

    private static Instant CloseOf(int i) => Some.Midnight + ((i + 1) * TimeSpan.FromMinutes(5));
}
