using System.Text;
using System.Text.RegularExpressions;
using FsCheck.Fluent;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Laws;

/// <summary>Results do not depend on the unit of the price.</summary>
public sealed class ScaleLaws
{
    [Theory, InlineData(-30), InlineData(1), InlineData(17)]
    public void A_power_of_two_times_the_prices_gives_the_same_bytes(int exponent) =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Replay.Tape(seed, 3_200, "5m");
                    Assert.Equal(WithoutHashes(tape), WithoutHashes(Scaled(tape, Math.ScaleB(1, exponent))));
                }
            )
            .MustHold(1);

    [Theory, InlineData(0.00037), InlineData(3), InlineData(1_234_567.89)]
    public void Any_factor_times_the_prices_gives_the_same_answer(double factor) =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var tape = Unrounded(Replay.Tape(seed, 3_200, "5m"), seed);
                    var (engine, scaledEngine) = (Replay.Engine(), Replay.Engine());
                    foreach (var (plain, scaled) in tape.Zip(Scaled(tape, factor)))
                    {
                        var (expected, actual) = (engine.Apply(plain), scaledEngine.Apply(scaled));
                        Assert.Equal(expected is null, actual is null);
                        if (expected is null || actual is null)
                            continue;
                        Assert.Equal(double.IsNaN(expected.RiskScore), double.IsNaN(actual.RiskScore));
                        if (!double.IsNaN(expected.RiskScore))
                            Assert.Equal(expected.RiskScore, actual.RiskScore, 1e-5);
                        Assert.Equal(
                            (
                                expected.Regime,
                                expected.TrendClassification,
                                expected.MomentumClassification,
                                expected.VolatilityClassification,
                                expected.SafeToTrade
                            ),
                            (
                                actual.Regime,
                                actual.TrendClassification,
                                actual.MomentumClassification,
                                actual.VolatilityClassification,
                                actual.SafeToTrade
                            )
                        );
                    }
                }
            )
            .MustHold(3);

    // Answers name the hashes of their candles, which are other candles here.
    private static IEnumerable<string> WithoutHashes(MarketEvent[] tape) =>
        Replay
            .Answers(tape)
            .Select(answer =>
                Regex.Replace(
                    Encoding.UTF8.GetString(answer),
                    "hash\":\"[0-9a-f]{16}\"",
                    "",
                    RegexOptions.NonBacktracking
                )
            );

    private static MarketEvent[] Scaled(MarketEvent[] tape, double factor) =>
        Array.ConvertAll(tape, e => e.Observation is null ? MarketEvent.Closed(e.Market!, e.Candle.Times(factor)) : e);

    /// <summary>
    /// Moves prices off their grid. On the grid, the range of a candle can grow by exactly the same
    /// amount above and below, which counts for neither direction. Rounding breaks such a tie in
    /// one unit and not in another. This is a property of directional movement and not of its unit.
    /// </summary>
    private static MarketEvent[] Unrounded(MarketEvent[] tape, int seed)
    {
        var random = new Random(seed);
        double Off() => 1e-6 * random.NextDouble();
        return Array.ConvertAll(
            tape,
            e =>
                e.Observation is null
                    ? MarketEvent.Closed(
                        e.Market!,
                        e.Candle with
                        {
                            High = e.Candle.High * (1 + Off()),
                            Low = e.Candle.Low * (1 - Off()),
                        }
                    )
                    : e
        );
    }
}
