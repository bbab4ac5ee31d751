using Remora.Backtest.Forecasts;
using Remora.Testing;

namespace Remora.Backtest.Tests.Forecasts;

public sealed class ClaimEvidenceTests
{
    private const int Year = 365;

    // Periods a day, and the size of the loss that is exceeded with the stated rate by a normal
    // variable.
    private static readonly (Claim Claim, int PerDay, double Size)[] Claims =
    [
        .. from horizon in new[] { ("1h", 24), ("4h", 6), ("24h", 1) }
        from level in new[] { ("0.95", 0.05, 1.6449), ("0.99", 0.01, 2.3263) }
        select (new Claim($"{horizon.Item1} {level.Item1}", level.Item2), horizon.Item2, level.Item3),
    ];

    /// <summary>
    /// The law behind the rate of false alarms, without sampling: whatever came before, the
    /// expected evidence after a day is at most that before it while the rate is within the
    /// tolerance.
    /// </summary>
    [Theory]
    [InlineData(0.05, 0.05)]
    [InlineData(0.05, 0.05 * ClaimEvidence.Tolerance)]
    [InlineData(0.05, 0.05 / ClaimEvidence.Tolerance)]
    [InlineData(0.01, 0.01 * ClaimEvidence.Tolerance)]
    [InlineData(0.01, 0.01 / ClaimEvidence.Tolerance)]
    [InlineData(0.4, 0.45)]
    public void Evidence_does_not_grow_on_average_while_the_claim_holds(double stated, double rate)
    {
        const int perDay = 6;
        var random = new Random(1);
        for (var run = 0; run < 20; run++)
        {
            ClaimCount[] past =
            [
                .. Enumerable.Range(0, run * 21).Select(_ => new ClaimCount(random.Next(0, 3), random.Next(3, perDay))),
            ];
            var before = After(stated, past).Value;
            var expected = 0.0;
            for (var hits = 0; hits <= perDay; hits++)
                expected += Binomial(hits, perDay, rate) * After(stated, [.. past, new(hits, perDay)]).Value;
            Assert.InRange(expected, 0, before * (1 + 1e-9));
        }
    }

    /// <summary>Beyond the tolerance, the expected evidence grows: the test has power.</summary>
    [Theory]
    [InlineData(0.05, 0.15)]
    [InlineData(0.01, 0.05)]
    public void Evidence_grows_on_average_when_the_claim_is_false(double stated, double rate)
    {
        var expected = Enumerable
            .Range(0, 25)
            .Sum(hits => Binomial(hits, 24, rate) * After(stated, [new(hits, 24)]).Value);
        Assert.True(expected > 1.001, $"{expected}");
    }

    [Fact]
    public void True_models_raise_at_most_the_stated_share_of_false_alarms()
    {
        const int years = 300;
        var random = new Random(2);
        var alarms = Enumerable.Range(0, years).Count(_ => DaysToAlarm(random, _ => 1, Year) is not null);
        // At most 1 % are expected; 10 of 300 have a probability of 0.001 at exactly 1 %.
        Assert.InRange(alarms, 0, 9);
    }

    /// <summary>
    /// Forecasts that are too low or too high by a factor are found: the median of days, printed by
    /// docs/forecast.md.
    /// </summary>
    [Theory]
    [InlineData(1.5, 120)]
    [InlineData(2.0, 20)]
    [InlineData(0.6, 120)]
    [InlineData(0.5, 60)]
    public void False_models_are_found(double factor, int days)
    {
        var found = Found(factor, broken: 0);
        TestContext.Current.TestOutputHelper!.WriteLine($"moves × {factor}: median {found} days");
        Assert.InRange(found, 1, days);
    }

    [Fact]
    public void A_model_that_breaks_late_is_found_too() => Assert.InRange(Found(2, broken: 200) - 200, 1, 30);

    [Fact]
    public void What_was_passed_wrongly_is_named()
    {
        Assert.Throws<ArgumentException>(() => new ClaimEvidence([]));
        Assert.Throws<ArgumentException>(() => new ClaimEvidence([new("a", 0)]));
        var evidence = new ClaimEvidence([new("a", 0.05)]);
        Assert.Throws<ArgumentException>(() => evidence.Add([]));
        Assert.Throws<ArgumentException>(() => evidence.Add([new(2, 1)]));
    }

    // The median day of the alarm when all moves are larger than forecast by a factor.
    private static int Found(double factor, int broken)
    {
        const int runs = 31;
        var random = new Random(3);
        int[] days =
        [
            .. Enumerable
                .Range(0, runs)
                .Select(_ => DaysToAlarm(random, day => day < broken ? 1 : factor, Year) ?? int.MaxValue)
                .Order(),
        ];
        return days[runs / 2];
    }

    private static int? DaysToAlarm(Random random, Func<int, double> factor, int days)
    {
        var evidence = new ClaimEvidence([.. Claims.Select(claim => claim.Claim)]);
        var counts = new ClaimCount[Claims.Length];
        for (var day = 0; day < days; day++)
        {
            for (var i = 0; i < counts.Length; i++)
            {
                var perDay = Claims[i].PerDay;
                // The same moves for both levels of a horizon
                if (i % 2 == 0)
                    counts[i] = counts[i + 1] = new(0, perDay);
                if (i % 2 != 0)
                    continue;
                for (var period = 0; period < perDay; period++)
                {
                    var move = -factor(day) * Some.Normal(random);
                    for (var level = 0; level < 2; level++)
                        if (move > Claims[i + level].Size)
                            counts[i + level] = counts[i + level] with { Hits = counts[i + level].Hits + 1 };
                }
            }
            evidence.Add(counts);
            if (evidence.Value >= ClaimEvidence.Threshold)
                return day + 1;
        }
        return null;
    }

    private static ClaimEvidence After(double stated, ClaimCount[] days)
    {
        var evidence = new ClaimEvidence([new("a", stated)]);
        foreach (var day in days)
            evidence.Add([day]);
        return evidence;
    }

    private static double Binomial(int hits, int n, double rate)
    {
        var probability = Math.Pow(rate, hits) * Math.Pow(1 - rate, n - hits);
        for (var i = 0; i < hits; i++)
            probability *= (double)(n - i) / (i + 1);
        return probability;
    }
}
