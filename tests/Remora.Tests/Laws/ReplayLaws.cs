using FsCheck.Fluent;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Laws;

/// <summary>
/// The same events give the same answers, byte for byte, and later events do not change earlier
/// answers.
/// </summary>
public sealed class ReplayLaws
{
    private const int Candles = 500;

    [Fact]
    public void A_replay_gives_the_same_bytes() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                    Assert.Equal(Replay.Answers(Replay.Tape(seed, Candles)), Replay.Answers(Replay.Tape(seed, Candles)))
            )
            .MustHold(4);

    [Fact]
    public void A_cut_tape_has_the_same_past() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, Candles);
                    var cut = 1 + (seed % (tape.Length - 1));
                    Assert.Equal(Replay.Answers(tape)[..cut], Replay.Answers(tape[..cut]));
                }
            )
            .MustHold(4);

    [Fact]
    public void Another_future_has_the_same_past() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, Candles);
                    var cut = 1 + (seed % (tape.Length - 1));
                    var changed = tape[..cut]
                        .Concat(
                            tape[cut..]
                                .Select(e =>
                                    e.Observation is { } o
                                        ? MarketEvent.Observed(o with { Value = 1 })
                                        : MarketEvent.Closed(e.Market!, e.Candle.Times(3))
                                )
                        );
                    Assert.Equal(Replay.Answers(tape)[..cut], Replay.Answers(changed)[..cut]);
                }
            )
            .MustHold(4);

    [Fact]
    public void A_candle_that_is_not_newer_changes_nothing() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, Candles);
                    var random = new Random(seed);
                    var candles = tape.Where(e => e.Observation is null).ToArray();
                    var disturbed = new List<MarketEvent>();
                    var seen = 0;
                    foreach (var e in tape)
                    {
                        disturbed.Add(e);
                        if (e.Observation is null)
                            seen++;
                        if (seen > 0 && random.Next(3) == 0)
                        {
                            var old = candles[random.Next(5) == 0 ? random.Next(seen) : seen - 1];
                            disturbed.Add(MarketEvent.Closed(old.Market!, old.Candle.Times(2)));
                        }
                    }
                    var answers = Replay.Answers(disturbed).Where(a => a.Length > 0);
                    Assert.Equal(Replay.Answers(tape).Where(a => a.Length > 0), answers);
                }
            )
            .MustHold(4);

    /// <summary>Markets are independent of each other.</summary>
    [Fact]
    public void Another_market_changes_nothing() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, Candles);
                    var other = Some.MarketOf("ETH/USDT", "1h");
                    var mixed = tape.SelectMany(e =>
                        e.Observation is null ? [e, MarketEvent.Closed(other, e.Candle.Times(0.1))] : new[] { e }
                    );
                    var engine = Replay.Engine();
                    var answers = mixed
                        .Select(e => engine.Apply(e))
                        .Where(a => a?.Pair.Base == "BTC")
                        .Select(a => Replay.Json(a!));
                    Assert.Equal(Replay.Answers(tape).Where(a => a.Length > 0), answers);
                }
            )
            .MustHold(5);
}
