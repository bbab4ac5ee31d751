using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Risk;

public sealed class DecisionTapeTests
{
    private static readonly MarketId Market = Some.MarketOf("BTC/USDT", "1h");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Decisions_over_a_tape_are_those_of_the_engine(int seed)
    {
        var random = new Random(seed);
        RiskPolicy[] policies =
        [
            .. BuiltInPolicies.All,
            .. Enumerable.Range(0, 8).Select(i => Any(random) with { Name = $"any-{i}" }),
        ];
        var candles = Some.WithHoles(Some.Candles(seed, 2400, Timeframe.OneHour), seed);
        var engine = new RemoraEngine(policies, [Signal.FearGreed, Signal.Vix]);
        var tape = new DecisionTape(Market, candles.Length);
        var live = policies.Select(_ => new List<(bool, double, double)>()).ToArray();
        foreach (var candle in candles)
        {
            if (random.Next(24) == 0)
                engine.Apply(
                    MarketEvent.Observed(
                        random.Next(2) == 0
                            ? Some.Observation(Signal.FearGreed, random.Next(100), candle.OpenTime)
                            : Some.Observation(Signal.Vix, 10 + random.Next(40), candle.OpenTime)
                    )
                );
            if (engine.Apply(MarketEvent.Closed(Market, candle)) is not { } assessment)
                continue;
            // The policy of the assessment that is added does not matter.
            tape.Add(engine.Assess(Market, tape.Count % policies.Length, assessment.AssessedAt));
            for (var i = 0; i < policies.Length; i++)
            {
                var one = engine.Assess(Market, i, assessment.AssessedAt);
                live[i].Add((!one.SafeToTrade, one.RiskScore, one.PositionScale));
            }
        }
        Assert.Equal(candles.Length, tape.Count);
        var blocked = 0;
        for (var i = 0; i < policies.Length; i++)
        {
            var decisions = tape.Under(policies[i]);
            Assert.Equal(
                live[i],
                Enumerable
                    .Range(0, tape.Count)
                    .Select(c =>
                        (decisions.Blocked[c], decisions.Score[c], decisions.Blocked[c] ? 0 : decisions.Scale[c])
                    )
            );
            blocked += decisions.Blocked.Count(b => b);
            // Those before the first one are left out, and change nothing after it.
            var late = tape.Under(policies[i], tape.Count / 2);
            Assert.Equal(decisions.Blocked[(tape.Count / 2)..], late.Blocked[(tape.Count / 2)..]);
            Assert.DoesNotContain(true, late.Blocked[..(tape.Count / 2)]);
        }
        Assert.InRange(blocked, 1, (tape.Count * policies.Length) - 1);
    }

    private static RiskPolicy Any(Random random)
    {
        T[] Some<T>()
            where T : struct, Enum => [.. Enum.GetValues<T>().Where(_ => random.Next(4) == 0)];
        var regime = new RegimeRules
        {
            ExtremeVolatility = 0.8 + (0.2 * random.NextDouble()),
            TrendAdx = random.Next(10, 30),
            ConfirmCandles = random.Next(1, 6),
        };
        if (random.Next(2) == 0)
            return BuiltInPolicies.Forecast with
            {
                Horizon = Horizon.All[random.Next(3)],
                BlockFrom = random.NextDouble(),
                TargetVolatility =
                    random.Next(2) == 0 ? TargetVolatility.Median : TargetVolatility.Of(0.05 * random.NextDouble()),
                Regime = regime,
                Decision = new() { BlockingFlags = Some<RiskFlag>(), BlockingRegimes = Some<Regime>() },
            };
        return RiskPolicy.Default with
        {
            Weights = new()
            {
                Volatility = random.NextDouble(),
                Regime = random.NextDouble(),
                TrendStrength = random.NextDouble(),
                Momentum = random.NextDouble(),
            },
            Regime = regime,
            Flags = new() { BearMarketDistance = random.NextDouble(), MacroStress = random.Next(50) },
            Decision = new()
            {
                BlockingScore = 0.3 + random.NextDouble(),
                FullPositionScore = 0.2,
                BlockingFlags = Some<RiskFlag>(),
                BlockWithout = Some<Signal>(),
                RegimePosition = new(Bear: random.NextDouble()),
            },
        };
    }
}
